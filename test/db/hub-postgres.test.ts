import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { restoreBackup } from '#hub/backup/restore.ts';
import { writeBackup } from '#hub/backup/write.ts';
import { openDatabase } from '#hub/db/connect.ts';
import { createPartitionLeases } from '#hub/mqtt/leases.ts';
import { type HubDatabase, isPassing } from '#hub/ports/database.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { databaseSuite } from '#test/contract/hub-database-suite.ts';
import { ledgerSuite } from '#test/contract/hub-ledger-suite.ts';
import {
  balancesOf,
  cardPart,
  type Devices,
  furnish,
  HOUR,
  id,
  lane,
  makeDevices,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { type PostgresCluster, startPostgres, type TestDatabase } from '#test/support/real-parts.ts';

let cluster: PostgresCluster;
let devices: Devices;
beforeAll(async () => {
  cluster = await startPostgres();
  devices = await makeDevices();
});
afterAll(() => cluster.stop());

ledgerSuite('PostgreSQL', async () => {
  const database = await cluster.createDatabase();
  const { db } = await openHub({ url: database.url });
  return { db, close: () => db.close() };
});

databaseSuite('PostgreSQL', async () => {
  const database = await cluster.createDatabase();
  const { db } = await openHub({ url: database.url });
  return { db, close: () => db.close() };
});

async function openReal(): Promise<{ database: TestDatabase; hub: Awaited<ReturnType<typeof openHub>> }> {
  const database = await cluster.createDatabase();
  return { database, hub: await openHub({ url: database.url }) };
}

describe('the database itself', () => {
  let database: TestDatabase;
  let hub: Awaited<ReturnType<typeof openHub>>;
  let sql: postgres.Sql;
  beforeAll(async () => {
    ({ database, hub } = await openReal());
    sql = postgres(database.url, { max: 2, onnotice: () => {} });
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
    const fresh = await cluster.createDatabase();
    const settings = { url: fresh.url, folder: null, connections: 2 };
    const deps = { clock: hub.clock, log: silentLog };
    const all = await Promise.all([1, 2, 3].map(() => openDatabase(settings, deps)));
    expect(all.every((opened) => opened.ok)).toBe(true);
    for (const opened of all) if (opened.ok) await opened.value.close();
  });
});

describe('ingest on PostgreSQL', () => {
  it('SYN-2: a connection killed in the middle of a commit leaves nothing behind, and the same batches then count once', async () => {
    const { database, hub } = await openReal();
    const rules = rulesFor(devices, hub);
    await furnish(hub.db);
    const rental = await writtenCopy(devices);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, devices.returns, t0);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const terminal = lane('return-1');
    terminal.add(
      'return.destroyed',
      { ...back.destroyed, parts: [cardPart(rental, back.returnId, 400)] },
      t0,
    );
    const killer = postgres(database.url, { max: 1, onnotice: () => {} });
    // The first attempt is cut off just before its commit, when everything is written.
    const cut = hub.db.transaction(async (stores) => {
      const inner = {
        ...hub.db,
        transaction: <T>(work: (s: typeof stores, t: never) => Promise<T>) => work(stores, null as never),
      };
      await commitGroup(inner as typeof hub.db, rules, [kiosk.batch(), terminal.batch()]);
      await killer`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'keyturn-hub' and state = 'idle in transaction'`;
      await stores.rentals.count({});
    });
    const failure = await cut.then(
      () => null,
      (error: unknown) => error,
    );
    expect(isPassing(failure)).toBe(true);
    // The pool may hear of the end only with its next question: a transaction asks again after a passing trouble.
    expect(await hub.db.transaction((stores) => stores.inboxEvents.count({}))).toBe(0);
    expect(await balancesOf(hub.db)).toEqual({});
    const standings = await commitGroup(hub.db, rules, [kiosk.batch(), terminal.batch()]);
    expect(standings.map((each) => each.contiguous)).toEqual([0, 0]);
    expect((await balancesOf(hub.db))['card_clearing:EUR']).toBe(400);
    await killer.end();
    await hub.db.close();
  });

  it('SYN-2, OPS-5: two hubs that get the same batches at once apply each event once', async () => {
    const { database, hub } = await openReal();
    const other = await openHub({ url: database.url }, 2);
    await furnish(hub.db);
    const kiosk = lane('kiosk-1');
    const terminal = lane('return-1');
    for (let n = 0; n < 6; n += 1) {
      const rental = await writtenCopy(devices);
      kiosk.add('rental.started', started(rental), START);
      const back = await returned(rental, devices.returns, epochMs(START + HOUR));
      terminal.add('return.destroyed', { ...back.destroyed, due: { minor: 400, currency: 'EUR' } }, START);
    }
    const batches = [kiosk.batch(), terminal.batch()];
    const run = (world: typeof hub, group: typeof batches) =>
      commitGroup(world.db, rulesFor(devices, world), group);
    await Promise.all([run(hub, batches), run(other, [...batches].reverse()), run(hub, batches.slice(1))]);
    const balances = await balancesOf(hub.db);
    expect(Object.entries(balances).find(([name]) => name.startsWith('member_receivable'))?.[1]).toBe(2400);
    expect(await hub.db.stores.deadLetters.count({})).toBe(0);
    expect(await hub.db.stores.timeline.count({})).toBe(12);
    await other.db.close();
    await hub.db.close();
  });
});

