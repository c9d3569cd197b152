import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import {
  advance,
  cancel,
  collect,
  estimateWait,
  freeFor,
  pause,
  positionOf,
  type Queue,
  type QueueStep,
  reserve,
  type TitleUnits,
} from './reservation.ts';

const units = (free: number | null, releaseAt: number | null = null): TitleUnits => ({
  free,
  releaseAt: releaseAt === null ? null : epochMs(releaseAt),
  pickUpTime: milliseconds(100),
});
const value = <T>(result: { ok: true; value: T } | { ok: false; error: { code: string } }): T => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};
const queueOf = (...names: string[]): Queue =>
  names.reduce<Queue>(
    (queue, name, index) =>
      value(reserve(queue, units(0), { reservationId: name, memberId: `m-${name}` }, epochMs(index))).queue,
    [],
  );
const shape = (step: QueueStep) => step.queue.map((entry) => `${entry.reservationId} ${entry.state}`);

describe('RSV-1: the queue', () => {
  test('RSV-1: first come first served with dense positions', () => {
    const queue = queueOf('a', 'b', 'c');
    expect(['a', 'b', 'c', 'x'].map((name) => positionOf(queue, name))).toEqual([1, 2, 3, null]);
    const after = value(cancel(queue, units(0), 'a', epochMs(10))).queue;
    expect(['b', 'c'].map((name) => positionOf(after, name))).toEqual([1, 2]);
  });
  test('RSV-1: the pick-up time starts when first in line and a unit is free', () => {
    const queue = queueOf('a', 'b');
    expect(shape(advance(queue, units(0), epochMs(50)))).toEqual(['a waiting', 'b waiting']);
    const step = advance(queue, units(1), epochMs(50));
    expect(shape(step)).toEqual(['a ready', 'b waiting']);
    expect(step.queue[0]?.pickUpUntil).toBe(150);
    expect(step.events).toEqual([{ kind: 'ready', reservationId: 'a', memberId: 'm-a' }]);
    expect(advance(step.queue, units(1), epochMs(149)).events).toEqual([]);
  });
  test('RSV-1: expiry passes the unit on, with a pick-up time of its own', () => {
    const ready = advance(queueOf('a', 'b'), units(1), epochMs(50)).queue;
    const step = advance(ready, units(1), epochMs(150));
    expect(shape(step)).toEqual(['b ready']);
    expect(step.queue[0]?.pickUpUntil).toBe(250);
    expect(step.events.map((event) => event.kind)).toEqual(['expired', 'ready']);
  });
  test('RSV-1: pausing keeps the place and lets the next one go first', () => {
    const paused = value(pause(queueOf('a', 'b', 'c'), units(0), 'a', true, epochMs(5))).queue;
    const step = advance(paused, units(1), epochMs(50));
    expect(shape(step)).toEqual(['a paused', 'b ready', 'c waiting']);
    const resumed = value(pause(step.queue, units(1), 'a', false, epochMs(60)));
    expect(shape(resumed)).toEqual(['a waiting', 'b ready', 'c waiting']);
    expect(positionOf(resumed.queue, 'a')).toBe(1);
    const gone = value(collect(resumed.queue, units(1), 'b', epochMs(70)));
    expect(shape(gone)).toEqual(['a ready', 'c waiting']);
  });
  test('RSV-1: fewer units than were held ready: the last one waits again', () => {
    const ready = advance(queueOf('a', 'b'), units(2), epochMs(50)).queue;
    const step = advance(ready, units(1), epochMs(60));
    expect(shape(step)).toEqual(['a ready', 'b waiting']);
    expect(step.events).toEqual([{ kind: 'back_to_waiting', reservationId: 'b', memberId: 'm-b' }]);
  });
  test('RSV-1: unlimited titles queue only before their release day', () => {
    const wanted = { reservationId: 'a', memberId: 'm' };
    expect(reserve([], units(null), wanted, epochMs(1))).toMatchObject({
      error: { code: 'reservation_not_needed' },
    });
    const queue = value(reserve([], units(null, 100), wanted, epochMs(1))).queue;
    expect(shape(advance(queue, units(null, 100), epochMs(99)))).toEqual(['a waiting']);
    expect(shape(advance(queue, units(null, 100), epochMs(100)))).toEqual(['a ready']);
  });
  test('RSV-1: typed refusals', () => {
    const queue = queueOf('a');
    const again = reserve(queue, units(0), { reservationId: 'z', memberId: 'm-a' }, epochMs(9));
    expect(again).toMatchObject({ error: { code: 'reservation_exists', details: { reservationId: 'a' } } });
    expect(collect(queue, units(0), 'a', epochMs(9))).toMatchObject({
      error: { code: 'reservation_not_ready' },
    });
    expect(cancel(queue, units(0), 'x', epochMs(9))).toMatchObject({
      error: { code: 'reservation_unknown' },
    });
    expect(pause(queue, units(0), 'x', true, epochMs(9))).toMatchObject({
      error: { code: 'reservation_unknown' },
    });
  });
  test('RSV-1: who may rent what is free', () => {
    const { queue } = advance(queueOf('a', 'b'), units(1), epochMs(50));
    expect(freeFor(queue, units(1), 'm-a')).toBe(1);
    expect(freeFor(queue, units(1), 'm-b')).toBe(0);
    expect(freeFor(queue, units(1), 'stranger')).toBe(0);
    expect(freeFor([], units(2), 'stranger')).toBe(2);
    expect(freeFor([], units(null), 'stranger')).toBeNull();
  });
  test('RSV-1: never more ready than units, never out of turn, no matter what happens', () => {
    const step = fc.record({
      what: fc.constantFrom('reserve', 'cancel', 'pause', 'resume', 'units', 'time'),
      n: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let queue: Queue = [];
        let free = 1;
        let now = 0;
        for (const { what, n } of steps) {
          now += what === 'time' ? n * 40 : 1;
          if (what === 'units') free = n - 1;
          const id = `r${n}`;
          const at = epochMs(now);
          const result =
            what === 'reserve'
              ? reserve(queue, units(free), { reservationId: id, memberId: id }, at)
              : what === 'cancel'
                ? cancel(queue, units(free), id, at)
                : pause(queue, units(free), id, what === 'pause', at);
          queue =
            what !== 'units' && what !== 'time' && result.ok
              ? result.value.queue
              : advance(queue, units(free), at).queue;
          const ready = queue.filter((entry) => entry.state === 'ready').length;
          const waiting = queue.some((entry) => entry.state === 'waiting');
          expect(ready).toBeLessThanOrEqual(Math.max(0, free));
          if (waiting) expect(ready).toBe(Math.max(0, free));
          expect(new Set(queue.map((entry) => entry.reservationId)).size).toBe(queue.length);
        }
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

describe('RSV-1: an honest wait', () => {
  const input = {
    position: 1,
    pausedBefore: 0,
    dueTimes: [epochMs(500), epochMs(300)],
    free: 0,
    typicalRental: milliseconds(1000),
    pickUpTime: milliseconds(100),
    releaseAt: null,
  };
  const now = epochMs(10);
  test.each([
    ['a unit is free', { free: 1 }, { kind: 'none' }],
    ['first: the first one due', {}, { kind: 'estimate', earliest: 300, latest: 300 }],
    ['second: the next one due', { position: 2 }, { kind: 'estimate', earliest: 500, latest: 500 }],
    [
      'third: after a usual rental, with or without the pick-up time',
      { position: 3 },
      { kind: 'estimate', earliest: 1300, latest: 1400 },
    ],
    [
      'paused ones before do not count',
      { position: 2, pausedBefore: 1 },
      { kind: 'estimate', earliest: 300, latest: 300 },
    ],
    [
      'before release',
      { free: 1, releaseAt: epochMs(900) },
      { kind: 'estimate', earliest: 900, latest: 900 },
    ],
    [
      'an overdue rental lasts its usual time again',
      { dueTimes: [epochMs(5)] },
      { kind: 'estimate', earliest: 1010, latest: 1010 },
    ],
    ['overdue and nothing known', { dueTimes: [epochMs(5)], typicalRental: null }, { kind: 'unknown' }],
    ['no unit left at all', { dueTimes: [] }, { kind: 'unknown' }],
  ])('RSV-1: wait, %s', (_name, change, expected) => {
    expect(estimateWait({ ...input, ...change }, now)).toEqual(expected);
  });
});
