import { assert } from '#shared/kernel/assert.ts';
import { type Money, money, multiplyDivide } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import {
  type EpochMs,
  type EpochSeconds,
  epochMs,
  epochSeconds,
  type Seconds,
  seconds,
  toEpochMs,
  toEpochSeconds,
} from '#shared/kernel/time.ts';
import { addDays, localDateOf, startOfDate } from './calendar.ts';
import { type Due, dueOf, keepOf, type LateTime, lateTime, nextUnitAfter, unitRuns } from './late.ts';
import type { LocalDate, SiteCalendar } from './site.ts';
import type { Tariff } from './tariff.ts';

/** What a rental was agreed under: both are frozen into rental and licence; closures may be added to the site afterwards (CHG-4). */
export interface RentalTerms {
  readonly tariff: Tariff;
  readonly site: SiteCalendar;
}

/** Per cent off, in hundredths of a per cent; applied one after the other, in the order given. */
export interface Discount {
  readonly discountId: string;
  readonly label: string;
  readonly basisPoints: number;
}

/** A fixed amount off, after the discounts; never takes the price below 0. */
export interface Coupon {
  readonly couponId: string;
  readonly label: string;
  readonly amount: Money;
}

export interface ChargeInput {
  readonly terms: RentalTerms;
  /** The verified write (RNT-1). Milliseconds are cut to whole seconds, here and in `stop` (CHG-2). */
  readonly start: EpochMs;
  /** T0 of the return that counts, or the moment a loss was reported. */
  readonly stop: EpochMs;
  /** `lost` adds the tariff's fee (RNT-7). */
  readonly ending: 'returned' | 'lost';
  readonly discounts: readonly Discount[];
  readonly coupons: readonly Coupon[];
}

export type ChargeLineKind = 'first' | 'further' | 'cap' | 'discount' | 'coupon' | 'keep' | 'lost_fee';

/** One line of a charge; the amounts of all lines add up to the total. Cap, discounts and coupons are negative. */
export interface ChargeLine {
  readonly kind: ChargeLineKind;
  /** What the line is for, by id of the discount or coupon; null for the tariff's own lines. */
  readonly refId: string | null;
  readonly from: EpochMs | null;
  readonly to: EpochMs | null;
  /** Number of units in a run of further units, else 1. */
  readonly units: number;
  readonly unitMinor: number;
  readonly amountMinor: number;
}

export interface Charge {
  readonly total: Money;
  /** Tax contained in the total, extracted once (CHG-5). */
  readonly tax: Money;
  readonly net: Money;
  readonly lines: readonly ChargeLine[];
  readonly start: EpochMs;
  readonly stop: EpochMs;
  readonly dueAt: EpochMs;
  readonly keepAt: EpochMs | null;
  /** Late time with closed days taken out. */
  readonly lateSeconds: Seconds;
  /** Closed time taken out of the late time. */
  readonly closedSeconds: Seconds;
  readonly lateUnits: number;
  /** The keep limit was reached: the keep price replaced everything else. */
  readonly kept: boolean;
}

export type ChargeFault = Fault<
  | 'charge_currency_mismatch'
  | 'charge_stop_before_start'
  | 'charge_out_of_range'
  | 'charge_reduction_invalid'
  | 'site_never_open'
>;

/** Further units are shown in at most so many lines; the last one takes the rest. */
const MOST_RUNS = 24;
/** Per rental: more of either is `charge_reduction_invalid`. */
const MOST_REDUCTIONS = 8;
/** A rental longer than twenty years is a wrong clock. */
const MOST_SECONDS = 20 * 366 * 86_400;
const NO_LATE: LateTime = { counted: 0, closed: 0, units: 0 };

/**
 * The price of a rental (CHG-1 … CHG-6): a pure function of terms, start, stop, discounts and coupons. Whole minor units, tax included.
 * Faults: `charge_currency_mismatch` (tariff, site or a coupon), `charge_stop_before_start` (what is uncertain must be settled before, SYN-4),
 * `charge_reduction_invalid` (a discount above 100 %, a negative coupon, more than eight of either), `site_never_open` (no open day within two
 * years of due), `charge_out_of_range` (more than twenty years, or a sum beyond whole numbers).
 */
