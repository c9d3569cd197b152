import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { money, points } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { type Allotment, mayRentOffline, type OfflineRental } from './allotment.ts';
import { type PaymentMeans, planPayment } from './payment-plan.ts';

const eur = (minor: number) => money(minor, 'EUR');

describe('LED-2: what pays a charge', () => {
  const all = {
    charge: eur(1000),
    order: ['points', 'prepaid', 'held_card', 'card_reader'] as PaymentMeans[],
    points: { balance: points(403), pointsPerMinorUnit: 4 },
    prepaid: eur(250),
    heldCard: eur(300),
    cardReader: true,
  };
  const parts = (input: typeof all | Parameters<typeof planPayment>[0]) =>
    planPayment(input).parts.map((part) => [part.means, part.amount.minor, part.points]);

  test('LED-2: in the preferred order, each as far as it reaches', () => {
    expect(parts(all)).toEqual([
      ['points', 100, 400],
      ['prepaid', 250, null],
      ['held_card', 300, null],
      ['card_reader', 350, null],
    ]);
    expect(parts({ ...all, order: ['card_reader', 'points'] })).toEqual([['card_reader', 1000, null]]);
  });
  test('LED-2: what cannot be paid becomes an amount due; the return goes on', () => {
    const plan = planPayment({ ...all, cardReader: false });
    expect(plan.due).toEqual(eur(350));
    expect(planPayment({ ...all, points: null, prepaid: null, heldCard: null, cardReader: false })).toEqual({
      parts: [],
      due: eur(1000),
    });
    expect(planPayment({ ...all, prepaid: money(250, 'JPY'), order: ['prepaid'] }).due).toEqual(eur(1000));
  });
  test('LED-2: parts and due add up to the charge, none is empty, points are whole', () => {
    const means = fc.shuffledSubarray<PaymentMeans>(['points', 'prepaid', 'held_card', 'card_reader']);
    fc.assert(
      fc.property(
        means,
        fc.nat(5000),
        fc.nat(9000),
        fc.integer({ min: -500, max: 3000 }),
        fc.nat(9),
        fc.boolean(),
        (order, charge, balance, prepaid, rate, cardReader) => {
          const plan = planPayment({
            charge: eur(charge),
            order,
            points: { balance: points(balance), pointsPerMinorUnit: rate + 1 },
            prepaid: eur(prepaid),
            heldCard: null,
            cardReader,
          });
          const sum = plan.parts.reduce((total, part) => total + part.amount.minor, 0);
          expect(sum + plan.due.minor).toBe(charge);
          for (const part of plan.parts) {
            expect(part.amount.minor).toBeGreaterThan(0);
            if (part.points !== null) expect(part.points).toBeLessThanOrEqual(balance);
          }
        },
      ),
      { seed: 5, numRuns: 3000 },
    );
  });
});

describe('SYN-1: renting without the hub', () => {
  const HOUR = 3_600_000;
  const allotment: Allotment = {
    issuedAt: epochMs(1000),
    units: new Map([
      ['limited', 1],
      ['unlimited', null],
    ]),
    perMember: { rentals: 2, money: eur(1000) },
    inAll: { rentals: 3, money: eur(1800) },
  };
  const made = (memberToken: string, titleId: string, minor: number, open = false): OfflineRental => ({
    memberToken,
    titleId,
    money: eur(minor),
    open,
  });
  const wanted = { memberToken: 'me', titleId: 'unlimited', money: eur(400) };
  test.each<[string, string | null, Allotment | null, OfflineRental[], Partial<typeof wanted>, number]>([
    ['within all limits', null, allotment, [made('me', 'unlimited', 400)], {}, 2000],
    [
      'exactly at the money limits',
      null,
      allotment,
      [made('me', 'unlimited', 600), made('you', 'limited', 800)],
      {},
      2000,
    ],
    ['no allotment', 'allotment_missing', null, [], {}, 2000],
    ['last moment of 72 hours', null, allotment, [], {}, 1000 + 72 * HOUR - 1],
    ['72 hours over', 'allotment_expired', allotment, [], {}, 1000 + 72 * HOUR],
    ['a clock before its issue', 'allotment_expired', allotment, [], {}, 999],
    ['a title not named', 'allotment_title', allotment, [], { titleId: 'other' }, 2000],
    [
      'units in escrow used up',
      'allotment_units',
      allotment,
      [made('you', 'limited', 1)],
      { titleId: 'limited' },
      2000,
    ],
    [
      'one open offline rental per member',
      'allotment_member_open',
      allotment,
      [made('me', 'unlimited', 1, true)],
      {},
      2000,
    ],
    [
      'number per member',
      'allotment_member_rentals',
      allotment,
      [made('me', 'unlimited', 1), made('me', 'unlimited', 1)],
      {},
      2000,
    ],
    ['money per member', 'allotment_member_money', allotment, [made('me', 'unlimited', 601)], {}, 2000],
    [
      'number in all',
      'allotment_rentals',
      allotment,
      ['a', 'b', 'c'].map((who) => made(who, 'unlimited', 1)),
      {},
      2000,
    ],
    ['money in all', 'allotment_money', allotment, [made('a', 'unlimited', 1401)], {}, 2000],
    ['another currency', 'allotment_currency', allotment, [], { money: money(1, 'JPY') }, 2000],
  ])('SYN-1: %s → %s', (_name, code, given, before, change, now) => {
    const result = mayRentOffline(given, before, { ...wanted, ...change }, epochMs(now));
    expect(result.ok ? null : result.error.code).toBe(code);
  });
});
