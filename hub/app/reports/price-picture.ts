import { chargeAt } from '#hub/app/members/session-view.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import { chargeCurve } from '#shared/domain/charge.ts';
import { days24, type EpochMs, epochMs } from '#shared/kernel/time.ts';

const DAY_MS = days24(1) * 1000;
/** Days that are shown beyond the one that matters, so that one sees what comes. */
const AHEAD = 3;
/** The keep price is shown where it is not further off than this. */
const KEEP_AHEAD = 21;
const MOST_DAYS = 366;

/**
 * What a rental costs by the day of its return, on its own frozen terms (CHG-3, CHG-4), from its first day to a few days after the later of now (or its
 * end) and due; and where it stands: `at` with what it costs then. Null where it never began, or its terms have no price any more.
 */
export function pricePictureOf(rental: RentalRow, now: EpochMs) {
  const { startedAt, charge, keepAt, dueAt } = rental;
  if (startedAt === null || rental.status === 'void') return null;
  const at = epochMs(Math.max(startedAt, charge?.stop ?? now));
  const reached = Math.max(at, dueAt ?? at) + AHEAD * DAY_MS;
  const until = keepAt !== null && keepAt - at < KEEP_AHEAD * DAY_MS ? Math.max(keepAt, reached) : reached;
  const curve = chargeCurve({
    terms: { tariff: rental.tariff, site: rental.calendar },
    start: startedAt,
    from: startedAt,
    days: Math.min(MOST_DAYS, Math.ceil((until - startedAt) / DAY_MS) + 1),
    discounts: rental.discounts,
    coupons: rental.coupons,
  });
  if (!curve.ok) return null;
  // Once it is the customer's, nothing comes after.
  const kept = curve.value.findIndex((point) => point.kept && point.until >= at);
  return {
    points: kept === -1 ? [...curve.value] : curve.value.slice(0, kept + 1),
    at,
    total: chargeAt(rental, now),
    ended: charge !== null,
  };
}
