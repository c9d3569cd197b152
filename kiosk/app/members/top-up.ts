import { z } from 'zod';
import { table } from '#shared/edge/store.ts';
import type { Money } from '#shared/kernel/money.ts';
import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';
import { moneySchema } from '#shared/protocol/primitives.ts';
import type { KioskDeps } from '../deps.ts';
import { authoriseOnce } from '../rent/holds.ts';
import type { SignedIn } from '../session/state.ts';

const purposes = z.enum(['prepaid', 'amount_due']);

/** A card payment under way: without the hub's word it is given back, also after a crash (PAY-1). */
const payment = z.object({
  key: z.string().max(160),
  amount: moneySchema,
  authorisationId: z.string().max(128).nullable(),
  /** What the hub was asked, on disk before it is asked: from here on it may have booked the payment. Null: not asked yet. */
  asked: z.object({ sessionToken: z.string().max(128), purpose: purposes }).nullable(),
});
type Payment = z.infer<typeof payment>;
export const payments = table('kiosk_payments', payment);

type Deps = Pick<KioskDeps, 'runtime' | 'card'>;

/** Answers that do not say whether the hub booked: the same is asked again under the same key (PAY-1). */
const UNKNOWN = new Set(['hub_away', 'hub_answer_malformed']);
const ASKS = 3;

/**
 * Buys prepaid balance or pays what is due with the card reader: authorise → hub books under the same key → capture. When the hub says that it does
 * not book it, the authorisation is voided; when it does not answer, the payment stays open until it does: never booked without being captured.
 */
export async function topUp(
  deps: Deps,
  input: { readonly member: SignedIn; readonly purpose: 'prepaid' | 'amount_due'; readonly amount: Money },
): Promise<Result<void, Fault>> {
  const { runtime } = deps;
  const { amount, purpose } = input;
  for (const { value } of runtime.store.list(payments))
    if (value.asked !== null && value.authorisationId !== null)
      await settle(deps, value, value.authorisationId);
  const key = `top-up:${newId(runtime.clock, runtime.random)}`;
  const first: Payment = { key, amount, authorisationId: null, asked: null };
  runtime.record((tx) => tx.put(payments, key, first));
  const authorised = await authoriseOnce(deps, key, amount);
  if (!authorised.ok) {
    if (authorised.error.code !== 'card_unknown_outcome') runtime.record((tx) => tx.remove(payments, key));
    return authorised;
  }
  const { authorisationId } = authorised.value;
  const { sessionToken } = input.member.session;
  const asked: Payment = { ...first, authorisationId, asked: { sessionToken, purpose } };
  runtime.record((tx) => tx.put(payments, key, asked));
  return settle(deps, asked, authorisationId);
}

/** Asks the hub until it says yes (then the card is captured) or no (then it is given back). Everything else stays for the next time. */
async function settle(deps: Deps, row: Payment, authorisationId: string): Promise<Result<void, Fault>> {
  const { runtime, card } = deps;
  const { key, amount, asked } = row;
  if (asked === null) {
    await giveBack(deps, key, authorisationId);
    return ok(undefined);
  }
  const question = { ...asked, key, amount, authorisationId };
  let booked = await runtime.hub.topUp(question);
  for (let ask = 1; ask < ASKS && !booked.ok && UNKNOWN.has(booked.error.code); ask += 1)
    booked = await runtime.hub.topUp(question);
  if (!booked.ok) {
    if (UNKNOWN.has(booked.error.code))
      runtime.log.warn({ key }, 'whether the hub booked a payment is not known yet');
    else await giveBack(deps, key, authorisationId);
    return booked;
  }
  const captured = await card.capture(key, authorisationId, amount);
  if (captured.ok) runtime.record((tx) => tx.remove(payments, key));
  else {
    const level = captured.error.code === 'card_declined' ? 'error' : 'warn';
    runtime.log[level]({ key, code: captured.error.code }, 'booked at the hub, not captured at the reader');
  }
  return ok(undefined);
}

async function giveBack(deps: Deps, key: string, authorisationId: string): Promise<boolean> {
  const voided = await deps.card.void(key, authorisationId);
  if (voided.ok) deps.runtime.record((tx) => tx.remove(payments, key));
  else deps.runtime.log.warn({ key, code: voided.error.code }, 'a payment could not be given back yet');
  return voided.ok;
}

/** Settles what a stop, a silent hub or a silent reader cut off. Not while a customer pays: it would ask about that payment too. */
export async function recoverPayments(deps: Deps): Promise<void> {
  for (const { key, value } of deps.runtime.store.list(payments)) {
    if (value.authorisationId !== null) await settle(deps, value, value.authorisationId);
    else {
      const asked = await authoriseOnce(deps, key, value.amount);
      if (asked.ok) await giveBack(deps, key, asked.value.authorisationId);
      else if (asked.error.code === 'card_declined') deps.runtime.record((tx) => tx.remove(payments, key));
    }
  }
}