export function computeCharge(input: ChargeInput): Result<Charge, ChargeFault> {
  const wrong = checkInput(input);
  if (wrong !== null) return wrong;
  const { tariff, site } = input.terms;
  const start = toEpochSeconds(input.start);
  const stop = toEpochSeconds(input.stop);
  const due = dueOf(tariff, site, start);
  if (due === null) return neverOpen();
  const keep = keepOf(tariff, site, due);
  const kept = keep !== null && stop >= keep;
  const late = kept ? NO_LATE : lateTime(tariff, site, due, stop);
  const lines = kept ? keepLines(tariff, start, keep) : meterLines(input, { start, stop, due, late });
  const totalMinor = lines.reduce((sum, line) => sum + line.amountMinor, 0);
  if (!lines.every((line) => Number.isSafeInteger(line.amountMinor)) || !Number.isSafeInteger(totalMinor))
    return fault('charge_out_of_range', 'the charge exceeds whole numbers', { units: late.units });
  const tax = containedTax(totalMinor, tariff.taxBasisPoints);
  return ok({
    total: money(totalMinor, tariff.currency),
    tax: money(tax, tariff.currency),
    net: money(totalMinor - tax, tariff.currency),
    lines,
    start: toEpochMs(start),
    stop: toEpochMs(stop),
    dueAt: toEpochMs(due.at),
    keepAt: keep === null ? null : toEpochMs(keep),
    lateSeconds: seconds(late.counted),
    closedSeconds: seconds(late.closed),
    lateUnits: late.units,
    kept,
  });
}

/** The last second at which a return is on time, moved out of closed time (CHG-2, CHG-3). */
export function dueAt(terms: RentalTerms, start: EpochMs): Result<EpochMs, ChargeFault> {
  const due = dueOf(terms.tariff, terms.site, toEpochSeconds(start));
  return due === null ? neverOpen() : ok(toEpochMs(due.at));
}

/** The moment from which the keep price replaces the charge; null where the tariff has none (CHG-3, RNT-7). */
export function keepAt(terms: RentalTerms, start: EpochMs): Result<EpochMs | null, ChargeFault> {
  const due = dueOf(terms.tariff, terms.site, toEpochSeconds(start));
  if (due === null) return neverOpen();
  const keep = keepOf(terms.tariff, terms.site, due);
  return ok(keep === null ? null : toEpochMs(keep));
}

/** Tax contained in a price that includes it, rounded in the one place that rounds (CHG-5). */
export const containedTax = (grossMinor: number, basisPoints: number): number =>
  multiplyDivide(grossMinor, basisPoints, 10_000 + basisPoints);

/** What a rental costs when it is returned by the last second of a local date of the renting site. */
export interface CurvePoint {
  readonly date: LocalDate;
  readonly until: EpochMs;
  readonly total: Money;
  readonly kept: boolean;
}

export type CurveInput = Omit<ChargeInput, 'stop' | 'ending'> & {
  /** The first date shown is the local date of this moment, not before the start. */
  readonly from: EpochMs;
  /** How many dates, 1 to 366. */
  readonly days: number;
};

/** What the rental costs if returned on each of the next `days` local dates: screens show it before and during the rental. */
export function chargeCurve(input: CurveInput): Result<readonly CurvePoint[], ChargeFault> {
  const { terms, start, discounts, coupons, days } = input;
  assert(Number.isSafeInteger(days) && days >= 1 && days <= 366, 'a curve shows 1 to 366 days');
  const zone = terms.site.zone;
  const points: CurvePoint[] = [];
  let date = localDateOf(zone, toEpochSeconds(epochMs(Math.max(input.from, start))));
  while (points.length < days) {
    const next = addDays(date, 1);
    const until = toEpochMs(epochSeconds(startOfDate(zone, next) - 1));
    const charge = computeCharge({ terms, start, stop: until, ending: 'returned', discounts, coupons });
    if (!charge.ok) return charge;
    points.push({ date, until, total: charge.value.total, kept: charge.value.kept });
    date = next;
  }
  return ok(points);
}

/** The next change of price: `lastMoment` is the last second at which today's price still holds, `total` what it costs afterwards. */
export interface NextStep {
  readonly lastMoment: EpochMs;
  readonly total: Money;
}

/**
 * When the price changes next if the rental is not stopped at `input.stop`; null when it never does (cap reached and nothing to keep, or the
 * steps are free). Screens show it beside the amount.
 */
