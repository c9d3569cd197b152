import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTitleSearch, type TitleSearch } from '#hub/app/catalogue/title-search.ts';
import { MEMBER_ORDERS, RENTAL_ORDERS, rentalsSought, TERMINAL_ORDERS } from '#hub/app/reports/lists.ts';
import { type ListAsk, type Order, orderOf, pageOfTable } from '#hub/app/reports/pages.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import type { ReceivedEvent } from '#hub/ports/stores.ts';
import type { Match, Table } from '#hub/ports/table.ts';
import { fillLongLists } from '#test/bench/support/long-lists.ts';
import { id, openHub, START } from '#test/contract/hub-world.ts';
import { type PostgresCluster, startPostgres } from '#test/support/real-parts.ts';

/** Lists long enough for PostgreSQL's planner to choose as it does with a million rows, short enough to be made in seconds. */
let cluster: PostgresCluster;
let db: HubDatabase;
let titleSearch: TitleSearch;
let sql: postgres.Sql;
const RENTALS = 40_000;
const EVENTS = 100_000;
const sent: { readonly statement: string; readonly values: readonly unknown[] }[] = [];
beforeAll(async () => {
  cluster = await startPostgres();
  const { url } = await cluster.createDatabase();
  const hub = await openHub({ url, overhear: (statement, values) => sent.push({ statement, values }) });
  db = hub.db;
  titleSearch = openTitleSearch(hub);
  sql = postgres(url, { max: 1, onnotice: () => {} });
  await fillLongLists(sql, {
    terminals: 2000,
    members: 2000,
    rentals: RENTALS,
    bookings: 15_000,
    now: START,
  });
});
afterAll(async () => {
  await sql?.end();
  await db?.close();
  await cluster?.stop();
});

/** The plans of what the stores send to PostgreSQL while something is read: their own statements with their own values. */
async function plansOf(read: () => Promise<unknown>): Promise<string> {
  sent.length = 0;
  await read();
  const plans: string[] = [];
  for (const { statement, values } of sent.splice(0)) {
    const lines = await sql.unsafe(`explain ${statement}`, values as never[], { prepare: false });
    plans.push(lines.map((line) => String(line['QUERY PLAN'])).join('\n'));
  }
  expect(plans.length).toBeGreaterThan(0);
  return plans.join('\n\n');
}
/** The first page, and one deep in the list, where somebody scrolled long; with what it counts. */
async function bothPages<Row extends object>(
  table: Pick<Table<Row, never>, 'page' | 'countUpTo' | 'list'>,
  key: keyof Row & string,
  orders: Readonly<Record<string, Order<Row>>>,
  match: Match<Row>,
  ask: ListAsk,
): Promise<string> {
  const { sort, dir, by } = orderOf(orders, ask);
  const first = await plansOf(() => pageOfTable(table, key, orders, match, ask));
  const options = { orderBy: [by, key], descending: dir === 'desc', limit: 1 } as const;
  const [row] = await table.list(match, { ...options, offset: await halfOf(table, match) });
  const cursor = { sort, dir, value: row?.[by] ?? null, key: row?.[key] } as unknown as ListAsk['cursor'];
  return `${first}\n\n${await plansOf(() => pageOfTable(table, key, orders, match, { ...ask, cursor }))}`;
}
const halfOf = async <Row>(table: Pick<Table<Row, never>, 'countUpTo'>, match: Match<Row>): Promise<number> =>
  Math.floor((await table.countUpTo(match, [], RENTALS)) / 2);

const NO_WHOLE_TABLE = /Seq Scan on (rentals|members|terminals|transfers|entries)/;

