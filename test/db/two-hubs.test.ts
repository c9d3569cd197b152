import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { createPartitionLeases } from '#hub/mqtt/leases.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import {
  balancesOf,
  furnish,
  HOUR,
  lane,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { postgresHubs } from '#test/support/postgres-hubs.ts';

/** Two hubs on one database: what both hear at once, and who of them serves whom. */
const hubs = postgresHubs();

describe('ingest on PostgreSQL', () => {
  it('SYN-2, OPS-5: two hubs that get the same batches at once apply each event once', async () => {
    const { url, hub } = await hubs.open();
    const other = await openHub({ url }, 2);
    await furnish(hub.db);
    const kiosk = lane('kiosk-1');
    const terminal = lane('return-1');
    for (let n = 0; n < 6; n += 1) {
      const rental = await writtenCopy(hubs.devices);
      kiosk.add('rental.started', started(rental), START);
      const back = await returned(rental, hubs.devices.returns, epochMs(START + HOUR));
      terminal.add('return.destroyed', { ...back.destroyed, due: { minor: 400, currency: 'EUR' } }, START);
    }
    const batches = [kiosk.batch(), terminal.batch()];
    const run = (world: typeof hub, group: typeof batches) =>
      commitGroup(world.db, rulesFor(hubs.devices, world), group);
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
    const { url, hub } = await hubs.open();
    const other = await openHub({ url }, 2);
    await furnish(hub.db);
    const rental = await writtenCopy(hubs.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const terminal = lane('return-1');
    const back = await returned(rental, hubs.devices.returns, t0, { due: 400 });
    terminal.add('return.destroyed', back.destroyed, t0);
    const watcher = postgres(url, { max: 1, onnotice: () => {} });
    let second: Promise<unknown> = Promise.resolve();
    await hub.db.transaction(async (stores) => {
      const inner = {
        ...hub.db,
        transaction: <T>(work: (s: typeof stores, t: never) => Promise<T>) => work(stores, null as never),
      };
      await commitGroup(inner as typeof hub.db, rulesFor(hubs.devices, hub), [kiosk.batch()]);
      second = commitGroup(other.db, rulesFor(hubs.devices, other), [terminal.batch()]);
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
    const { url, hub } = await hubs.open();
    const other = await openHub({ url }, 2);
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
