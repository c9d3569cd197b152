import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#hub/db/connect.ts';
import { silentLog } from '#shared/ports/log.ts';
import { databaseSuite } from '#test/contract/hub-database-suite.ts';
import { ledgerSuite } from '#test/contract/hub-ledger-suite.ts';
import { START } from '#test/contract/hub-world.ts';
import { type Hub, postgresHubs } from '#test/support/postgres-hubs.ts';

/** What the memory's database promises, on PostgreSQL; and what PostgreSQL itself refuses, whoever asks. */
const hubs = postgresHubs();

ledgerSuite('PostgreSQL', async () => {
  const { db } = (await hubs.open()).hub;
  return { db, close: () => db.close() };
});

databaseSuite('PostgreSQL', async () => {
  const { db } = (await hubs.open()).hub;
  return { db, close: () => db.close() };
});

describe('the database itself', () => {
  let hub: Hub;
  let sql: postgres.Sql;
  beforeAll(async () => {
    const opened = await hubs.open();
    hub = opened.hub;
    sql = postgres(opened.url, { max: 2, onnotice: () => {} });
    const entries = [
      { account: { accountId: 'a:EUR', kind: 'a', ownerId: null, unit: 'EUR' }, amount: 5 },
      { account: { accountId: 'b:EUR', kind: 'b', ownerId: null, unit: 'EUR' }, amount: -5 },
    ];
    const facts = {
      reason: 'r',
      rentalId: null,
      returnId: null,
      memberId: null,
      siteId: null,
      at: START,
      detail: {},
    };
    await hub.db.stores.ledger.post(
      [{ ...facts, transferId: 't', phase: 'single', correctsId: null, entries }],
      START,
    );
  });
  afterAll(async () => {
    await sql.end();
    await hub.db.close();
  });

  const transfer = (name: string, lines: number) =>
    `insert into transfers (transfer_id, phase, reason, at, booked_at, lines, fingerprint, detail) values ('${name}', 'single', 'r', 1, 1, ${lines}, 'f', '{}');`;
  const entry = (name: string, line: number, account: string, amount: number, unit = 'EUR') =>
    `insert into entries (transfer_id, line, account_id, amount, unit) values ('${name}', ${line}, '${account}', ${amount}, '${unit}');`;

  it.each([
    ['an update of an entry', 'update entries set amount = 6', 'KT001'],
    ['a delete of an entry', 'delete from entries', 'KT001'],
    ['emptying the entries', 'truncate entries', 'KT001'],
    ['an update of a transfer', "update transfers set reason = 'x'", 'KT001'],
    ['a delete of a transfer', 'delete from transfers', 'KT001'],
    ['emptying the transfers', 'truncate transfers cascade', 'KT001'],
    ['an entry added to a transfer afterwards', entry('t', 2, 'a:EUR', 1), 'KT002'],
    ['a transfer without entries', transfer('u', 2), 'KT003'],
    [
      'a transfer off balance',
      transfer('v', 2) + entry('v', 0, 'a:EUR', 5) + entry('v', 1, 'b:EUR', -4),
      'KT003',
    ],
    ['an entry of 0', transfer('w', 2) + entry('w', 0, 'a:EUR', 0), '23514'],
    ['points in a money account', transfer('x', 2) + entry('x', 0, 'a:EUR', 1, 'PTS'), '23503'],
    [
      'a posting of what is not pending',
      "insert into transfers (transfer_id, phase, reason, pending_id, at, booked_at, lines, fingerprint, detail) values ('y', 'voided', 'r', 't', 1, 1, 0, 'f', '{}')",
      'KT004',
    ],
  ])('LED-1: refuses %s', async (_what, statement, state) => {
    await expect(sql.begin((tx) => tx.unsafe(statement))).rejects.toMatchObject({ code: state });
    expect(await sql`select count(*)::int as n from entries`).toEqual([{ n: 2 }]);
  });

  it('OPS-3: of hubs that start at once one migrates, the others find nothing to do', async () => {
    const fresh = await hubs.cluster.createDatabase();
    const settings = { url: fresh.url, folder: null, connections: 2 };
    const deps = { clock: hub.clock, log: silentLog };
    const all = await Promise.all([1, 2, 3].map(() => openDatabase(settings, deps)));
    expect(all.every((opened) => opened.ok)).toBe(true);
    for (const opened of all) if (opened.ok) await opened.value.close();
  });
});
