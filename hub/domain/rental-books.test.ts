import { describe, expect, it } from 'vitest';
import { computeCharge } from '#shared/domain/charge.ts';
import { aCharge } from '#shared/domain/testing/builders.ts';
import type { MemberId, ReturnId, SiteId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { PaymentPart } from '#shared/protocol/events.ts';
import { chargeEntries, paymentEntries, settlementEntries, settlementTarget } from './rental-books.ts';

const books = { memberId: 'm' as MemberId, siteId: 's' as SiteId };
const HOUR = 3_600_000;
const chargeOf = (hours: number) => {
  const charge = computeCharge(aCharge({ start: epochMs(0), stop: epochMs(hours * HOUR) }));
  if (!charge.ok) throw new Error(charge.error.code);
  return charge.value;
};
const part = (
  key: string,
  minor: number,
  means: PaymentPart['means'] = 'card_reader',
  points: number | null = null,
): PaymentPart => ({
  key,
  means,
  amount: { minor, currency: 'EUR' },
  points,
  authorisationId: 'a',
  maskedCard: null,
});
const taken = (t0: number, ...parts: PaymentPart[]) =>
  parts.map((each) => ({ returnId: `r${t0}` as ReturnId, t0: epochMs(t0), part: each }));
const sums = (entries: readonly { account: { accountId: string }; amount: number }[]) =>
  Object.fromEntries(entries.map((entry) => [entry.account.accountId, entry.amount]));
const settle = { memberId: books.memberId, currency: 'EUR' as const, agreement: null, pointsEarned: 0 };

describe('charges', () => {
  it('LED-1, CHG-5: a charge is owed by the member and shared by revenue and tax', () => {
    expect(sums(chargeEntries(books, null, chargeOf(1)))).toEqual({
      'member_receivable:m:EUR': 400,
      'site_revenue:s:EUR': -336,
      'site_tax:s:EUR': -64,
    });
  });
  it('LED-1: a correction posts the difference only, a cancellation takes all back, no change posts nothing', () => {
    expect(sums(chargeEntries(books, chargeOf(1), chargeOf(60)))['member_receivable:m:EUR']).toBe(150);
    expect(sums(chargeEntries(books, chargeOf(1), null))['member_receivable:m:EUR']).toBe(-400);
    expect(chargeEntries(books, chargeOf(1), chargeOf(2))).toEqual([]);
  });
});

describe('payments', () => {
  it('LED-2: points pay in money and in points, each unit balanced in itself', () => {
    expect(sums(paymentEntries(books.memberId, part('k', 100, 'points', 250)))).toEqual({
      'points_cost:EUR': 100,
      'member_receivable:m:EUR': -100,
      'member_points:m:PTS': 250,
      'points_issued:PTS': -250,
    });
  });
});

describe('settlement', () => {
  it('RET-2: what was paid too much goes back to the means paid with last', () => {
    const all = [
      ...taken(10, part('a', 300), part('b', 100, 'prepaid')),
      ...taken(20, part('c', 200, 'prepaid')),
    ];
    const target = settlementTarget({ ...settle, charge: chargeOf(1), taken: all });
    expect(sums(target.refund)).toEqual({ 'member_prepaid:m:EUR': -200, 'member_receivable:m:EUR': 200 });
    const none = settlementTarget({ ...settle, charge: null, taken: all });
    expect(sums(none.refund)).toEqual({
      'member_prepaid:m:EUR': -300,
      'card_clearing:EUR': -300,
      'member_receivable:m:EUR': 600,
    });
  });
  it('LED-2: points that paid too much come back as points', () => {
    const target = settlementTarget({
      ...settle,
      charge: chargeOf(1),
      taken: taken(1, part('a', 500, 'points', 1000)),
    });
    expect(sums(target.refund)['member_points:m:PTS']).toBe(-200);
  });
  it.each([
    ['CHG-7: paid receipt: the house bears the difference', true, 150],
    ['CHG-7: nothing paid yet: the member owes it', false, 0],
  ])('%s', (_title, paid, goodwill) => {
    const agreement = { agreed: { minor: 400, currency: 'EUR' as const }, paid };
    const target = settlementTarget({
      ...settle,
      charge: chargeOf(60),
      taken: taken(1, part('a', 400)),
      agreement,
    });
    expect(sums(target.goodwill)['goodwill:EUR'] ?? 0).toBe(goodwill);
    expect(target.refund).toEqual([]);
  });
  it('LED-1: only the difference to what was settled before is posted', () => {
    const target = settlementTarget({
      ...settle,
      charge: chargeOf(1),
      taken: [],
      pointsEarned: 10,
    }).points_for_rental;
    const first = settlementEntries({}, target);
    expect(first.entries).toHaveLength(2);
    expect(settlementEntries(first.sums, target).entries).toEqual([]);
    expect(sums(settlementEntries(first.sums, []).entries)).toEqual({
      'member_points:m:PTS': 10,
      'points_issued:PTS': -10,
    });
  });
});
