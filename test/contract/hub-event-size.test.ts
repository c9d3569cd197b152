import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { IngestRules } from '#hub/app/ingest/apply-one.ts';
import { commitGroup, type ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import type { ReturnId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { encode } from '#shared/protocol/decode.ts';
import type { EnvelopeEvent } from '#shared/protocol/envelope.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { type HubStage, openStage } from './hub-stage.ts';
import { HOUR, id, lane, returned, START, TITLE } from './hub-world.ts';

let stage: HubStage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** Fields that the hub does not know are left alone (PR-2): sound but for its size. */
const padded = <Data extends object>(data: Data, bytes: number, letter = 'x'): Data => {
  const empty = { ...data, later: '' };
  return { ...empty, later: letter.repeat((bytes - encode(empty).length) / Buffer.byteLength(letter)) };
};

it.each(['x', 'ü'])(
  'PR-3, PR-8, SYN-3: an event larger than eventBytes, counted in bytes of its letters (%s), is kept for staff with its cause, what follows of its rental waits, others go on',
  async (letter) => {
    const [rental, other] = [await stage.out(), await stage.out()];
    const t0 = epochMs(START + HOUR);
    const { rentalId } = rental;
    const back = await returned(rental, stage.devices.returns, t0, { returnId: id<ReturnId>() });
    const otherBack = await returned(other, stage.devices.returns, t0, { returnId: id<ReturnId>() });
    const desk = lane('return-1');
    desk.add('return.accepted', back.accepted, t0);
    const rating = { rentalId, titleId: TITLE, stars: 5 as const, at: t0 };
    desk.add('rating.given', padded(rating, LIMITS.eventBytes + 3, letter), t0);
    desk.add('return.destroyed', back.destroyed, t0);
    // As large as may be: applied.
    desk.add('return.accepted', padded(otherBack.accepted, LIMITS.eventBytes, letter), t0);
    const { db } = stage.hub;
    const [standing] = await commitGroup(db, stage.rules, [desk.batch()]);
    expect(standing?.contiguous).toBe(3);
    const letters = await db.stores.deadLetters.list({}, { limit: 9, orderBy: ['sequence'] });
    expect(letters.map(({ state, cause, sequence }) => [sequence, state, cause])).toEqual([
      [1, 'dead', 'event_too_large'],
      [2, 'parked', 'waits_behind'],
    ]);
    expect(await db.stores.alerts.count({ code: 'dead_letter' })).toBe(1);
    expect(await db.stores.rentals.find({ rentalId: other.rentalId })).toMatchObject({ status: 'returning' });
  },
);

/** Commits, and answers how many events were written out as text by whoever read them. */
async function measuredIn(received: ReceivedBatch): Promise<number> {
  const stringify = vi.spyOn(JSON, 'stringify');
  const measured = new Set<unknown>();
  const read: IngestRules['read'] = async (event, ...rest) => {
    const told = await stage.rules.read(event, ...rest);
    if (stringify.mock.calls.some(([value]) => value === event.data)) measured.add(event);
    return told;
  };
  try {
    await commitGroup(stage.hub.db, { ...stage.rules, read }, [received]);
    return measured.size;
  } finally {
    stringify.mockRestore();
  }
}

it('PR-3: no event is written out to be measured that came in a packet no larger than an event may be; in a larger one, or in one that nobody knows, each is', async () => {
  const t0 = epochMs(START + HOUR);
  const desk = lane('return-1');
  const some = async () => {
    const events: EnvelopeEvent[] = [];
    for (let n = 0; n < 2; n += 1) {
      const back = await returned(await stage.out(), stage.devices.returns, t0, { returnId: id<ReturnId>() });
      events.push(desk.add('return.accepted', back.accepted, t0));
    }
    return events;
  };
  const { db } = stage.hub;
  const own = desk.batch(await some());
  expect(own.packetBytes).toBeLessThan(LIMITS.eventBytes);
  expect(await measuredIn(own)).toBe(0);
  expect(await measuredIn({ ...desk.batch(await some()), packetBytes: LIMITS.eventBytes + 1 })).toBe(2);
  const { packetBytes: _, ...unknown } = desk.batch(await some());
  expect(await measuredIn(unknown)).toBe(2);
  expect(await db.stores.returns.count({})).toBe(6);
  expect(await db.stores.deadLetters.count({})).toBe(0);
});

it('PR-3: numbers that become longer when they are written again are counted as they are written, however small their packet was', async () => {
  const t0 = epochMs(START + HOUR);
  const returnId = id<ReturnId>();
  const { accepted } = await returned(await stage.out(), stage.devices.returns, t0, { returnId });
  const desk = lane('return-1');
  const event = (numbers: number) =>
    desk.add('return.accepted', Object.assign({ ...accepted }, { later: [Array(numbers).fill(1e20)] }), t0);
  const packet = encode(accepted).length + 3000 * '1e20,'.length + 1000;
  expect(packet).toBeLessThan(LIMITS.eventBytes);
  const tooLarge = { error: { code: 'event_too_large' } };
  expect(await stage.rules.read(event(3000), null, packet)).toMatchObject(tooLarge);
  expect(await stage.rules.read(event(300), null, packet)).toMatchObject({ ok: true });
});
