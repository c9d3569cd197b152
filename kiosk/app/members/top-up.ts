import { z } from 'zod';
import { table } from '#shared/edge/store.ts';
import type { Money } from '#shared/kernel/money.ts';
import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';
import { moneySchema } from '#shared/protocol/primitives.ts';
import type { KioskDeps } from '../deps.ts';
import { authoriseOnce } from '../rent/holds.ts';
import type { SignedIn } from '../session/state.ts';

/** A card payment under way: without the hub's word it is given back, also after a crash (PAY-1). */
const payment = z.object({
  key: z.string().max(160),
  amount: moneySchema,
  authorisationId: z.string().max(128).nullable(),
});
export const payments = table('kiosk_payments', payment);

/**
 * Buys prepaid balance or pays what is due with the card reader: authorise → hub books under the same key → capture. When the hub does not book
 * it, the authorisation is voided: nothing is charged.
 */
export async function topUp(
  deps: Pick<KioskDeps, 'runtime' | 'card'>,
  input: { readonly member: SignedIn; readonly purpose: 'prepaid' | 'amount_due'; readonly amount: Money },
): Promise<Result<void, Fault>> {
  const { runtime, card } = deps;
  const key = `top-up:${newId(runtime.clock, runtime.random)}`;
  runtime.record((tx) => tx.put(payments, key, { key, amount: input.amount, authorisationId: null }));
  const authorised = await authoriseOnce(deps, key, input.amount);
  if (!authorised.ok) {
    if (authorised.error.code !== 'card_unknown_outcome') runtime.record((tx) => tx.remove(payments, key));
    return authorised;
  }
  const { authorisationId } = authorised.value;
  runtime.record((tx) => tx.put(payments, key, { key, amount: input.amount, authorisationId }));
  const booked = await runtime.hub.topUp({
    sessionToken: input.member.session.sessionToken,
    key,
    purpose: input.purpose,
    amount: input.amount,
    authorisationId,
  });
  if (!booked.ok) {
    await giveBack(deps, key, authorisationId);
    return booked;
  }
  const captured = await card.capture(key, authorisationId, input.amount);
  if (!captured.ok)
    runtime.log.error({ key, code: captured.error.code }, 'booked at the hub, not captured at the reader');
  runtime.record((tx) => tx.remove(payments, key));
  return ok(undefined);
}

async function giveBack(
  deps: Pick<KioskDeps, 'runtime' | 'card'>,
  key: string,
  authorisationId: string,
): Promise<boolean> {
  const voided = await deps.card.void(key, authorisationId);
  if (voided.ok) deps.runtime.record((tx) => tx.remove(payments, key));
  else deps.runtime.log.warn({ key, code: voided.error.code }, 'a payment could not be given back yet');
  return voided.ok;
}

/** Gives back what a stop cut off. */
export async function recoverPayments(deps: Pick<KioskDeps, 'runtime' | 'card'>): Promise<void> {
  for (const { key, value } of deps.runtime.store.list(payments)) {
    if (value.authorisationId !== null) await giveBack(deps, key, value.authorisationId);
    else {
      const asked = await authoriseOnce(deps, key, value.amount);
      if (asked.ok) await giveBack(deps, key, asked.value.authorisationId);
      else if (asked.error.code === 'card_declined') deps.runtime.record((tx) => tx.remove(payments, key));
    }
  }
}
