import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { openReturn } from '#hub/app/quotes/open-return.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Stamp } from '#shared/protocol/envelope.ts';
import { openReturnAnswer } from '#shared/protocol/terminal-api.ts';
import {
  CHALLENGE_KEY,
  DAY,
  type Devices,
  furnish,
  HOUR,
  lane,
  makeDevices,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  type TestRental,
  writtenCopy,
} from './hub-world.ts';

let devices: Devices;
let hub: Awaited<ReturnType<typeof openHub>>;
let rental: TestRental;
/** What `return-1` told before its return. */
let told: ReturnType<typeof lane>['events'] = [];

beforeAll(async () => {
  devices = await makeDevices();
});
beforeEach(async () => {
  told = [];
  hub = await openHub({ now: START });
  await furnish(hub.db);
  rental = await writtenCopy(devices);
  const kiosk = lane('kiosk-1');
  kiosk.add('rental.started', started(rental), START);
  await commit(kiosk.events, 'kiosk-1');
  return () => hub.db.close();
});

/** The hub gets these events now. */
async function commit(events: ReturnType<typeof lane>['events'], terminal: string): Promise<void> {
  const own = lane(terminal);
  own.events.push(...events);
  const { batch } = own.batch();
  await commitGroup(hub.db, rulesFor(devices, hub), [{ batch, receivedAt: hub.clock.now() }]);
}

const RETURNED = epochMs(START + 3 * DAY + 5 * HOUR);

/** The last of what the return terminal told before, with a clock it was sure of. */
async function heardAt(at: EpochMs): Promise<void> {
  const before = lane('return-1');
  before.add('config.applied', { version: 1, at }, at);
  told = before.events;
  await commit(told, 'return-1');
}

/** A return at hub time `RETURNED` by a terminal whose wall clock is off: quote asked at `asked` ms after T0, then destroyed. */
async function giveBack(
  off: number,
  stampOf: (deviceTime: EpochMs) => Stamp,
  {
    reportFirst = false,
    t0Boot,
    asked = stampOf,
  }: { reportFirst?: boolean; t0Boot?: string; asked?: typeof stampOf } = {},
) {
  const t0 = epochMs(RETURNED + off);
  const back = await returned(rental, devices.returns, t0);
  const report = lane('return-1');
  report.events.push(...told);
  const accepted = report.add('return.accepted', back.accepted, t0);
  Object.assign(accepted, { stamp: stampOf(t0) });
  await hub.clock.advance(RETURNED - hub.clock.now() + 2_000);
  if (reportFirst) await commit([accepted], 'return-1');
  const terminal = await hub.db.stores.terminals.find({ terminalId: 'return-1' as TerminalId });
  if (terminal === null) throw new Error('the terminal is furnished');
  const answer = await openReturn(
    {
      ...hub,
      log: silentLog,
      trust: devices.fleet.trust,
      signer: devices.fleet.hubSigner,
      challengeKey: CHALLENGE_KEY,
    },
    terminal,
    {
      returnId: back.returnId,
      rentalId: rental.rentalId,
      copyId: rental.copyId,
      licence: rental.licence,
      t0,
      stamp: asked(epochMs(t0 + 1_000)),
      ...(t0Boot === undefined ? {} : { t0Boot }),
    },
  );
  if (!answer.ok) throw new Error(answer.error.code);
  const quote = openReturnAnswer.parse(answer.value).quote;
  const row = await hub.db.stores.quotes.find({ returnId: back.returnId });
  const destroyed = report.add('return.destroyed', { ...back.destroyed, quote }, epochMs(t0 + 30_000));
  Object.assign(destroyed, { stamp: stampOf(epochMs(t0 + 30_000)) });
  await hub.clock.advance(40_000);
  await commit(report.events, 'return-1');
  const booked = await hub.db.stores.rentals.find({ rentalId: rental.rentalId });
  expect(await hub.db.stores.deadLetters.list({}, { limit: 10 })).toEqual([]);
  return { quoted: row, booked, returnId: back.returnId };
}

const synced =
  (off: number) =>
  (deviceTime: EpochMs): Stamp => ({
    deviceTime,
    monotonic: 1,
    bootId: 'boot',
    clockOffset: -off,
    clockError: 20,
  });

