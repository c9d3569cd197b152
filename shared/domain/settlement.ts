import { type Money, subtract } from '#shared/kernel/money.ts';
import type { Charge } from './charge.ts';

/** What a closure entered afterwards changes (CHG-4). `difference` is after less before: negative goes back to the member. */
export type Adjustment =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'adjust';
      readonly reason: 'closure_entered';
      readonly difference: Money;
      readonly taxDifference: Money;
    };

/**
 * Compares the charge of the same rental before and after a change of the site's closures, so that the ledger can post the difference as
 * a new entry that names what it corrects (CHG-4, LED-1). Both must be in one currency.
 */
export function adjustment(before: Charge, after: Charge): Adjustment {
  const difference = subtract(after.total, before.total);
  const taxDifference = subtract(after.tax, before.tax);
  if (difference.minor === 0 && taxDifference.minor === 0) return { kind: 'none' };
  return { kind: 'adjust', reason: 'closure_entered', difference, taxDifference };
}

/** How the hub's figure and a terminal's provisional one are brought together (CHG-7). `amount` is always positive. */
export type DifferenceSettlement =
  | { readonly kind: 'equal' }
  | { readonly kind: 'refund'; readonly reason: 'hub_figure_lower'; readonly amount: Money }
  | { readonly kind: 'goodwill'; readonly reason: 'hub_figure_higher_but_paid'; readonly amount: Money }
  | { readonly kind: 'amount_due'; readonly reason: 'hub_figure_higher_unpaid'; readonly amount: Money };

/**
 * A lower figure of the hub is paid back; a higher one goes to the house (goodwill account) when the customer holds a paid receipt, and
 * is due from the member when nothing was paid yet (CHG-7).
 */
export function settleDifference(
  provisional: Money,
  hub: Money,
  holdsPaidReceipt: boolean,
): DifferenceSettlement {
  const against = subtract(hub, provisional);
  if (against.minor === 0) return { kind: 'equal' };
  if (against.minor < 0)
    return { kind: 'refund', reason: 'hub_figure_lower', amount: subtract(provisional, hub) };
  return holdsPaidReceipt
    ? { kind: 'goodwill', reason: 'hub_figure_higher_but_paid', amount: against }
    : { kind: 'amount_due', reason: 'hub_figure_higher_unpaid', amount: against };
}