export function nextStep(input: ChargeInput): Result<NextStep | null, ChargeFault> {
  const now = computeCharge(input);
  if (!now.ok) return now;
  const { tariff, site } = input.terms;
  const due = dueOf(tariff, site, toEpochSeconds(input.start));
  assert(due !== null, 'a charge was computed, so there is a due moment');
  const candidates: number[] = [];
  if (!now.value.kept) {
    const late = lateTime(tariff, site, due, toEpochSeconds(input.stop));
    const unit = nextUnitAfter(tariff, site, due, late);
    if (unit !== null) candidates.push(unit * 1000);
    if (now.value.keepAt !== null) candidates.push(now.value.keepAt - 1000);
  }
  for (const at of candidates.sort((a, b) => a - b)) {
    const after = computeCharge({ ...input, stop: epochMs(at + 1000) });
    if (!after.ok) return after;
    if (after.value.total.minor !== now.value.total.minor)
      return ok({ lastMoment: epochMs(at), total: after.value.total });
  }
  return ok(null);
}

function checkInput(input: ChargeInput): { readonly ok: false; readonly error: ChargeFault } | null {
  const { tariff, site } = input.terms;
  const currencies = [site.currency, ...input.coupons.map((coupon) => coupon.amount.currency)];
  if (currencies.some((currency) => currency !== tariff.currency))
    return fault('charge_currency_mismatch', `the tariff is in ${tariff.currency}, something else is not`, {
      currencies,
    });
  const discountsFit = input.discounts.every(
    ({ basisPoints }) => Number.isSafeInteger(basisPoints) && basisPoints >= 0 && basisPoints <= 10_000,
  );
  const tooMany = input.discounts.length > MOST_REDUCTIONS || input.coupons.length > MOST_REDUCTIONS;
  if (!discountsFit || tooMany || input.coupons.some((coupon) => coupon.amount.minor < 0))
    return fault('charge_reduction_invalid', 'a discount or coupon is out of bounds');
  const elapsed = toEpochSeconds(input.stop) - toEpochSeconds(input.start);
  if (elapsed < 0) return fault('charge_stop_before_start', 'the rental stops before it starts', { elapsed });
  if (elapsed > MOST_SECONDS)
    return fault('charge_out_of_range', 'the rental lasts longer than twenty years', { elapsed });
  return null;
}

const neverOpen = () =>
  fault('site_never_open', 'the renting site has no open day within two years of the due moment');

interface Metered {
  readonly start: EpochSeconds;
  readonly stop: EpochSeconds;
  readonly due: Due;
  readonly late: LateTime;
}

const line = (
  kind: ChargeLineKind,
  amountMinor: number,
  more: Partial<Omit<ChargeLine, 'kind' | 'amountMinor'>> = {},
): ChargeLine => ({
  kind,
  refId: null,
  from: null,
  to: null,
  units: 1,
  unitMinor: amountMinor,
  amountMinor,
  ...more,
});

/** The keep price instead of everything else, undiscounted (CHG-3). */
const keepLines = (tariff: Tariff, start: EpochSeconds, keep: EpochSeconds): ChargeLine[] => [
  line('keep', tariff.keep?.price ?? 0, { from: toEpochMs(start), to: toEpochMs(keep) }),
];

/** First period, further units, cap, discounts, coupons, in the order of CHG-3; then the fee of a lost medium (RNT-7). */
function meterLines(input: ChargeInput, metered: Metered): ChargeLine[] {
  const { tariff } = input.terms;
  const lines = [...timeLines(input.terms, metered)];
  let price = lines.reduce((sum, each) => sum + each.amountMinor, 0);
  if (tariff.cap !== null && price > tariff.cap) {
    lines.push(line('cap', tariff.cap - price));
    price = tariff.cap;
  }
  if (!Number.isSafeInteger(price)) return lines;
  for (const discount of input.discounts) {
    const left = multiplyDivide(price, 10_000 - discount.basisPoints, 10_000);
    lines.push(line('discount', left - price, { refId: discount.discountId }));
    price = left;
  }
  for (const coupon of input.coupons) {
    const off = Math.min(coupon.amount.minor, price);
    lines.push(line('coupon', off === 0 ? 0 : -off, { refId: coupon.couponId }));
    price -= off;
  }
  if (input.ending === 'lost') lines.push(line('lost_fee', tariff.lostFee));
  return lines;
}

function* timeLines(terms: RentalTerms, { start, due, late }: Metered): Generator<ChargeLine, void> {
  const { tariff, site } = terms;
  yield line('first', tariff.firstPrice, { from: toEpochMs(start), to: toEpochMs(due.at) });
  for (const run of unitRuns(tariff, site, due, late.units, MOST_RUNS)) {
    yield line('further', run.units * tariff.furtherPrice, {
      from: toEpochMs(run.from),
      to: toEpochMs(run.to),
      units: run.units,
      unitMinor: tariff.furtherPrice,
    });
  }
}