describe('a return terminal whose clock is wrong', () => {
  it.each([
    ['two days ahead', 2 * DAY],
    ['two days behind', -2 * DAY],
    ['right', 0],
  ])(
    'SYN-4, CHG-1: %s: the quote is the true price, and the charge that ingest posts',
    async (_name, off) => {
      const { quoted, booked } = await giveBack(off, synced(off));
      expect(quoted?.t0).toBe(RETURNED);
      // 48 h for 400, one begun day more and a second one: by the tariff of the tests.
      expect(quoted?.total?.minor).toBe(700);
      expect(booked).toMatchObject({ status: 'closed', charge: { total: quoted?.total } });
    },
  );

  it('SYN-4: what the hub already knows of T0 stands when the quote is asked for later', async () => {
    const { quoted, booked } = await giveBack(-2 * DAY, synced(-2 * DAY), { reportFirst: true });
    expect(quoted?.t0).toBe(RETURNED);
    expect(booked?.charge?.total).toEqual(quoted?.total);
  });

  it('SYN-4: nothing tells how far the clock is off: decided for the customer, flagged, quote and charge the same', async () => {
    const unknown = (deviceTime: EpochMs): Stamp => ({
      deviceTime,
      monotonic: 1,
      bootId: 'boot',
      clockOffset: null,
      clockError: null,
    });
    const heard = epochMs(START + DAY);
    await heardAt(heard);
    const { quoted, booked, returnId } = await giveBack(2 * DAY, unknown);
    expect(quoted?.t0).toBe(heard);
    expect(quoted?.total?.minor).toBe(400);
    expect(booked?.charge?.total).toEqual(quoted?.total);
    expect(await hub.db.stores.alerts.first({ code: 'clock_uncertain' })).toMatchObject({
      subject: returnId,
      rentalId: rental.rentalId,
      terminalId: 'return-1',
    });
  });

  it('SYN-4, CHG-7: a price that was told for a guessed T0 stands, and is flagged on the rental, also where the event comes with a clock that is known by then', async () => {
    const heard = epochMs(START + DAY);
    await heardAt(heard);
    // A terminal or a hub before 1.3: the question does not say in which boot T0 was taken.
    const asked = (deviceTime: EpochMs): Stamp => ({
      ...synced(2 * DAY)(deviceTime),
      ...{ clockOffset: null, clockError: null },
    });
    const { quoted, booked } = await giveBack(2 * DAY, synced(2 * DAY), { asked });
    expect(quoted?.t0).toBe(heard);
    expect(booked?.charge?.total).toEqual(quoted?.total);
    const lines = await hub.db.stores.timeline.list({ rentalId: rental.rentalId }, { limit: 20 });
    expect(lines.filter(({ detail }) => detail.uncertain === true).length).toBeGreaterThan(0);
  });

  describe('that has heard nothing of the hub since it started', () => {
    /** Started an hour before T0. */
    const unsynced =
      (off: number) =>
      (deviceTime: EpochMs): Stamp => ({
        deviceTime,
        monotonic: HOUR + (deviceTime - off - RETURNED),
        bootId: 'boot',
        clockOffset: null,
        clockError: null,
      });
    /** `return.accepted` alone, in a batch that is sent `after` ms later and on its way for `late` ms. */
    const reported = async (
      off: number,
      boots: readonly { boot?: string; after: number; late: number }[],
    ) => {
      const t0 = epochMs(RETURNED + off);
      const back = await returned(rental, devices.returns, t0);
      const report = lane('return-1');
      report.events.push(...told);
      Object.assign(report.add('return.accepted', back.accepted, t0), { stamp: unsynced(off)(t0) });
      const group = boots.map(({ boot, after, late }) => {
        const { batch } = report.batch();
        const monotonic = HOUR + after;
        return {
          batch: { ...batch, ...(boot === undefined ? {} : { boot: { bootId: boot, monotonic } }) },
          receivedAt: epochMs(RETURNED + after + late),
        };
      });
      await hub.clock.advance(RETURNED + DAY - hub.clock.now());
      await commitGroup(hub.db, rulesFor(devices, hub), group);
      return (await hub.db.stores.returns.find({ returnId: back.returnId }))?.t0;
    };

    it.each([2 * DAY, -2 * DAY])(
      'SYN-4, PR-26: the batch dates what was noted in its boot, however wrong the clock (%d ms) and lost the heartbeats',
      async (off) => expect(await reported(off, [{ boot: 'boot', after: 3 * HOUR, late: 0 }])).toBe(RETURNED),
    );
    it('SYN-4, PR-26: of two batches of one boot the one that dates earlier counts: the other was late', async () => {
      const boots = [
        { boot: 'boot', after: HOUR, late: 5 * HOUR },
        { boot: 'boot', after: 2 * HOUR, late: 20 },
      ];
      expect(await reported(0, boots)).toBe(RETURNED + 20);
    });
    it('SYN-4, PR-26: a batch that may have been late for days is no more than a bound: the last sure moment before it counts', async () => {
      const heard = epochMs(START + DAY);
      await heardAt(heard);
      expect(await reported(0, [{ boot: 'boot', after: HOUR, late: 5 * HOUR }])).toBe(heard);
    });
    it('SYN-4, PR-26: a batch of another boot, or of a terminal of 1.2, dates nothing: decided for the customer', async () => {
      const heard = epochMs(START + DAY);
      await heardAt(heard);
      expect(
        await reported(0, [
          { boot: 'next', after: HOUR, late: 0 },
          { after: HOUR, late: 0 },
        ]),
      ).toBe(heard);
    });
    it('SYN-4, PR-26: a question dates the T0 of its own boot', async () => {
      const { quoted, booked } = await giveBack(-2 * DAY, unsynced(-2 * DAY), { t0Boot: 'boot' });
      // Asked one second after T0, on its way for one more.
      expect(quoted?.t0).toBe(RETURNED + 1_000);
      expect(booked?.charge?.total).toEqual(quoted?.total);
    });
    it('SYN-4, PR-26: a T0 of an earlier boot is not dated by the question', async () => {
      const heard = epochMs(START + DAY);
      await heardAt(heard);
      expect((await giveBack(0, unsynced(0), { t0Boot: 'before' })).quoted?.t0).toBe(heard);
    });
  });
});