describe('two hubs and one rental', () => {
  it('SYN-2, OPS-5, RET-1: start and return that two hubs hear of at the same moment are both known afterwards', async () => {
    const { database, hub } = await openReal();
    const other = await openHub({ url: database.url }, 2);
    await furnish(hub.db);
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const terminal = lane('return-1');
    const back = await returned(rental, devices.returns, t0, { due: 400 });
    terminal.add('return.destroyed', back.destroyed, t0);
    const watcher = postgres(database.url, { max: 1, onnotice: () => {} });
    let second: Promise<unknown> = Promise.resolve();
    await hub.db.transaction(async (stores) => {
      const inner = {
        ...hub.db,
        transaction: <T>(work: (s: typeof stores, t: never) => Promise<T>) => work(stores, null as never),
      };
      await commitGroup(inner as typeof hub.db, rulesFor(devices, hub), [kiosk.batch()]);
      second = commitGroup(other.db, rulesFor(devices, other), [terminal.batch()]);
      const blocked = async () => (await watcher`select 1 from pg_locks where not granted`).length;
      await expect.poll(blocked, { timeout: 30_000 }).toBeGreaterThan(0);
    });
    await second;
    const row = await hub.db.stores.rentals.find({ rentalId: rental.rentalId });
    expect(row).toMatchObject({ status: 'closed', slotProofKey: rental.proofKey });
    expect(row?.state?.start?.source).toBe('kiosk');
    await watcher.end();
    await other.db.close();
    await hub.db.close();
  });
});

describe('leases', () => {
  it('DESIGN §3, OPS-5: two hubs share the partitions; a silent one loses its own with a new generation', async () => {
    const { database, hub } = await openReal();
    const other = await openHub({ url: database.url }, 2);
    const moves: string[] = [];
    const make = (world: typeof hub, holder: string) =>
      createPartitionLeases({
        db: world.db,
        clock: hub.clock,
        log: silentLog,
        holder,
        changed: async (gained, lost) => {
          moves.push(`${holder} +${gained.length} -${lost.length}`);
        },
      });
    const first = make(hub, 'hub-a');
    const second = make(other, 'hub-b');
    await first.renew();
    expect(first.held()).toHaveLength(16);
    await second.renew();
    expect(second.held()).toHaveLength(0);
    await first.renew();
    await second.renew();
    expect([first.held().length, second.held().length]).toEqual([8, 8]);
    const partition = second.held()[0] ?? '';
    const generation = second.generation(partition) ?? 0;
    expect(generation).toBe(2);
    await hub.clock.advance(16_000);
    expect(second.generation(partition)).toBeNull();
    await first.renew();
    expect(first.held()).toHaveLength(16);
    expect(first.generation(partition)).toBe(3);
    expect(moves).toEqual(['hub-a +16 -0', 'hub-a +0 -8', 'hub-b +8 -0', 'hub-a +16 -0']);
    await other.db.close();
    await hub.db.close();
  });
});

describe('losing the server', () => {
  it('SYN-3: a crash of PostgreSQL is a passing fault, and what was committed is there afterwards', async () => {
    const { hub } = await openReal();
    await furnish(hub.db);
    const events = lane('return-1');
    events.add('alert.raised', { code: 'before', subject: 's', message: id<string>(), at: START }, START);
    await commitGroup(hub.db, rulesFor(devices, hub), [events.batch()]);
    await cluster.crash();
    const failure = await hub.db.stores.alerts.count({}).then(
      () => null,
      (error: unknown) => error,
    );
    expect(isPassing(failure)).toBe(true);
    await cluster.start();
    await expect
      .poll(() => hub.db.stores.alerts.count({ code: 'before' }).catch(() => 0), { timeout: 30_000 })
      .toBe(1);
    await hub.db.close();
  });
});

