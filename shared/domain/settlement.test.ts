import { expect, test } from 'vitest';
import { money } from '#shared/kernel/money.ts';
import { computeCharge } from './charge.ts';
import { adjustment, settleDifference } from './settlement.ts';
import { aCharge, at, theTerms } from './testing/builders.ts';

const eur = (minor: number) => money(minor, 'EUR');

test('CHG-4: a closure entered afterwards is applied by adjustment, tax included', () => {
  const input = aCharge({ start: at('2026-11-20T18:00:00+01:00'), stop: at('2026-11-24T12:00:00+01:00') });
  const before = computeCharge(input);
  const after = computeCharge({
    ...input,
    terms: theTerms({}, { closures: [{ from: '2026-11-23', to: '2026-11-23' }] }),
  });
  if (!before.ok || !after.ok) throw new Error('both can be computed');
  expect([before.value.total.minor, after.value.total.minor]).toEqual([700, 550]);
  expect(adjustment(before.value, after.value)).toEqual({
    kind: 'adjust',
    reason: 'closure_entered',
    difference: eur(-150),
    taxDifference: eur(after.value.tax.minor - before.value.tax.minor),
  });
  expect(adjustment(before.value, before.value)).toEqual({ kind: 'none' });
});

test.each([
  [700, 700, true, { kind: 'equal' }],
  [700, 550, true, { kind: 'refund', reason: 'hub_figure_lower', amount: eur(150) }],
  [700, 550, false, { kind: 'refund', reason: 'hub_figure_lower', amount: eur(150) }],
  [550, 700, true, { kind: 'goodwill', reason: 'hub_figure_higher_but_paid', amount: eur(150) }],
  [550, 700, false, { kind: 'amount_due', reason: 'hub_figure_higher_unpaid', amount: eur(150) }],
])('CHG-7: provisional %i, hub %i, paid receipt %s', (provisional, hub, paid, settlement) => {
  expect(settleDifference(eur(provisional), eur(hub), paid)).toEqual(settlement);
});
