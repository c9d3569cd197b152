import type { RentalRow } from '#hub/ports/rows/index.ts';
import { type Charge, computeCharge } from '#shared/domain/charge.ts';
import type { Money } from '#shared/kernel/money.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';

const HOUR_MS = 3_600_000;
/** Beyond this nobody waits at a terminal for a price to change. */
const HORIZON_MS = 400 * 24 * HOUR_MS;

/**
 * When the price would next be another one if the medium stayed out, and which; null: never (kept). The charge only ever grows with the
 * stop, so the first second of another total is found by doubling and halving.
 */
export function nextStep(
  rental: Pick<RentalRow, 'tariff' | 'calendar' | 'discounts' | 'coupons'>,
  charge: Charge,
): { readonly at: EpochMs; readonly total: Money } | null {
  const at = (stop: number): Charge | null => {
    const computed = computeCharge({
      terms: { tariff: rental.tariff, site: rental.calendar },
      start: charge.start,
      stop: epochMs(stop),
      ending: 'returned',
      discounts: rental.discounts,
      coupons: rental.coupons,
    });
    return computed.ok ? computed.value : null;
  };
  const differs = (stop: number): boolean => at(stop)?.total.minor !== charge.total.minor;
  const from = Math.floor(charge.stop / 1000);
  let reach = 3600;
  while (!differs((from + reach) * 1000)) {
    reach *= 2;
    if (reach * 1000 > HORIZON_MS) return null;
  }
  let same = from;
  let other = from + reach;
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (differs(middle * 1000)) other = middle;
    else same = middle;
  }
  const next = at(other * 1000);
  return next === null ? null : { at: epochMs(other * 1000), total: next.total };
}