describe('losing all connections at once', () => {
  function resolvers<T>() {
    let resolve: (value: T | PromiseLike<T>) => void = () => {};
    const promise = new Promise<T>((take) => {
      resolve = take;
    });
    return { promise, resolve };
  }
  /** A wire to the server that can be cut: every connection is reset. */
  async function cuttable(port: number) {
    const pairs: { readonly near: Socket; readonly far: Socket }[] = [];
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
      pairs.push({ near, far });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      port: (server.address() as AddressInfo).port,
      cut: () => {
        for (const { near } of pairs.splice(0)) near.resetAndDestroy();
      },
      close: () => server.close(),
    };
  }

  it('OPS-5, SYN-3: what was asked at that moment is refused or asked again, nothing waits for ever, and nothing runs outside of its transaction', async () => {
    const database = await cluster.createDatabase();
    const wire = await cuttable(cluster.port);
    const hub = await openHub({
      url: database.url.replace(String(cluster.port), String(wire.port)),
      connections: 6,
    });
    const count = () => hub.db.transaction((stores) => stores.alerts.count({}));
    for (let round = 0; round < 10; round += 1) {
      const busy = resolvers<unknown>();
      await Promise.all(Array.from({ length: 6 }, count));
      const asleep = hub.db.administer('select pg_sleep(60)').then(
        () => 'slept',
        (error: unknown) => {
          // At once: the other connections have not heard yet, or only half.
          busy.resolve(Promise.all(Array.from({ length: 6 }, count)));
          return isPassing(error);
        },
      );
      const watcher = postgres(database.url, { max: 1, onnotice: () => {} });
      await expect
        .poll(
          async () => (await watcher`select 1 from pg_stat_activity where wait_event = 'PgSleep'`).length,
          {
            timeout: 30_000,
          },
        )
        .toBe(1);
      wire.cut();
      await watcher`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'`;
      expect(await asleep).toBe(true);
      expect(await busy.promise).toEqual([0, 0, 0, 0, 0, 0]);
      await watcher.end();
    }
    await hub.db.close();
    wire.close();
  });
});

describe('a backup', () => {
  it('OPS-2: a shop that began on PGlite goes on on PostgreSQL: every row is there, guards and books hold, and nothing is read into a database that is not empty', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'keyturn-grow-'));
    const small = await openHub({ folder: null });
    await furnish(small.db);
    const rules = rulesFor(devices, small);
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), rental.startedAt);
    await commitGroup(small.db, rules, [kiosk.batch()]);
    const identity = await generateIdentity();
    const place = {
      folder: join(scratch, 'backups'),
      recipient: await identityToRecipient(identity),
      keep: 1,
    };
    const source = {
      db: small.db,
      home: join(scratch, 'hub'),
      fleetId: 'f'.repeat(32),
      secret: 'inside',
    } as const;
    await mkdir(source.home);
    const { name } = await writeBackup(source, place, small.clock.now());
    const database = await cluster.createDatabase();
    const restore = (home: string) =>
      restoreBackup(
        { clock: small.clock, log: silentLog },
        { path: join(place.folder, `${name}.age`), identities: [identity] },
        { home: join(scratch, home), databaseUrl: database.url, secretSet: false },
      );
    expect(await restore('big')).toMatchObject({ ok: true });
    expect(await restore('again')).toMatchObject({ error: { code: 'database_not_empty' } });

    const big = await openHub({ url: database.url });
    expect(await dumpOf(big.db)).toEqual(await dumpOf(small.db));
    expect(await balancesOf(big.db)).toEqual(await balancesOf(small.db));
    // The terminal's next events follow on what was restored.
    const back = await returned(rental, devices.returns, epochMs(START + HOUR));
    const returns = lane('return-1');
    returns.add('return.accepted', back.accepted, back.accepted.t0);
    returns.add('return.destroyed', back.destroyed, back.destroyed.destroyedAt);
    await commitGroup(big.db, rulesFor(devices, big), [returns.batch()]);
    expect((await big.db.stores.rentals.find(rental))?.status).toBe('closed');
    await big.db.close();
    await small.db.close();
    await rm(scratch, { recursive: true });
  });
});

/** All rows by table, as JSON of either engine. */
async function dumpOf(db: HubDatabase): Promise<Readonly<Record<string, unknown>>> {
  const tables: Record<string, unknown[]> = {};
  await db.dump(async (part) => {
    if ('table' in part)
      tables[part.table] = [...(tables[part.table] ?? []), ...part.rows.map((row) => JSON.parse(row))];
  });
  return tables;
}
