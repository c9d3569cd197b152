import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { createPartitionLeases } from '#hub/mqtt/leases.ts';
import { createPresences } from '#hub/mqtt/presence.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { silentLog } from '#shared/ports/log.ts';
import { OUR_VERSION } from '#shared/protocol/decode.ts';
import { balancesOf, lane, SITE, START } from '#test/contract/hub-world.ts';
import { type Hub, overlapping, postgresHubs } from '#test/support/postgres-hubs.ts';
import { toldRental } from './told-rental.ts';

/** Two hubs on one database: what both hear at once, and who of them serves whom. */
const hubs = postgresHubs();

describe('ingest on PostgreSQL', () => {
  it('SYN-2, OPS-5: two hubs that get the same batches at once apply each event once', async () => {
    const two = await hubs.openTwo();
    const { hub, other, rules, otherRules } = two;
    const [kiosk, terminal] = [lane('kiosk-1'), lane('return-1')];
    for (let n = 0; n < 6; n += 1) await toldRental(hubs.devices, { kiosk, terminal }, { due: 400 });
    const batches = [kiosk.batch(), terminal.batch()];
    await Promise.all([
      commitGroup(hub.db, rules, batches),
      commitGroup(other.db, otherRules, [...batches].reverse()),
      commitGroup(hub.db, rules, batches.slice(1)),
    ]);
    const balances = await balancesOf(hub.db);
    expect(Object.entries(balances).find(([name]) => name.startsWith('member_receivable'))?.[1]).toBe(2400);
    expect(await hub.db.stores.deadLetters.count({})).toBe(0);
    expect(await hub.db.stores.timeline.count({})).toBe(12);
    await two.close();
  });
});

describe('two hubs and one rental', () => {
  it('SYN-2, OPS-5, RET-1: start and return that two hubs hear of at the same moment are both known afterwards', async () => {
    const two = await hubs.openTwo();
    const { hub, other, rules, otherRules } = two;
    const [kiosk, terminal] = [lane('kiosk-1'), lane('return-1')];
    const { rental } = await toldRental(hubs.devices, { kiosk, terminal }, { due: 400 });
    await overlapping(
      two,
      (db) => commitGroup(db, rules, [kiosk.batch()]),
      () => commitGroup(other.db, otherRules, [terminal.batch()]),
    );
    const row = await hub.db.stores.rentals.find({ rentalId: rental.rentalId });
    expect(row).toMatchObject({ status: 'closed', slotProofKey: rental.proofKey });
    expect(row?.state?.start?.source).toBe('kiosk');
    await two.close();
  });
});

describe('two hubs and one terminal', () => {
  it('PR-6, FLT-1, OPS-5: of a birth and the will of the line before it, which two hubs hear of at the same moment, the birth stands', async () => {
    const two = await hubs.openTwo();
    const terminal = 'kiosk-1' as TerminalId;
    const said = { version: OUR_VERSION, terminal, epoch: 'epoch', role: 'kiosk', siteId: SITE } as const;
    const hear = (db: HubDatabase, { clock }: Hub, session: string, online: boolean) =>
      createPresences(
        { db, clock, ingest: { standings: async () => [] } },
        { known: () => {} },
      )({
        told: { ...said, session, online, software: '1.0.0', at: START },
        at: clock.now(),
      });
    const { hub, other } = two;
    await hear(hub.db, hub, 'one', true);
    let will: Promise<unknown> = Promise.resolve();
    await overlapping(
      two,
      (db) => hear(db, hub, 'two', true),
      () => {
        will = hear(other.db, other, 'one', false);
        return will;
      },
    );
    expect(await will).toMatchObject({ outcome: 'ignored' });
    expect(await hub.db.stores.terminals.find({ terminalId: terminal })).toMatchObject({
      session: 'two',
      online: true,
    });
    await two.close();
  });
});

describe('leases', () => {
  it('DESIGN §3, OPS-5: two hubs share the partitions; a silent one loses its own with a new generation', async () => {
    const two = await hubs.openTwo();
    const { hub, other } = two;
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
    await two.close();
  });
});
