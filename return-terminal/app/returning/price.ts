import { computeCharge, nextStep } from '#shared/domain/charge.ts';
import { siteCalendarSchema } from '#shared/domain/site.ts';
import { parseTariff } from '#shared/domain/tariff.ts';
import { type Money, money, zero } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { AcceptedReturn } from '#shared/media/orders.ts';
import { verifyJws } from '#shared/media/signing.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { quotePayload } from '#shared/protocol/terminal-api.ts';
import type { ReturnRuntime } from '../deps.ts';

/** One line of the bill: first period, further units, cap, discount, coupon, keep price. */
export interface PriceLine {
  readonly code: string;
  readonly amount: Money;
  readonly units: number | null;
}

/** What a return costs as of its T0, and what waiting would cost. */
export interface Price {
  readonly total: Money;
  readonly startedAt: EpochMs;
  readonly dueAt: EpochMs | null;
  readonly lines: readonly PriceLine[];
  /** The next change of price: what returning now saves. */
  readonly next: { readonly at: EpochMs; readonly total: Money } | null;
  /** The keep limit was reached: the copy is paid for good, whether it is returned or not (CHG-3). */
  readonly kept: boolean;
  /** The hub's signed figure; null where this terminal computed a provisional one (CHG-7). */
  readonly quote: string | null;
  /** When the hub's figure is over, by this boot's monotonic clock; null: never. */
  readonly overAt: Milliseconds | null;
}

/** Hub time of a moment of this device, as well as it is known (SYN-4). */
const hubTimeOf = (runtime: ReturnRuntime, at: EpochMs): EpochMs => {
  const hub = runtime.hubTime();
  return hub === null ? at : epochMs(Math.max(0, at + (hub.now - runtime.clock.now())));
};

/** Reads the hub's quote for exactly this return (CHG-7): `quote_invalid` when it is not signed by the hub or speaks of something else. */
export async function readQuote(
  runtime: ReturnRuntime,
  jws: string,
  about: { readonly returnId: string; readonly rentalId: string },
): Promise<Result<Price, Fault<'quote_invalid'>>> {
  const verified = await verifyJws(jws, runtime.identity.trust, {
    type: 'keyturn-quote',
    schema: quotePayload,
    roles: ['hub'],
    validAt: 'signed-at',
    maxBytes: LIMITS.jwsChars,
  });
  if (!verified.ok) return fault('quote_invalid', verified.error.message);
  const quote = verified.value.payload;
  if (quote.returnId !== about.returnId || quote.rentalId !== about.rentalId)
    return fault('quote_invalid', 'the quote of another return');
  // This terminal asked just now: the quote is over only where the hub's time surely says so. Its own clock may be days off, and what it knows of the hub's by hours (SYN-4).
  const hub = runtime.hubTime();
  const left =
    quote.validUntil - Math.max(verified.value.signer.signedAt, hub === null ? 0 : hub.now - hub.error);
  if (left < 0) return fault('quote_invalid', 'the quote is over');
  return ok({
    total: quote.total,
    startedAt: quote.startedAt,
    dueAt: quote.dueAt,
    lines: quote.lines.map(({ code, amount, units }) => ({ code, amount, units })),
    next:
      quote.nextStepAt === null || quote.nextStepTotal === null
        ? null
        : { at: quote.nextStepAt, total: quote.nextStepTotal },
    kept: quote.lines.some((line) => line.code === 'keep'),
    quote: jws,
    overAt: milliseconds(runtime.clock.monotonic() + left),
  });
}

/**
 * The provisional price by the same function as the hub's, from tariff and site in the licence; no coupons, no discounts (CHG-7). A missing or
 * wrong tariff is an error, never a price of 0 (CHG-4): `tariff_missing`, `tariff_invalid`, or a code of `computeCharge`.
 */
export function provisionalPrice(
  runtime: ReturnRuntime,
  accepted: Pick<AcceptedReturn, 'licence' | 'startedAt' | 't0'>,
): Result<Price, Fault> {
  const tariff = parseTariff(accepted.licence.keyturn.tariff);
  if (!tariff.ok) return tariff;
  const site = siteCalendarSchema.safeParse(accepted.licence.keyturn.site);
  if (!site.success) return fault('tariff_missing', 'the licence names no site to compute a price for');
  const start = accepted.startedAt;
  const input = {
    terms: { tariff: tariff.value, site: site.data },
    start,
    // What is uncertain is decided for the customer: a clock that runs behind never makes a return impossible (SYN-4).
    stop: epochMs(Math.max(start, hubTimeOf(runtime, accepted.t0))),
    ending: 'returned',
    discounts: [],
    coupons: [],
  } as const;
  const charge = computeCharge(input);
  if (!charge.ok) return charge;
  const step = nextStep(input);
  if (!step.ok) return step;
  return ok({
    total: charge.value.total,
    startedAt: charge.value.start,
    dueAt: charge.value.dueAt,
    lines: charge.value.lines.map((line) => ({
      code: line.kind,
      amount: money(line.amountMinor, charge.value.total.currency),
      units: line.units,
    })),
    next: step.value === null ? null : { at: step.value.lastMoment, total: step.value.total },
    kept: charge.value.kept,
    quote: null,
    overAt: null,
  });
}

/** Nothing is to be paid: the hub has closed this rental already, or settles it with staff. */
export function nothingToPay(runtime: ReturnRuntime, licence: Licence, startedAt: EpochMs): Price {
  const tariff = parseTariff(licence.keyturn.tariff);
  const currency = tariff.ok ? tariff.value.currency : (runtime.bundle()?.site.calendar.currency ?? 'EUR');
  return {
    total: zero(currency),
    startedAt,
    dueAt: null,
    lines: [],
    next: null,
    kept: false,
    quote: null,
    overAt: null,
  };
}
