import { z } from 'zod';
import type { TariffId } from '#shared/kernel/ids.ts';
import { UUID_PATTERN } from '#shared/kernel/ids.ts';
import { CURRENCIES, type Currency } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { days24, type EpochMs, epochMs, hours, minutes, type Seconds } from '#shared/kernel/time.ts';
import { localTimeSchema } from './site.ts';

/**
 * Price rules (CHG-2, CHG-3). A version of a tariff never changes: it is frozen into the rental and into the licence when
 * the rental starts, so that a later edit, which makes a new version, cannot touch it (CHG-4). All amounts are whole minor units of
 * `currency`, tax included (CHG-5).
 */

const MOST_MINOR = 1_000_000_000;
const amount = z.number().int().min(0).max(MOST_MINOR);

/** A length of time as a tariff states it. Under `elapsed` a day is 24 hours; under `cutoff` it is a calendar day of the site. */
export const spanSchema = z.strictObject({
  unit: z.enum(['minutes', 'hours', 'days']),
  count: z.number().int().min(1).max(1_000_000),
});
export type Span = z.infer<typeof spanSchema>;

/** A stopwatch from the verified write: first period, then further units of equal length. */
const elapsedSchema = z.strictObject({
  kind: z.literal('elapsed'),
  first: spanSchema,
  further: spanSchema,
});

/**
 * Due at a wall-clock time `at` of the renting site, `days` calendar days after the local date of the start; each further unit is
 * `furtherDays` calendar days.
 */
const cutoffSchema = z.strictObject({
  kind: z.literal('cutoff'),
  at: localTimeSchema,
  days: z.number().int().min(1).max(366),
  furtherDays: z.number().int().min(1).max(366),
});

const fields = z.strictObject({
  tariffId: z.string().regex(UUID_PATTERN) as unknown as z.ZodType<TariffId>,
  version: z.number().int().min(1).max(1_000_000),
  name: z.string().min(1).max(80),
  currency: z.enum(Object.keys(CURRENCIES) as [Currency, ...Currency[]]),
  mode: z.discriminatedUnion('kind', [elapsedSchema, cutoffSchema]),
  firstPrice: amount,
  furtherPrice: amount,
  /** Free time after due: all or nothing, its last second free (CHG-3). */
  graceSeconds: z.number().int().min(0).max(2_592_000),
  /** The most that first period and further units may cost together; null: no such limit. */
  cap: amount.nullable(),
  /**
   * When the counted late time (closed days taken out) reaches `afterLate`, `price` replaces the whole total and the copy becomes the
   * member's (RNT-7); null: a copy of this tariff is never kept.
   */
  keep: z.strictObject({ price: amount, afterLate: spanSchema }).nullable(),
  /** What a lost medium costs beside the meter up to the report; never above the keep price (RNT-7). */
  lostFee: amount,
  /** What is held on a card at rental, and for how long (PAY-1). Amount 0: no card is needed. */
  hold: z.strictObject({ amount, expiresAfter: spanSchema }),
  /** Tax contained in every price, in hundredths of a per cent: 1900 is 19 %. */
  taxBasisPoints: z.number().int().min(0).max(10_000),
  pointsPerRental: z.number().int().min(0).max(1_000_000),
  /** Whether a copy may be rented that is not bound to the member's players (PLY-1). */
  bindingNoneAllowed: z.boolean(),
  /** From the start to `rights.end` of the licence. */
  licenceDuration: spanSchema,
  /** LIC-2: the work must be begun so many days after the start, and finished so many hours after first use; null: no such clock. */
  startWithinDays: z.number().int().min(1).max(3660).nullable(),
  finishWithinHours: z.number().int().min(1).max(87_600).nullable(),
});

export const tariffSchema = fields.superRefine((tariff, context) => {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (tariff.cap !== null && tariff.cap < tariff.firstPrice)
    refuse('cap', 'the cap covers first and further units together, so it cannot be below the first price');
  if (tariff.keep !== null && tariff.lostFee > tariff.keep.price)
    refuse('lostFee', 'the fee for a lost medium is never above the keep price (RNT-7)');
  if (tariff.mode.kind === 'cutoff' && tariff.keep !== null && tariff.keep.afterLate.unit !== 'days')
    refuse('keep', 'a cutoff tariff counts calendar days, so its keep limit is given in days');
});

/** A version of a tariff as it is frozen into rentals and licences. */
export type Tariff = Readonly<z.infer<typeof tariffSchema>>;

export type TariffFault = Fault<'tariff_missing' | 'tariff_invalid'>;

/**
 * Decodes a tariff from outside. A missing one is `tariff_missing`, never a price of 0 (CHG-4); a wrong one is `tariff_invalid` with
 * the places of all mistakes in `details.issues`.
 */
export function parseTariff(value: unknown): Result<Tariff, TariffFault> {
  if (value === null || value === undefined)
    return fault('tariff_missing', 'there is no tariff to compute a price from');
  const parsed = tariffSchema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issues = parsed.error.issues.map((issue) => ({
    path: issue.path.join('.'),
    message: issue.message,
  }));
  return fault('tariff_invalid', 'the tariff breaks its schema', { issues });
}

/** A span as seconds, a day being 24 hours. Calendar days (`cutoff`) are counted on the site's calendar instead. */
export function spanSeconds(span: Span): Seconds {
  if (span.unit === 'minutes') return minutes(span.count);
  if (span.unit === 'hours') return hours(span.count);
  return days24(span.count);
}

/** `rights.end` of the licence of a rental with this tariff that starts at `start` (LIC-1). */
export const licenceEnd = (tariff: Tariff, start: EpochMs): EpochMs =>
  epochMs(start + spanSeconds(tariff.licenceDuration) * 1000);
