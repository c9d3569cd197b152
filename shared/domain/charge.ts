import type { Money } from '#shared/kernel/money.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs, Seconds } from '#shared/kernel/time.ts';
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
  'charge_currency_mismatch' | 'charge_stop_before_start' | 'charge_out_of_range' | 'site_never_open'
>;

/**
 * The price of a rental (CHG-1 … CHG-6): a pure function of terms, start, stop, discounts and coupons.
 * Faults: currencies of tariff, site and coupons differ; stop before start; no open day within two years of due; a sum or date that does
 * not fit whole numbers.
 */
export declare function computeCharge(input: ChargeInput): Result<Charge, ChargeFault>;

/** The last second at which a return is on time, moved out of closed time (CHG-2, CHG-3). */
export declare function dueAt(terms: RentalTerms, start: EpochMs): Result<EpochMs, ChargeFault>;

/** The moment from which the keep price replaces the charge; null where the tariff has none (CHG-3, RNT-7). */
export declare function keepAt(terms: RentalTerms, start: EpochMs): Result<EpochMs | null, ChargeFault>;

export interface CurvePoint {
  readonly date: LocalDate;
  /** Last second of that local date. */
  readonly until: EpochMs;
  readonly total: Money;
  readonly kept: boolean;
}

export interface CurveInput {
  readonly terms: RentalTerms;
  readonly start: EpochMs;
  /** The first date shown is the local date of this moment; not before the start. */
  readonly from: EpochMs;
  readonly days: number;
  readonly discounts: readonly Discount[];
  readonly coupons: readonly Coupon[];
}

/** What the rental costs if returned by the end of each of the next `days` local dates (1 to 366). */
export declare function chargeCurve(input: CurveInput): Result<readonly CurvePoint[], ChargeFault>;
