import { expect, it } from 'vitest';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import { computeCharge } from '#shared/domain/charge.ts';
import { aCharge, at } from '#shared/domain/testing/builders.ts';
import { pricePictureOf } from './price-picture.ts';

// The worked example of CHG-3: 48 h for 4.00, then 1.50 a day, from Friday 18:00.
const START = at('2026-11-20T18:00:00+01:00');
const { terms } = aCharge({ start: START, stop: START });
const DUE = at('2026-11-22T18:00:00+01:00');
const rental = (change: Partial<RentalRow> = {}): RentalRow =>
  ({
    ...{ status: 'active', startedAt: START, dueAt: DUE, keepAt: null, charge: null },
    ...{ tariff: terms.tariff, calendar: terms.site, discounts: [], coupons: [] },
    ...change,
  }) as unknown as RentalRow;

it('CHG-3, SCR-4: the price picture goes from the first day beyond the due one and says where the rental stands', () => {
  const now = at('2026-11-21T10:00:00+01:00');
  const picture = pricePictureOf(rental(), now);
  expect(picture).toMatchObject({ at: now, total: { minor: 400 }, ended: false });
  expect(picture?.points.slice(0, 4).map(({ date, total }) => [date, total.minor])).toEqual([
    ['2026-11-20', 400],
    ['2026-11-21', 400],
    ['2026-11-22', 550],
    ['2026-11-23', 700],
  ]);
  expect(picture?.points.at(-1)?.until).toBeGreaterThanOrEqual(DUE + 3 * 86_400_000);
});

it('CHG-3, SCR-4: a rental that ended stays where it ended, however late one looks', () => {
  const stop = at('2026-11-23T12:00:00+01:00');
  const charge = computeCharge(aCharge({ start: START, stop }));
  if (!charge.ok) throw new Error(charge.error.code);
  const picture = pricePictureOf(
    rental({ status: 'closed', charge: charge.value }),
    at('2027-06-01T00:00:00+01:00'),
  );
  expect(picture).toMatchObject({ at: stop, total: { minor: 550 }, ended: true });
  expect(picture?.points.length).toBeLessThan(10);
});

it('CHG-3, SCR-4: a rental that never began has no price picture', () => {
  expect(pricePictureOf(rental({ startedAt: null }), START)).toBeNull();
  expect(pricePictureOf(rental({ status: 'void' }), START)).toBeNull();
});
