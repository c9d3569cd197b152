import type { HubDeps } from '#hub/app/deps.ts';
import type { FigureAsk } from '#hub/ports/figure-store.ts';
import type { AlertRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { addDays, instantOf } from '#shared/domain/calendar.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { type Currency, isCurrency, type Money, money } from '#shared/kernel/money.ts';
import { type EpochMs, epochMs, toEpochMs } from '#shared/kernel/time.ts';
import { dateAt, hoursOf, wallAt, type ZoneGroup, zoneGroups } from './days.ts';

/** As many as one looks at before anything else. */
const FIRST = 8;

/** The first page of the console: all figures are sums of rows and ledger entries as they stand now. */
export async function overviewOf(deps: Pick<HubDeps, 'db' | 'clock'>) {
  const { stores } = deps.db;
  const now = deps.clock.now();
  const sites = await stores.sites.list({}, { limit: 10_000 });
  const siteNames = new Map(sites.map(({ siteId, name }) => [siteId, name]));
  const severe = await Promise.all(SEVERITIES.map((severity) => openAlertsOf(stores, severity)));
  const [critical, warning, info] = severe.map(({ count }) => count);
  const deadLetters = await stores.deadLetters.count({ state: ['dead', 'parked', 'quarantined'] });
  const down = await stores.terminals.list(
    { state: 'active', online: false },
    { orderBy: ['onlineChangedAt'], descending: true, limit: FIRST },
  );
  const amountsDue = await owing(deps);
  const today = await todayOf(deps, zoneGroups(sites), now);
  return {
    at: now,
    terminals: {
      total: await stores.terminals.count({ state: 'active' }),
      online: await stores.terminals.count({ state: 'active', online: true }),
      faulty: await stores.figures.troubledTerminals(),
      down: down.map(({ terminalId, name, siteId, onlineChangedAt, lastContactAt }) => ({
        terminalId,
        name,
        siteName: siteNames.get(siteId) ?? '',
        since: onlineChangedAt ?? lastContactAt,
      })),
    },
    rentals: {
      open: await stores.rentals.count({ status: ['active', 'returning', 'held'] }),
      overdue: await stores.reports.overdue(now),
      held: await stores.rentals.count({ status: 'held' }),
      startedToday: today.counts.today.rentals,
      returnedToday: today.counts.today.returns,
      startedLastWeek: today.counts.before.rentals,
      returnedLastWeek: today.counts.before.returns,
    },
    revenue: today.revenue,
    members: {
      total: await stores.members.count({ state: ['active', 'blocked'] }),
      withAmountDue: amountsDue,
    },
    alerts: { critical: critical ?? 0, warning: warning ?? 0, info: info ?? 0 },
    deadLetters,
    needs: {
      deadLetters,
      secondPerson: await stores.secondPerson.count({ state: 'pending', expiresAt: { gt: now } }),
      rentals: await stores.rentals.count({ needsStaff: true }),
      terminals: await stores.enrolmentCodes.count({
        usedAt: { not: null },
        decidedAt: null,
        expiresAt: { gt: now },
      }),
      amountsDue,
    },
    latestAlerts: severe.flatMap(({ first }) => first).slice(0, FIRST),
  };
}

/** What is worst is looked at first. */
const SEVERITIES: readonly AlertRow['severity'][] = ['critical', 'warning', 'info'];

async function openAlertsOf(stores: Stores, severity: AlertRow['severity']) {
  const match = { clearedAt: null, severity };
  const options = { orderBy: ['raisedAt'], descending: true, limit: FIRST } as const;
  return { count: await stores.alerts.count(match), first: await stores.alerts.list(match, options) };
}

/** Who owes something is a sum over every member's account: asked once a minute at most. */
const OWING_KEPT_MS = 60_000;
const owingKnown = new WeakMap<object, { readonly members: number; readonly at: number }>();

async function owing({ db, clock }: Pick<HubDeps, 'db' | 'clock'>): Promise<number> {
  const known = owingKnown.get(db);
  if (known !== undefined && clock.monotonic() - known.at < OWING_KEPT_MS) return known.members;
  const members = await db.stores.reports.ownersAbove('member_receivable');
  owingKnown.set(db, { members, at: clock.monotonic() });
  return members;
}

interface Hour {
  today: number;
  lastWeek: number;
}
interface Taken {
  today: number;
  before: number;
  wholeBefore: number;
  readonly hours: Map<number, Hour>;
}

/**
 * Each shop's own day so far, beside the same weekday a week ago until its clock showed the same. By the hour on the wall, so that days of 23 and 25
 * hours compare with days of 24.
 */
async function todayOf(
  { db }: Pick<HubDeps, 'db'>,
  zones: readonly ZoneGroup[],
  now: EpochMs,
): Promise<{
  readonly counts: Record<'today' | 'before', { rentals: number; returns: number }>;
  readonly revenue: {
    today: Money;
    sameDayLastWeek: Money;
    wholeDayLastWeek: Money;
    hours: (Hour & { hour: number })[];
  }[];
}> {
  const { figures } = db.stores;
  const counts = { today: { rentals: 0, returns: 0 }, before: { rentals: 0, returns: 0 } };
  const taken = new Map<Currency, Taken>();
  const takenIn = (currency: Currency): Taken => {
    const made = taken.get(currency) ?? { today: 0, before: 0, wholeBefore: 0, hours: new Map() };
    taken.set(currency, made);
    return made;
  };
  for (const { zone, siteIds } of zones) {
    const date = dateAt(zone, now);
    const before = addDays(date, -7);
    const same = toEpochMs(instantOf(zone, before, wallAt(zone, now)));
    for (const [part, day, until] of [
      ['today', date, epochMs(now + 1)],
      ['before', before, same],
    ] as const) {
      const { edges, hours } = hoursOf(zone, day);
      const soFar = asking(siteIds, [edges[0] ?? until, until]);
      for (const one of await figures.rentals(soFar)) counts[part].rentals += one.rentals;
      for (const one of await figures.returns(soFar)) counts[part].returns += one.returns;
      for (const { unit, net, tax } of await figures.money(soFar))
        if (isCurrency(unit)) takenIn(unit)[part] += net + tax;
      for (const { unit, net, tax, stretch } of await figures.money(asking(siteIds, edges))) {
        if (!isCurrency(unit)) continue;
        const sum = takenIn(unit);
        const hour = hours[stretch] ?? 0;
        const known = sum.hours.get(hour) ?? { today: 0, lastWeek: 0 };
        sum.hours.set(hour, known);
        known[part === 'today' ? 'today' : 'lastWeek'] += net + tax;
        if (part === 'before') sum.wholeBefore += net + tax;
      }
    }
  }
  const revenue = [...taken]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, sum]) => ({
      today: money(sum.today, currency),
      sameDayLastWeek: money(sum.before, currency),
      wholeDayLastWeek: money(sum.wholeBefore, currency),
      hours: Array.from({ length: 24 }, (_, hour) => ({
        hour,
        ...(sum.hours.get(hour) ?? { today: 0, lastWeek: 0 }),
      })),
    }));
  return { counts, revenue };
}

const asking = (siteIds: readonly SiteId[], edges: readonly EpochMs[]): FigureAsk => ({
  siteIds,
  edges: edges.length === 2 && (edges[0] ?? 0) >= (edges[1] ?? 0) ? [] : edges,
  subject: 'shop',
  titleId: null,
  withoutShop: false,
});
