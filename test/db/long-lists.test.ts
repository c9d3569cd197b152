import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEMBER_ORDERS, RENTAL_ORDERS, rentalsSought, TERMINAL_ORDERS } from '#hub/app/reports/lists.ts';
import { type ListAsk, type Order, pageOfTable } from '#hub/app/reports/pages.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { Match, Table } from '#hub/ports/table.ts';
import { fillLongLists } from '#test/bench/support/long-lists.ts';
import { openHub, START } from '#test/contract/hub-world.ts';
import { type PostgresCluster, startPostgres } from '#test/support/real-parts.ts';

/** Lists long enough for PostgreSQL's planner to choose as it does with a million rows, short enough to be made in seconds. */
let cluster: PostgresCluster;
let db: HubDatabase;
let sql: postgres.Sql;
beforeAll(async () => {
  cluster = await startPostgres();
  const { url } = await cluster.createDatabase();
  ({ db } = await openHub({ url }));
  sql = postgres(url, { max: 1, onnotice: () => {} });
  await fillLongLists(sql, { terminals: 2000, members: 2000, rentals: 40_000, now: START });
});
afterAll(async () => {
  await sql?.end();
  await db?.close();
  await cluster?.stop();
});

async function plan(query: string): Promise<string> {
  const lines = await sql.unsafe(`explain ${query}`);
  return lines.map((line) => String(line['QUERY PLAN'])).join('\n');
}

const COLUMNS = { made: 'rental_id', started: 'started_at', due: 'due_at', closed: 'closed_at' } as const;

describe('long lists on PostgreSQL', () => {
  it.each(Object.entries(COLUMNS))(
    'SCR-4: rentals by %s are read from an index, also deep in the list',
    async (_sort, name) => {
      for (const [dir, sign] of [
        ['asc', '>'],
        ['desc', '<'],
      ] as const) {
        const order = `order by ${name} ${dir}${name === 'rental_id' ? '' : `, rental_id ${dir}`} limit 101`;
        const [mark] = await sql.unsafe(
          `select ${name} as value, rental_id as key from rentals where ${name} is not null ${order.replace('101', '1')} offset 20000`,
        );
        const deep =
          name === 'rental_id'
            ? `rental_id ${sign} '${mark?.key}'`
            : `(${name}, rental_id) ${sign} (${mark?.value}, '${mark?.key}')`;
        for (const where of ['true', deep, `${name} is null`]) {
          const found = await plan(`select * from rentals where ${where} ${order}`);
          expect(found, found).not.toContain('Seq Scan');
        }
      }
    },
  );

  it.each([
    ['a shop', 'site_id = (select site_id from sites limit 1)'],
    ['a member', 'member_id = (select member_id from members limit 1)'],
    ['what needs a decision', 'needs_staff = true'],
    ['a rare state', "status = 'lost'"],
    ['the beginning of a number', "rental_id >= '018a' and rental_id < '018ag'"],
  ])('SCR-4: rentals of %s are not sought in the whole table', async (_what, where) => {
    const found = await plan(`select * from rentals where ${where} order by rental_id desc limit 101`);
    expect(found, found).not.toContain('Seq Scan on rentals');
  });

  it('SCR-4: members and terminals by name are read from indexes', async () => {
    for (const query of [
      'select * from members order by display_name, member_id limit 101',
      'select * from terminals order by name, terminal_id limit 101',
    ]) {
      const found = await plan(query);
      expect(found, found).not.toMatch(/Seq Scan on (members|terminals)/);
    }
  });

  it('SCR-4: pages of rentals, members and terminals follow one another without a gap or a row twice; a long count ends in more', async () => {
    const { rentals, members, terminals } = db.stores;
    const first = await pageOfTable(rentals, 'rentalId', RENTAL_ORDERS, {}, { sort: 'due', limit: 100 });
    expect(first.total).toEqual({ count: 1000, more: true });
    for (const sort of ['made', 'closed'] as const)
      expect(await walk(rentals, 'rentalId', RENTAL_ORDERS, { status: 'lost' }, { sort, limit: 13 })).toBe(
        40,
      );
    expect(await walk(members, 'memberId', MEMBER_ORDERS, {}, { sort: 'name', limit: 200 })).toBe(2000);
    expect(await walk(terminals, 'terminalId', TERMINAL_ORDERS, {}, { limit: 200 })).toBe(2000);
    const [newest] = await rentals.list({}, { orderBy: ['rentalId'], descending: true, limit: 1 });
    const sought = await rentalsSought(db.stores, newest?.rentalId.slice(0, 13) ?? '');
    const found = await pageOfTable(rentals, 'rentalId', RENTAL_ORDERS, {}, { limit: 10 }, sought);
    expect(found.rows.map(({ rentalId }) => rentalId)).toEqual([newest?.rentalId]);
  });
});

/** Reads a list to its end; answers how many rows, each once. */
async function walk<Row extends object>(
  table: Pick<Table<Row, never>, 'page' | 'countUpTo'>,
  key: keyof Row & string,
  orders: Readonly<Record<string, Order<Row>>>,
  match: Match<Row>,
  ask: ListAsk,
): Promise<number> {
  const seen = new Set<unknown>();
  let rows = 0;
  let cursor: ListAsk['cursor'];
  do {
    const page = await pageOfTable(table, key, orders, match, { ...ask, cursor });
    rows += page.rows.length;
    for (const row of page.rows) seen.add(row[key]);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  expect(seen.size).toBe(rows);
  return rows;
}
