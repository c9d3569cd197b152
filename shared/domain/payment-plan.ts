import { assert } from '#shared/kernel/assert.ts';
import { type Money, money, type Points } from '#shared/kernel/money.ts';
import { pointsFor, worthOf } from './rewards.ts';

/** Means that may pay a charge (LED-2). */
export type PaymentMeans = 'points' | 'prepaid' | 'held_card' | 'card_reader';

export interface PlanInput {
  readonly charge: Money;
  /** The member's preferred order; means that are not named are not used. */
  readonly order: readonly PaymentMeans[];
  /** Null: not at hand (no PIN entered, so no points; hub away, so no prepaid balance; no card held; no reader here). */
  readonly points: { readonly balance: Points; readonly pointsPerMinorUnit: number } | null;
  readonly prepaid: Money | null;
  /** What is held on the card, at most. */
  readonly heldCard: Money | null;
  /** The reader takes any amount. */
  readonly cardReader: boolean;
}

export interface PlannedPart {
  readonly means: PaymentMeans;
  readonly amount: Money;
  /** Points that this part costs; null for money. */
  readonly points: Points | null;
}

export interface PaymentPlan {
  readonly parts: readonly PlannedPart[];
  /** What no means pays: an amount due of the member. The return goes on all the same (LED-2). */
  readonly due: Money;
}

/**
 * Splits a charge over the means in the member's order (LED-2): each takes what it can in whole minor units, the rest is due. Points and money pay
 * the charge and never change it: parts and due add up to it exactly.
 */
export function planPayment(input: PlanInput): PaymentPlan {
  const { charge } = input;
  assert(charge.minor >= 0, 'a charge to be paid is not negative');
  const parts: PlannedPart[] = [];
  let left = charge.minor;
  for (const means of new Set(input.order)) {
    const takes = Math.min(left, Math.max(0, reach(input, means)));
    if (takes === 0) continue;
    left -= takes;
    const amount = money(takes, charge.currency);
    const rate = input.points;
    parts.push({
      means,
      amount,
      points: means === 'points' && rate !== null ? pointsFor(rate, amount) : null,
    });
  }
  return { parts, due: money(left, charge.currency) };
}

/** The most that a means can pay, in minor units of the charge's currency; money in another currency pays nothing. */
function reach(input: PlanInput, means: PaymentMeans): number {
  const { currency } = input.charge;
  switch (means) {
    case 'points':
      return input.points === null ? 0 : worthOf(input.points, input.points.balance, currency).minor;
    case 'prepaid':
      return input.prepaid?.currency === currency ? input.prepaid.minor : 0;
    case 'held_card':
      return input.heldCard?.currency === currency ? input.heldCard.minor : 0;
    case 'card_reader':
      return input.cardReader ? Number.MAX_SAFE_INTEGER : 0;
  }
}

/** The order of members who stated none: what they have at the fleet first, then cards. */
export const DEFAULT_ORDER: readonly PaymentMeans[] = ['prepaid', 'held_card', 'card_reader'];
