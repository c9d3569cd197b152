import { type SQL, sql } from 'drizzle-orm';
import type { ReportStore } from '#hub/ports/report-store.ts';
import type { RentalStatus } from '#shared/domain/rental.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { type Db, query, whole } from './drizzle.ts';

const OCCUPIES = sql`('pending', 'active', 'returning', 'held', 'kept')`;

/**
 * Changes with every row that comes, without counting all there are: the newest moment, and how many came in the seconds up to it (hubs' clocks
 * and rows of one moment differ by less). `table` and `at` are names of ours.
 */
const newest = (table: string, at: string): string =>
  `(select concat(n.at, ':', (select count(*) from ${table} where ${at} > n.at - 10000)) from (select max(${at}) as at from ${table}) n)`;

/** Sums for staff, over both databases. */
export function reportStore(db: Db): ReportStore {
  const one = async (statement: SQL): Promise<Record<string, unknown>> =>
    (await query(db, statement))[0] ?? {};
  return {
    async titleFigures(since, of) {
      if (of?.length === 0) return [];
      const these = of === undefined ? sql`true` : sql`title_id in ${of}`;
      const found = await query(
        db,
        sql`select t.title_id,
          coalesce(r.rentals, 0) as rentals, coalesce(r.occupied, 0) as occupied,
          coalesce(s.ratings, 0) as ratings, coalesce(s.stars, 0) as stars, coalesce(q.queue, 0) as queue
        from titles t
        left join (select title_id, count(*) filter (where started_at >= ${since}::bigint) as rentals,
            count(*) filter (where status in ${OCCUPIES}) as occupied from rentals where ${these} group by title_id) r using (title_id)
        left join (select title_id, count(*) as ratings, sum(stars) as stars from ratings where ${these} group by title_id) s using (title_id)
        left join (select title_id, count(*) as queue from reservations
            where state in ('waiting', 'paused', 'ready') and ${these} group by title_id) q using (title_id)
        where ${these}`,
      );
      return found.map((row) => ({
        titleId: String(row.title_id) as TitleId,
        rentals: whole(row.rentals),
        occupied: whole(row.occupied),
        ratings: whole(row.ratings),
        stars: whole(row.stars),
        queue: whole(row.queue),
      }));
    },
    async turnover(kind, from, until) {
      const found = await query(
        db,
        sql`select e.unit, sum(e.amount) as amount from entries e
        join transfers t using (transfer_id) join accounts a using (account_id)
        where a.kind = ${kind} and t.phase <> 'pending' and t.at >= ${from}::bigint and t.at < ${until}::bigint
        group by e.unit order by e.unit`,
      );
      return found.map((row) => ({ unit: String(row.unit), amount: whole(row.amount) }));
    },
    async rentalCounts() {
      const found = await query(db, sql`select status, count(*) as n from rentals group by status`);
      return new Map(found.map((row) => [String(row.status) as RentalStatus, whole(row.n)]));
    },
    async rentalsBetween(from, until) {
      const row = await one(sql`select
        count(*) filter (where started_at >= ${from}::bigint and started_at < ${until}::bigint) as started,
        count(*) filter (where closed_at >= ${from}::bigint and closed_at < ${until}::bigint) as returned from rentals`);
      return { started: whole(row.started), returned: whole(row.returned) };
    },
    async overdue(now) {
      const row = await one(
        sql`select count(*) as n from rentals where status in ('active', 'returning') and due_at < ${now}::bigint`,
      );
      return whole(row.n);
    },
    async ownersAbove(kind) {
      const row = await one(sql`select count(*) as n from (
        select a.owner_id from entries e join transfers t using (transfer_id) join accounts a using (account_id)
        where a.kind = ${kind} and t.phase <> 'pending' group by a.owner_id having sum(e.amount) > 0) owing`);
      return whole(row.n);
    },
    async pulse() {
      const row = await one(sql`select
        (select concat(count(*), ':', max(last_contact_at), ':', max(online_changed_at), ':', max(heartbeat_at)) from terminals) as fleet,
        ${sql.raw(newest('rental_timeline', 'recorded_at'))} as rentals,
        ${sql.raw(newest('transfers', 'booked_at'))} as ledger,
        (select concat(count(*), ':', max(last_at), ':', max(cleared_at), ':', sum(count)) from alerts) as alerts,
        (select concat(count(*), ':', max(created_at), ':', max(settled_at)) from dead_letters) as dead_letters,
        (select concat(count(*), ':', max(updated_at)) from titles) as catalogue`);
      return {
        fleet: String(row.fleet),
        rentals: String(row.rentals),
        ledger: String(row.ledger),
        alerts: String(row.alerts),
        deadLetters: String(row.dead_letters),
        catalogue: String(row.catalogue),
      };
    },
  };
}
