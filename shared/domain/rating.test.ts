import { expect, test } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { dampedMean, type GivenRating, rate, retally } from './rating.ts';

test('RAT-1: the public figure is damped, so one vote cannot top the list', () => {
  expect(dampedMean({ count: 0, sum: 0 })).toBeNull();
  const oneFive = dampedMean({ count: 1, sum: 5 }) ?? 0;
  const manyGood = dampedMean({ count: 200, sum: 900 }) ?? 0;
  expect(oneFive).toBe(355); // (10 × 3.40 + 5) / 11 = 3.5454…
  expect(manyGood).toBeGreaterThan(oneFive);
  expect(dampedMean({ count: 1, sum: 1 })).toBe(318);
});

test('RAT-1: a changed rating moves the tally by the difference', () => {
  expect(retally({ count: 3, sum: 10 }, null, 4)).toEqual({ count: 4, sum: 14 });
  expect(retally({ count: 3, sum: 10 }, 2, 5)).toEqual({ count: 3, sum: 13 });
});

const given = (rentalId: string, at: number): GivenRating => ({
  rentalId,
  titleId: 't',
  stars: 3,
  at: epochMs(at),
});
const wanted = (rentalId: string, stars: number) => ({ rentalId, titleId: 't', stars, at: epochMs(99) });

test.each([0, 6, 2.5, Number.NaN])('RAT-1: %s stars are refused', (stars) => {
  expect(rate({ rating: wanted('a', stars), rentalStatus: 'closed', earlier: [] })).toMatchObject({
    error: { code: 'rating_out_of_range' },
  });
});
test.each([null, 'pending', 'held', 'void'] as const)(
  'RAT-1: a rental that is %s did not really take place',
  (rentalStatus) => {
    expect(rate({ rating: wanted('a', 5), rentalStatus, earlier: [] })).toMatchObject({
      error: { code: 'rating_rental_not_real' },
    });
  },
);
test('RAT-1: a rating can be changed until the next one', () => {
  const first = given('a', 1);
  expect(rate({ rating: wanted('a', 5), rentalStatus: 'closed', earlier: [] })).toMatchObject({
    value: { changes: null },
  });
  expect(rate({ rating: wanted('a', 5), rentalStatus: 'closed', earlier: [first] })).toMatchObject({
    value: { rating: { stars: 5 }, changes: first },
  });
  expect(
    rate({ rating: wanted('a', 5), rentalStatus: 'closed', earlier: [first, given('b', 2)] }),
  ).toMatchObject({
    error: { code: 'rating_final' },
  });
  expect(rate({ rating: wanted('b', 5), rentalStatus: 'closed', earlier: [first, given('b', 2)] }).ok).toBe(
    true,
  );
});
