import { expect, test } from 'vitest';
import { money, points } from '#shared/kernel/money.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import {
  type PointsEntry,
  pointsBalance,
  pointsFor,
  pointsForRating,
  pointsForRental,
  pointsForReservation,
  type RewardRules,
  redeem,
  takeBackReservation,
  worthOf,
} from './rewards.ts';
import { aTariff } from './testing/builders.ts';

const rules: RewardRules = {
  forRating: points(20),
  forReservation: points(30),
  pointsPerMinorUnit: 4,
  lifetime: milliseconds(1000),
};
const now = epochMs(5000);

test('RWD-1: rating and rental earn once per rental, a reservation once per return', () => {
  expect(pointsForRating(rules, 'r', now)).toEqual({
    key: 'rating:r',
    reason: 'rating',
    points: 20,
    expiresAt: 6000,
  });
  expect(pointsForRating(rules, 'r', epochMs(9000)).key).toBe('rating:r');
  expect(pointsForRental(rules, aTariff({ pointsPerRental: 12 }), 'r', now)).toMatchObject({
    key: 'rental:r',
    points: 12,
  });
  expect(pointsForReservation(rules, 't', now)).toMatchObject({ key: 'reservation:t', points: 30 });
});

test('RWD-1: a reservation cancelled unused gives back exactly what it earned, once', () => {
  const granted = pointsForReservation(rules, 't', now);
  expect(takeBackReservation(granted)).toMatchObject({ key: 'reservation:t:taken_back', points: -30 });
  expect(takeBackReservation({ ...granted, points: points(7) }).points).toBe(-7);
});

test('RWD-1: points are redeemed at the published rate, whole minor units only', () => {
  expect(worthOf(rules, points(403), 'EUR')).toEqual(money(100, 'EUR'));
  expect(worthOf(rules, points(-5), 'EUR')).toEqual(money(0, 'EUR'));
  expect(pointsFor(rules, money(100, 'EUR'))).toBe(400);
  expect(redeem(rules, points(400), money(100, 'EUR'))).toEqual({ ok: true, value: 400 });
  expect(redeem(rules, points(399), money(100, 'EUR'))).toMatchObject({
    error: { code: 'points_not_enough' },
  });
  expect(redeem(rules, points(399), money(0, 'EUR'))).toMatchObject({
    error: { code: 'points_amount_invalid' },
  });
});

const entry = (
  kind: PointsEntry['kind'],
  value: number,
  at: number,
  expiresAt: number | null = null,
): PointsEntry => ({
  kind,
  points: points(value),
  at: epochMs(at),
  expiresAt: expiresAt === null ? null : epochMs(expiresAt),
});

test.each<[string, PointsEntry[], number, number, number]>([
  ['nothing', [], 50, 0, 0],
  ['unexpired', [entry('earned', 10, 1, 100)], 99, 10, 0],
  ['gone from that moment on', [entry('earned', 10, 1, 100)], 100, 0, 10],
  [
    'spending uses what expires first',
    [entry('earned', 10, 1), entry('earned', 10, 2, 100), entry('spent', -8, 3)],
    100,
    10,
    2,
  ],
  [
    'what expired before cannot be spent',
    [entry('earned', 10, 1, 5), entry('earned', 10, 2), entry('spent', -8, 6)],
    50,
    2,
    10,
  ],
  ['written off once', [entry('earned', 10, 1, 5), entry('write_off', -10, 6)], 50, 0, 0],
  ['taken back beyond the balance', [entry('earned', 5, 1), entry('spent', -8, 2)], 50, -3, 0],
  [
    'and settled from what comes next',
    [entry('earned', 5, 1), entry('spent', -8, 2), entry('earned', 10, 3, 9)],
    8,
    7,
    0,
  ],
])('RWD-1: balance and expiry: %s', (_name, entries, at, balance, expired) => {
  expect(pointsBalance(entries, epochMs(at))).toEqual({ balance, expired });
});
