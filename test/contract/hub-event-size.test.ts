import { afterEach, beforeEach, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import type { ReturnId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { encode } from '#shared/protocol/decode.ts';
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
