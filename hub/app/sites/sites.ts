import type { Actor, HubDeps } from '#hub/app/deps.ts';
import type { SiteRow } from '#hub/ports/rows/index.ts';
import { type Closure, type SiteCalendar, siteCalendarSchema } from '#shared/domain/site.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';

type Deps = Pick<HubDeps, 'db' | 'clock' | 'random'>;
export type SiteFault = Fault<'site_missing' | 'site_calendar_invalid'>;

const readCalendar = (value: unknown): Result<SiteCalendar, Fault<'site_calendar_invalid'>> => {
  const parsed = siteCalendarSchema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  return fault('site_calendar_invalid', issues[0]?.message ?? 'the calendar breaks its schema', { issues });
};

export async function createSite(
  deps: Deps,
  content: { readonly name: string; readonly address: string; readonly calendar: unknown },
  siteId: SiteId = newId<SiteId>(deps.clock, deps.random),
): Promise<Result<SiteRow, Fault<'site_calendar_invalid'>>> {
  const calendar = readCalendar(content.calendar);
  if (!calendar.ok) return calendar;
  const now = deps.clock.now();
  const row: SiteRow = {
    siteId,
    name: content.name,
    address: content.address,
    calendar: calendar.value,
    place: null,
    plan: null,
    createdAt: now,
    updatedAt: now,
  };
  await deps.db.stores.sites.insert(row);
  return ok(row);
}

/** Where it is, or where its terminals stand. */
export async function changeSite(
  deps: Deps,
  actor: Actor,
  siteId: SiteId,
  change: Partial<Pick<SiteRow, 'place' | 'plan'>>,
): Promise<Result<SiteRow, SiteFault>> {
  const what = Object.keys(change)[0] ?? '';
  return changed(deps, actor, siteId, `site.${what}_changed`, {}, async () => ok(change));
}

/** CHG-4: opening days of rentals to come; those that were agreed keep theirs. */
export async function changeWeek(
  deps: Deps,
  actor: Actor,
  siteId: SiteId,
  weekly: SiteCalendar['weekly'],
): Promise<Result<SiteRow, SiteFault>> {
  return changed(deps, actor, siteId, 'site.week_changed', { weekly }, async (site) => {
    const calendar = readCalendar({ ...site.calendar, weekly });
    return calendar.ok ? ok({ calendar: calendar.value }) : calendar;
  });
}

/** The shop is open on these days after all: for rentals to come. Those that were given the days keep them (CHG-4: nothing agreed gets worse). */
export async function withdrawClosure(
  deps: Deps,
  actor: Actor,
  siteId: SiteId,
  closure: Closure,
): Promise<Result<SiteRow, SiteFault>> {
  const detail = { from: closure.from, to: closure.to };
  return changed(deps, actor, siteId, 'site.closure_withdrawn', detail, async ({ calendar }) => {
    const closures = calendar.closures.filter((one) => !sameClosure(one, closure));
    return ok({ calendar: { ...calendar, closures } });
  });
}

async function changed(
  deps: Deps,
  actor: Actor,
  siteId: SiteId,
  action: string,
  detail: Readonly<Record<string, unknown>>,
  change: (site: SiteRow) => Promise<Result<Partial<Omit<SiteRow, 'siteId'>>, SiteFault>>,
): Promise<Result<SiteRow, SiteFault>> {
  return deps.db.transaction(async (stores) => {
    const site = await stores.sites.findForUpdate({ siteId });
    if (site === null) return fault('site_missing', 'there is no site of this id');
    const now = deps.clock.now();
    const made = await change(site);
    if (!made.ok) return made;
    const next = { ...made.value, updatedAt: now };
    await stores.sites.patch({ siteId }, next);
    await stores.audit.append({ at: now, actor, action, subject: siteId, detail });
    return ok({ ...site, ...next });
  });
}

/** Whether two closures say the same days. */
export const sameClosure = (a: Closure, b: Closure): boolean => a.from === b.from && a.to === b.to;

/** The calendar with these closures besides its own, each once, in order of their days. */
export function withClosures(calendar: SiteCalendar, more: readonly Closure[]): SiteCalendar {
  const missing = more.filter((closure) => !calendar.closures.some((one) => sameClosure(one, closure)));
  if (missing.length === 0) return calendar;
  const closures = [...calendar.closures, ...missing].sort((a, b) => (a.from < b.from ? -1 : 1));
  return { ...calendar, closures };
}

/** Enters a closure into the site's calendar for rentals to come; entering it twice changes nothing. Answers the calendar as it is then. */
export async function enterClosure(
  deps: Deps,
  siteId: SiteId,
  closure: Closure,
): Promise<Result<SiteRow, SiteFault>> {
  return deps.db.transaction(async (stores) => {
    const site = await stores.sites.findForUpdate({ siteId });
    if (site === null) return fault('site_missing', 'there is no site of this id');
    if (site.calendar.closures.some((one) => sameClosure(one, closure))) return ok(site);
    const calendar = readCalendar({
      ...site.calendar,
      closures: [...site.calendar.closures, closure].sort((a, b) => (a.from < b.from ? -1 : 1)),
    });
    if (!calendar.ok) return calendar;
    const changed = { calendar: calendar.value, updatedAt: deps.clock.now() };
    await stores.sites.patch({ siteId }, changed);
    return ok({ ...site, ...changed });
  });
}
