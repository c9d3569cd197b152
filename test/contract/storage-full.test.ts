import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventId, TitleId } from '#shared/kernel/ids.ts';
import { newId } from '#shared/ports/random.ts';
import { happens, type LiveFleet, startLiveFleet } from '#test/support/live-fleet.ts';

let fleet: LiveFleet;
let title: TitleId;
/** Of the disks of both terminals, in percent. */
let used = 10;

beforeAll(async () => {
  fleet = await startLiveFleet({
    change: (parts) => ({
      ...parts,
      diskSpace: () => ({ totalBytes: 1_000_000, freeBytes: (100 - used) * 10_000 }),
    }),
  });
  title = await fleet.title('Lighthouse');
});
afterAll(() => fleet?.stop());

/** Where the hub stands in a lane of a terminal. */
const cursor = async (terminalId: string, epoch: string, lane: 0 | 1) =>
  fleet.own.hub.inside().db.stores.cursors.find({ terminalId: terminalId as never, epoch, lane });
const alerts = (code: string) => fleet.own.hub.inside().db.stores.alerts.list({ code }, { limit: 10 });

it('SYN-5: at 95 % a kiosk rents no more and a return terminal still returns; telemetry goes first, its gap reaches the hub', async () => {
  const member = await fleet.member(5_000);
  const stick = fleet.stick();
  await fleet.rent(stick, member, [title]);
  const { runtime } = fleet.own.returnTerminal;
  const { store } = runtime;
  const self = runtime.identity.terminalId;

  fleet.cables['return-terminal'].setCut(true);
  // In one commit: 700 of them in a row hold up this process, servers and agents in it, for longer than a connection is kept alive.
  runtime.record((tx) => {
    for (let count = 0; count < 700; count += 1)
      tx.emit({
        kind: 'session.ended',
        data: { kind: 'return', outcome: 'done', seconds: 1, at: fleet.own.clock.now() },
      });
  });
  used = 95;
  fleet.pass(61_000);
  await fleet.kiosk.until('the kiosk to be closed', 30, ({ view }) =>
    view.screen === 'attract' && view.closed?.code === 'kiosk_storage_full' ? view : null,
  );
  await fleet.kiosk.send({ type: 'touch' });
  expect((await fleet.kiosk.snapshot()).view).toMatchObject({ screen: 'attract' });
  expect([runtime.storageLevel(), store.position(1).queued]).toEqual(['full', 500]);
  const { firstHeld, acked } = store.position(1);
  expect(firstHeld).toBeGreaterThan(acked + 1);

  const lines = await fleet.returnAll(stick);
  expect(lines).toHaveLength(1);
  expect(store.position(0).queued).toBeGreaterThan(0);

  fleet.cables['return-terminal'].setCut(false);
  await fleet.online();
  expect((await fleet.onlyRental(member)).status).toBe('closed');
  await happens('the hub to have the telemetry that is left', async () => {
    const { last } = store.position(1);
    return (await cursor(self, store.epoch(), 1))?.contiguous === last;
  });
  expect((await cursor(self, store.epoch(), 1))?.firstHeld).toBeGreaterThanOrEqual(firstHeld);
  expect(await alerts('telemetry_gap')).toMatchObject([{ subject: self, severity: 'info' }]);
  expect(await alerts('event_gap')).toEqual([]);
  expect(await fleet.balanced()).toBe(true);
});

it('PR-16, SYN-5: the same move in lane 0 is refused: the hub stands where it stood, and staff hear of it', async () => {
  const { runtime } = fleet.own.returnTerminal;
  const self = runtime.identity.terminalId;
  const inside = fleet.own.hub.inside();
  const at = inside.clock.now();
  const epoch = 'an-epoch-with-a-hole';
  const standing = await inside.ingestQueue.accept({
    receivedAt: at,
    batch: {
      version: { major: 1, minor: 0 },
      terminal: self,
      session: 'AAAA',
      epoch,
      lane: 0,
      firstHeld: 3,
      last: 3,
      sentAt: at,
      events: [
        {
          sequence: 3,
          id: newId<EventId>(inside.clock, inside.random),
          kind: 'config.applied',
          stamp: runtime.stamp(),
          data: { version: 1, at },
        },
      ],
    },
  });
  expect(standing?.contiguous).toBe(-1);
  expect(await cursor(self, epoch, 0)).toMatchObject({ contiguous: -1 });
  expect(await alerts('event_gap')).toMatchObject([{ subject: self, severity: 'critical' }]);
});
