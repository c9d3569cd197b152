import * as schema from '#hub/db/schema/index.ts';
import { listed } from '#hub/ports/match.ts';
import type { ReportStore } from '#hub/ports/report-store.ts';
import type * as rows from '#hub/ports/rows/index.ts';
import type { RentalStatus } from '#shared/domain/rental.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import type { Heaps } from './heaps.ts';

const OCCUPIES = new Set(['pending', 'active', 'returning', 'held', 'kept']);
const QUEUED = new Set(['waiting', 'paused', 'ready']);

/** Sums for staff, in memory. */
export function memoryReports(heaps: Heaps): ReportStore {
  const all = <Row>(table: Parameters<Heaps>[0]): readonly Row[] =>
    heaps(table).select({}) as unknown as Row[];
  const rentals = () => all<rows.RentalRow>(schema.rentals);
  /** Booked entries on accounts of one kind, each with account and time. */
  function* booked(kind: string) {
    for (const account of heaps(schema.accounts).select({ kind }))
      for (const entry of heaps(schema.entries).select({ accountId: account.accountId })) {
        const transfer = heaps(schema.transfers).find({ transferId: entry.transferId });
        if (transfer !== null && transfer.phase !== 'pending')
          yield {
            unit: String(entry.unit),
            amount: entry.amount as number,
            ownerId: account.ownerId,
            at: transfer.at as number,
          };
      }
  }
  const pulseOf = <Row>(table: Parameters<Heaps>[0], ...columns: readonly (keyof Row & string)[]): string => {
    const found = all<Row>(table);
    const newest = columns.map((name) =>
      found.reduce<number | ''>((most, row) => {
        const value = row[name] as number | null;
        return value !== null && (most === '' || value > most) ? value : most;
      }, ''),
    );
    return [found.length, ...newest].join(':');
  };

  return {
    async titleFigures(since, wanted) {
      const titles = heaps(schema.titles).select(wanted === undefined ? {} : { titleId: wanted });
      const made = new Map(
        (titles as unknown as readonly rows.TitleRow[]).map(({ titleId }) => [
          titleId,
          { titleId, rentals: 0, occupied: 0, ratings: 0, stars: 0, queue: 0 },
        ]),
      );
      const of = (titleId: TitleId) =>
        made.get(titleId) ?? { titleId, rentals: 0, occupied: 0, ratings: 0, stars: 0, queue: 0 };
      for (const { titleId, startedAt, status } of rentals()) {
        if (startedAt !== null && startedAt >= since) of(titleId).rentals += 1;
        if (OCCUPIES.has(status)) of(titleId).occupied += 1;
      }
      for (const { titleId, stars } of all<rows.RatingRow>(schema.ratings)) {
        of(titleId).ratings += 1;
        of(titleId).stars += stars;
      }
      for (const { titleId, state } of all<rows.ReservationRow>(schema.reservations))
        if (QUEUED.has(state)) of(titleId).queue += 1;
      return [...made.values()];
    },
    async turnover(kind, from, until) {
      const sums = new Map<string, number>();
      for (const { unit, amount, at } of booked(kind))
        if (at >= from && at < until) sums.set(unit, (sums.get(unit) ?? 0) + amount);
      return listed(
        [...sums].map(([unit, amount]) => ({ unit, amount })),
        { limit: Number.MAX_SAFE_INTEGER },
        ['unit'],
      );
    },
    async rentalCounts() {
      const counts = new Map<RentalStatus, number>();
      for (const { status } of rentals()) counts.set(status, (counts.get(status) ?? 0) + 1);
      return counts;
    },
    async rentalsBetween(from, until) {
      const within = (at: number | null) => at !== null && at >= from && at < until;
      const found = rentals();
      return {
        started: found.filter(({ startedAt }) => within(startedAt)).length,
        returned: found.filter(({ closedAt }) => within(closedAt)).length,
      };
    },
    overdue: async (now) =>
      rentals().filter(
        ({ status, dueAt }) =>
          (status === 'active' || status === 'returning') && dueAt !== null && dueAt < now,
      ).length,
    async ownersAbove(kind) {
      const sums = new Map<unknown, number>();
      for (const { ownerId, amount } of booked(kind)) sums.set(ownerId, (sums.get(ownerId) ?? 0) + amount);
      return [...sums.values()].filter((sum) => sum > 0).length;
    },
    async pulse() {
      const alerts = all<rows.AlertRow>(schema.alerts);
      const counted = alerts.reduce((sum, { count }) => sum + count, 0);
      return {
        fleet: pulseOf<rows.TerminalRow>(schema.terminals, 'lastContactAt', 'onlineChangedAt', 'heartbeatAt'),
        rentals: pulseOf<rows.TimelineEntryRow>(schema.rentalTimeline, 'recordedAt'),
        ledger: pulseOf<rows.TransferRow>(schema.transfers, 'bookedAt'),
        alerts: `${pulseOf<rows.AlertRow>(schema.alerts, 'lastAt', 'clearedAt')}:${alerts.length === 0 ? '' : counted}`,
        deadLetters: pulseOf<rows.DeadLetterRow>(schema.deadLetters, 'createdAt', 'settledAt'),
        catalogue: pulseOf<rows.TitleRow>(schema.titles, 'updatedAt'),
      };
    },
  };
}
