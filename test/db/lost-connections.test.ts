import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { isPassing } from '#hub/ports/database.ts';
import { balancesOf, furnish, id, lane, openHub, rulesFor, START } from '#test/contract/hub-world.ts';
import { postgresHubs, within } from '#test/support/postgres-hubs.ts';
import { toldRental } from './told-rental.ts';

/** Connections that end, one or all, and a server that crashes. */
const hubs = postgresHubs();

describe('ingest on PostgreSQL', () => {
  it('SYN-2: a connection killed in the middle of a commit leaves nothing behind, and the same batches then count once', async () => {
    const { url, hub } = await hubs.open();
    const rules = rulesFor(hubs.devices, hub);
    await furnish(hub.db);
    const [kiosk, terminal] = [lane('kiosk-1'), lane('return-1')];
    await toldRental(hubs.devices, { kiosk, terminal }, { card: 400 });
    const killer = postgres(url, { max: 1, onnotice: () => {} });
    // The first attempt is cut off just before its commit, when everything is written.
    const cut = hub.db.transaction(async (stores) => {
      await commitGroup(within(hub.db, stores), rules, [kiosk.batch(), terminal.batch()]);
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
});

describe('losing the server', () => {
  it('SYN-3: a crash of PostgreSQL is a passing fault, and what was committed is there afterwards', async () => {
    const { hub } = await hubs.open();
    await furnish(hub.db);
    const events = lane('return-1');
    events.add('alert.raised', { code: 'before', subject: 's', message: id<string>(), at: START }, START);
    await commitGroup(hub.db, rulesFor(hubs.devices, hub), [events.batch()]);
    await hubs.cluster.crash();
    const failure = await hub.db.stores.alerts.count({}).then(
      () => null,
      (error: unknown) => error,
    );
    expect(isPassing(failure)).toBe(true);
    await hubs.cluster.start();
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
    const { url } = await hubs.cluster.createDatabase();
    const wire = await cuttable(hubs.cluster.port);
    const hub = await openHub({
      url: url.replace(String(hubs.cluster.port), String(wire.port)),
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
      const watcher = postgres(url, { max: 1, onnotice: () => {} });
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
