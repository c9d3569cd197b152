import { type SQL, sql } from 'drizzle-orm';
import type { FigureAsk, FigurePlace, FigureStore } from '#hub/ports/figure-store.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { type Db, query, whole } from './drizzle.ts';

const RETURNED_AT = sql`(select x.terminal_id from returns x where x.rental_id = r.rental_id and x.state = 'destroyed'
  order by x.destroyed_at, x.return_id limit 1)`;

/** Figures over both databases. `width_bucket` finds the stretch of a time among the edges. */
export function figureStore(db: Db): FigureStore {
  const subject = (ask: FigureAsk, terminal: SQL): SQL =>
    ask.subject === 'title' ? sql`r.title_id` : ask.subject === 'terminal' ? terminal : sql`null::text`;
  const ofTitle = ({ titleId }: FigureAsk): SQL =>
    titleId === null ? sql`` : sql`and r.title_id = ${titleId}`;
  const answered = async <T extends object>(
    ask: FigureAsk,
    statement: () => SQL,
    figures: (row: Record<string, unknown>) => T,
  ): Promise<readonly (FigurePlace & T)[]> => {
    if (ask.edges.length < 2 || ask.siteIds.length === 0) return [];
    return (await query(db, statement())).map((row) => ({
      siteId: row.site_id === null ? null : (String(row.site_id) as SiteId),
      stretch: whole(row.stretch),
      subjectId: row.subject === null ? null : String(row.subject),
      ...figures(row),
    }));
  };

  return {
    rentals: (ask) =>
      answered(
        ask,
        () => sql`select r.site_id, ${stretchOf(sql`r.started_at`, ask.edges)} as stretch,
          ${subject(ask, sql`r.kiosk_id`)} as subject, count(*) as rentals
        from rentals r where ${within(sql`r.started_at`, ask.edges)} and r.site_id in ${[...ask.siteIds]} ${ofTitle(ask)}
        group by 1, 2, 3 order by 1, 2, 3`,
        (row) => ({ rentals: whole(row.rentals) }),
      ),
    returns: (ask) =>
      answered(
        ask,
        () => sql`select r.site_id, ${stretchOf(sql`r.closed_at`, ask.edges)} as stretch,
          ${subject(ask, RETURNED_AT)} as subject,
          count(*) as returns, count(*) filter (where r.closed_at > r.due_at) as late
        from rentals r where ${within(sql`r.closed_at`, ask.edges)} and r.status = 'closed'
          and r.site_id in ${[...ask.siteIds]} ${ofTitle(ask)}
        group by 1, 2, 3 order by 1, 2, 3`,
        (row) => ({ returns: whole(row.returns), late: whole(row.late) }),
      ),
    money: (ask) =>
      answered(
        ask,
        () => sql`select a.owner_id as site_id, ${stretchOf(sql`t.at`, ask.edges)} as stretch,
          ${subject(ask, sql`r.kiosk_id`)} as subject, e.unit,
          -coalesce(sum(e.amount) filter (where a.kind = 'site_revenue'), 0) as net,
          -coalesce(sum(e.amount) filter (where a.kind = 'site_tax'), 0) as tax
        from transfers t join entries e using (transfer_id) join accounts a using (account_id)
          left join rentals r on r.rental_id = t.rental_id
        where ${within(sql`t.at`, ask.edges)} and t.phase <> 'pending' and a.kind in ('site_revenue', 'site_tax')
          and a.owner_id in ${[...ask.siteIds]} ${ofTitle(ask)}
        group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
        (row) => ({ unit: String(row.unit), net: whole(row.net), tax: whole(row.tax) }),
      ),
    points: (ask) =>
      answered(
        ask,
        () => sql`select coalesce(t.site_id, r.site_id) as site_id, ${stretchOf(sql`t.at`, ask.edges)} as stretch,
          ${subject(ask, sql`r.kiosk_id`)} as subject,
          -coalesce(sum(e.amount) filter (where e.amount < 0), 0) as given,
          coalesce(sum(e.amount) filter (where e.amount > 0), 0) as used
        from transfers t join entries e using (transfer_id) join accounts a using (account_id)
          left join rentals r on r.rental_id = t.rental_id
        where ${within(sql`t.at`, ask.edges)} and t.phase <> 'pending' and a.kind = 'member_points'
          and (coalesce(t.site_id, r.site_id) in ${[...ask.siteIds]}
            ${ask.withoutShop ? sql`or coalesce(t.site_id, r.site_id) is null` : sql``}) ${ofTitle(ask)}
        group by 1, 2, 3 order by 1, 2, 3`,
        (row) => ({ given: whole(row.given), used: whole(row.used) }),
      ),
    async atTerminal(terminalId, edges) {
      if (edges.length < 2) return [];
      const found = await query(
        db,
        sql`select stretch, sum(rentals) as rentals, sum(returns) as returns from (
          select ${stretchOf(sql`started_at`, edges)} as stretch, 1 as rentals, 0 as returns from rentals
          where kiosk_id = ${terminalId} and ${within(sql`started_at`, edges)}
          union all
          select ${stretchOf(sql`destroyed_at`, edges)}, 0, 1 from returns
          where terminal_id = ${terminalId} and state = 'destroyed' and ${within(sql`destroyed_at`, edges)}) seen
        group by stretch order by stretch`,
      );
      return found.map((row) => ({
        stretch: whole(row.stretch),
        rentals: whole(row.rentals),
        returns: whole(row.returns),
      }));
    },
    async troubledTerminals() {
      const [row] = await query(
        db,
        sql`select count(*) as n from terminals t where t.state = 'active' and (
          exists (select from jsonb_array_elements(t.heartbeat->'drives') d where d->>'state' = 'fault')
          or t.terminal_id in (select terminal_id from alerts where cleared_at is null and terminal_id is not null))`,
      );
      return whole(row?.n);
    },
  };
}

/** Edges are whole milliseconds of our own making, so they may stand in the statement itself. */
const stretchOf = (at: SQL, edges: readonly number[]): SQL =>
  sql`width_bucket(${at}, ${sql.raw(`array[${edges.map(Math.trunc).join(',')}]::bigint[]`)}) - 1`;

const within = (at: SQL, edges: readonly number[]): SQL =>
  sql`${at} >= ${edges[0]}::bigint and ${at} < ${edges.at(-1)}::bigint`;