describe('long lists on PostgreSQL', () => {
  it.each(Object.keys(RENTAL_ORDERS))(
    'SCR-4: rentals by %s are read from an index, also deep in the list',
    async (sort) => {
      for (const dir of ['asc', 'desc'] as const) {
        const ask = { sort, dir, limit: 100 };
        const found = await bothPages(db.stores.rentals, 'rentalId', RENTAL_ORDERS, {}, ask);
        expect(withoutCounts(found), found).not.toMatch(NO_WHOLE_TABLE);
      }
    },
  );

  it.each<[string, () => Promise<Match<RentalRow>>]>([
    ['a shop', async () => ({ siteId: (await one(db.stores.sites)).siteId })],
    ['a member', async () => ({ memberId: (await one(db.stores.members)).memberId })],
    ['what needs a decision', async () => ({ needsStaff: true })],
    ['a rare state', async () => ({ status: 'lost' })],
  ])('SCR-4: rentals of %s are not sought in the whole table', async (_what, match) => {
    const ask = { sort: 'made', limit: 100 } as const;
    const found = await bothPages(db.stores.rentals, 'rentalId', RENTAL_ORDERS, await match(), ask);
    expect(withoutCounts(found), found).not.toMatch(NO_WHOLE_TABLE);
  });

  it('SCR-4: rentals sought by the beginning of a number or by a member are not sought in the whole table', async () => {
    const [rental] = await db.stores.rentals.list({}, { limit: 1 });
    for (const q of [rental?.rentalId.slice(0, 13) ?? '', '10000007']) {
      const sought = await rentalsSought(db.stores, titleSearch, q);
      const ask = { limit: 100 };
      const found = await plansOf(() =>
        pageOfTable(db.stores.rentals, 'rentalId', RENTAL_ORDERS, {}, ask, sought),
      );
      expect(withoutCounts(found), found).not.toMatch(NO_WHOLE_TABLE);
    }
  });

  it('SCR-4: an order without an index is seen to read the whole table', async () => {
    const orders = { token: { by: 'memberToken', first: 'asc' } } as const;
    const ask = { limit: 100 };
    const found = await bothPages(db.stores.rentals, 'rentalId', orders, {}, ask);
    expect(withoutCounts(found)).toMatch(NO_WHOLE_TABLE);
  });

  it('SCR-4: members and terminals by name are read from indexes', async () => {
    const { members, terminals } = db.stores;
    const found = [
      await bothPages(members, 'memberId', MEMBER_ORDERS, {}, { sort: 'name', limit: 100 }),
      await bothPages(terminals, 'terminalId', TERMINAL_ORDERS, {}, { sort: 'name', limit: 100 }),
    ].join('\n\n');
    expect(withoutCounts(found), found).not.toMatch(NO_WHOLE_TABLE);
  });

  it('LED-1, SCR-4: entries by booking, by fact, of an account, of a member are not sought in the whole ledger', async () => {
    const { ledger } = db.stores;
    const someone = (await one(db.stores.members)).memberId;
    for (const by of ['bookedAt', 'at'] as const)
      for (const descending of [true, false]) {
        const order = { by, descending };
        const deep = await ledger.lines({}, { limit: 1, offset: 15_000, order });
        const [last] = deep;
        if (last === undefined) throw new Error('the ledger is long');
        const after = { value: last.transfer[by], transferId: last.transfer.transferId, line: last.line };
        for (const match of [{}, { memberId: someone }, { anyOf: [{ memberId: [someone] }] }])
          for (const mark of [null, after]) {
            const found = await plansOf(() => ledger.lines(match, { limit: 101, order, after: mark }));
            expect(found, found).not.toMatch(NO_WHOLE_TABLE);
          }
      }
    const accountId = `member_prepaid:${someone}:EUR`;
    const found = await plansOf(() => ledger.lines({ accountId }, { limit: 101 }));
    expect(found, found).not.toMatch(NO_WHOLE_TABLE);
  });

  it('SYN-2: what ingest asks of the events kept so far is answered from indexes', async () => {
    await sql.unsafe(`insert into inbox_events (terminal_id, epoch, lane, sequence, event_id, kind, stamp, data, received_at)
        select 'terminal-' || lpad((1 + n % 2000)::text, 5, '0'), 'epoch', 0, n / 2000, md5(n::text)::uuid::text, 'rating.given', '{}', '{}', ${START} + n
        from generate_series(0, ${EVENTS - 1}) n;
      insert into cursors (terminal_id, epoch, lane, contiguous, first_held, last, created_at, updated_at)
        select terminal_id, 'epoch', 0, ${EVENTS / 2000 - 1}, 0, ${EVENTS / 2000 - 1}, ${START}, ${START} from terminals;
      analyze inbox_events, cursors`);
    const { inbox } = db.stores;
    const [terminal] = await db.stores.terminals.list({}, { limit: 1 });
    const terminalId = terminal?.terminalId as ReceivedEvent['terminalId'];
    const key = { terminalId, epoch: 'epoch', lane: 0 } as const;
    const events = Array.from({ length: 200 }, (_, n): ReceivedEvent => {
      const stamp = { deviceTime: START, monotonic: 1, bootId: 'boot', clockOffset: null, clockError: null };
      return {
        ...key,
        event: { sequence: n, id: id(), kind: 'rating.given', stamp, data: {} },
        receivedAt: START,
      };
    });
    const found = [
      await plansOf(() => inbox.lockCursors([key], START)),
      await plansOf(() => inbox.insert(events)),
      await plansOf(() => inbox.elsewhere(events)),
      await plansOf(() => inbox.after(key, 3, 5000)),
      await plansOf(async () => inbox.moveCursors(await inbox.lockCursors([key], START))),
    ].join('\n\n');
    expect(found, found).not.toMatch(/Seq Scan on inbox_events/);
    expect(found).toContain('inbox_events');
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
    const sought = await rentalsSought(db.stores, titleSearch, newest?.rentalId.slice(0, 13) ?? '');
    const found = await pageOfTable(rentals, 'rentalId', RENTAL_ORDERS, {}, { limit: 10 }, sought);
    expect(found.rows.map(({ rentalId }) => rentalId)).toEqual([newest?.rentalId]);
  });
});

/** A count stops where it is told to; what it stops short of, it may read in any order. */
const withoutCounts = (plans: string): string =>
  plans
    .split('\n\n')
    .filter((one) => !one.startsWith('Aggregate'))
    .join('\n\n');

async function one<Row>(table: Pick<Table<Row, never>, 'list'>): Promise<Row> {
  const [row] = await table.list({}, { limit: 1 });
  if (row === undefined) throw new Error('the lists are filled');
  return row;
}

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
