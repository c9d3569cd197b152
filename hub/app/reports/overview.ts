import type { HubDeps } from '#hub/app/deps.ts';
import { localDateOf, startOfDate } from '#shared/domain/calendar.ts';
import { type Currency, isCurrency, type Money, money } from '#shared/kernel/money.ts';
import { type EpochMs, epochMs, toEpochMs, toEpochSeconds } from '#shared/kernel/time.ts';
import { fleetGlance, openAlerts, summaryOf } from './fleet-view.ts';

const WEEK_MS = 7 * 86_400_000;
const REVENUE_KINDS = ['site_revenue', 'site_tax'] as const;

/** The first page of the console: all figures are sums of rows and ledger entries as they stand now. */
export async function overviewOf(deps: Pick<HubDeps, 'db' | 'clock'>) {
  const { stores } = deps.db;
  const now = deps.clock.now();
  const today = await startOfToday(deps, now);
  const glances = await fleetGlance(stores);
  const alerts = await openAlerts(stores, 5000);
  const counts = await stores.reports.rentalCounts();
  const between = await stores.reports.rentalsBetween(today, epochMs(now + 1));
  const count = (status: Parameters<typeof counts.get>[0]): number => counts.get(status) ?? 0;
  const ofSeverity = (severity: string): number => alerts.filter((one) => one.severity === severity).length;
  return {
    at: now,
    terminals: {
      total: glances.length,
      online: glances.filter(({ terminal }) => terminal.online).length,
      faulty: glances.filter((glance) => summaryOf(glance).driveFaults > 0 || glance.openAlerts > 0).length,
    },
    rentals: {
      open: count('active') + count('returning') + count('held'),
      overdue: await stores.reports.overdue(now),
      held: count('held'),
      startedToday: between.started,
      returnedToday: between.returned,
    },
    revenue: await revenue(deps, today, now),
    members: {
      total: await stores.members.count({ state: ['active', 'blocked'] }),
      withAmountDue: await stores.reports.ownersAbove('member_receivable'),
    },
    alerts: { critical: ofSeverity('critical'), warning: ofSeverity('warning'), info: ofSeverity('info') },
    deadLetters: await stores.deadLetters.count({ state: ['dead', 'parked', 'quarantined'] }),
    latestAlerts: alerts.slice(0, 10),
  };
}

/** The day began where the first site is; a fleet over several zones sees each site's own day in its reports. */
async function startOfToday(deps: Pick<HubDeps, 'db'>, now: EpochMs): Promise<EpochMs> {
  const [site] = await deps.db.stores.sites.list({}, { orderBy: ['siteId'], limit: 1 });
  const zone = site?.calendar.zone ?? 'UTC';
  return toEpochMs(startOfDate(zone, localDateOf(zone, toEpochSeconds(now))));
}

/** Takings with tax since this morning, beside those of the same hours a week ago. */
async function revenue(
  deps: Pick<HubDeps, 'db'>,
  today: EpochMs,
  now: EpochMs,
): Promise<{ today: Money; sameDayLastWeek: Money }[]> {
  const sums = new Map<Currency, { today: number; before: number }>();
  const add = async (from: number, until: number, part: 'today' | 'before'): Promise<void> => {
    for (const kind of REVENUE_KINDS) {
      for (const { unit, amount } of await deps.db.stores.reports.turnover(
        kind,
        epochMs(from),
        epochMs(until),
      )) {
        if (!isCurrency(unit)) continue;
        const sum = sums.get(unit) ?? { today: 0, before: 0 };
        // Revenue is a credit, so negative in the books.
        sums.set(unit, { ...sum, [part]: sum[part] - amount });
      }
    }
  };
  await add(today, now + 1, 'today');
  await add(Math.max(0, today - WEEK_MS), Math.max(0, now + 1 - WEEK_MS), 'before');
  return [...sums].map(([currency, sum]) => ({
    today: money(sum.today, currency),
    sameDayLastWeek: money(sum.before, currency),
  }));
}
