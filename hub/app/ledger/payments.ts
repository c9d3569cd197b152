import { ACCOUNTS } from '#hub/domain/accounts.ts';
import { paymentEntries } from '#hub/domain/rental-books.ts';
import type { AccountRef, PostResult, TransferDraft, TransferFacts } from '#hub/ports/ledger.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { MemberId, RentalId, ReturnId, SiteId } from '#shared/kernel/ids.ts';
import type { Money, Points } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { PaymentPart } from '#shared/protocol/events.ts';

/** How long points or prepaid balance stay reserved for a return that never tells how it went. */
export const AUTHORISATION_HOURS = 24;

export const authorisationId = (key: string): string => `auth:${key}`;

export interface AuthoriseInput {
  /** Idempotence key of the part: `${rentalId}:${returnId}:${means}` (PAY-1). */
  readonly key: string;
  readonly rentalId: RentalId;
  readonly returnId: ReturnId;
  readonly memberId: MemberId;
  readonly siteId: SiteId | null;
  readonly means: 'points' | 'prepaid';
  readonly amount: Money;
  /** What the amount costs in points; null for prepaid. */
  readonly points: Points | null;
}
export type AuthoriseFault = Fault<
  | 'prepaid_not_enough'
  | 'points_not_enough'
  | 'authorisation_amount_invalid'
  | 'authorisation_key_taken'
  | 'authorisation_ended'
>;

/**
 * Reserves points or prepaid balance as a pending transfer (LED-1, PAY-1). The same key with the same amount answers the same part; it is
 * posted when `return.destroyed` is applied, voided by `return.abandoned`, else it expires. Call it inside a transaction.
 */
export async function authorisePart(
  stores: Stores,
  input: AuthoriseInput,
  now: EpochMs,
): Promise<Result<PaymentPart, AuthoriseFault>> {
  if (input.amount.minor <= 0)
    return fault('authorisation_amount_invalid', 'an amount to reserve is positive');
  const part: PaymentPart = {
    key: input.key,
    means: input.means,
    amount: input.amount,
    points: input.points,
    authorisationId: authorisationId(input.key),
    maskedCard: null,
  };
  const account = spentFrom(input);
  await stores.ledger.lockAccount(account);
  const known = await stores.ledger.transfer(part.authorisationId);
  if (known !== null) return repeated(stores, input, part, known.memberId);
  const wanted = input.means === 'points' ? (input.points ?? 0) : input.amount.minor;
  if (wanted > (await spendable(stores, account)))
    return fault(
      input.means === 'points' ? 'points_not_enough' : 'prepaid_not_enough',
      'the member has less than that to spend',
    );
  const draft: TransferDraft = {
    ...factsOf(input, 'payment_reserved', now),
    transferId: part.authorisationId,
    phase: 'pending',
    expiresAt: epochMs(now + AUTHORISATION_HOURS * 3_600_000),
    entries: paymentEntries(input.memberId, part),
  };
  const [result] = await stores.ledger.post([draft], now);
  assert(result === 'created', `a reservation under lock is new, not ${result}`);
  return ok(part);
}

const spentFrom = (input: Pick<AuthoriseInput, 'means' | 'memberId' | 'amount'>): AccountRef =>
  input.means === 'points'
    ? ACCOUNTS.memberPoints(input.memberId)
    : ACCOUNTS.memberPrepaid(input.memberId, input.amount.currency);

async function repeated(
  stores: Stores,
  input: AuthoriseInput,
  part: PaymentPart,
  memberId: MemberId | null,
): Promise<Result<PaymentPart, AuthoriseFault>> {
  const same = memberId === input.memberId && (await reservedAs(stores, input.memberId, part));
  if (!same) return fault('authorisation_key_taken', 'this key reserved something else');
  const resolved = await stores.ledger.resolutionOf(part.authorisationId);
  if (resolved !== null && resolved.phase !== 'posted')
    return fault('authorisation_ended', `this reservation is ${resolved.phase}`, { phase: resolved.phase });
  return ok(part);
}

/** Whether exactly this part was reserved for this member at some time, however the reservation ended. */
export async function reservedAs(
  stores: Pick<Stores, 'ledger'>,
  memberId: MemberId,
  part: PaymentPart,
): Promise<boolean> {
  const entries = await stores.ledger.entriesOf(authorisationId(part.key));
  const wants = paymentEntries(memberId, part);
  return (
    entries.length === wants.length &&
    wants.every(
      (want, line) =>
        entries[line]?.accountId === want.account.accountId && entries[line].amount === want.amount,
    )
  );
}

/** A member's credit balance less what is reserved. */
async function spendable(stores: Stores, account: AccountRef): Promise<number> {
  const balance = (await stores.ledger.balances([account.accountId])).get(account.accountId);
  return -((balance?.posted ?? 0) + (balance?.pending ?? 0));
}

const factsOf = (
  facts: Pick<AuthoriseInput, 'rentalId' | 'returnId' | 'memberId' | 'siteId'>,
  reason: string,
  at: EpochMs,
): TransferFacts => ({
  reason,
  rentalId: facts.rentalId,
  returnId: facts.returnId,
  memberId: facts.memberId,
  siteId: facts.siteId,
  at,
  detail: {},
});

/** Ends a reservation unused. Idempotent; `pending_unknown` where the key was never reserved, `pending_already_posted` where it was taken. */
export async function endAuthorisation(
  stores: Stores,
  key: string,
  phase: 'voided' | 'expired',
  now: EpochMs,
): Promise<PostResult> {
  const pendingId = authorisationId(key);
  const pending = await stores.ledger.transfer(pendingId);
  if (pending === null) return 'pending_unknown';
  const resolved = await stores.ledger.resolutionOf(pendingId);
  if (resolved !== null)
    return resolved.phase === phase ? 'exists' : (`pending_already_${resolved.phase}` as PostResult);
  const { rentalId, returnId, memberId, siteId } = pending;
  const draft: TransferDraft = {
    reason: phase === 'voided' ? 'payment_voided' : 'payment_expired',
    rentalId,
    returnId,
    memberId,
    siteId,
    at: now,
    detail: {},
    transferId: `${phase}:${pendingId}`,
    phase,
    pendingId,
  };
  const [result] = await stores.ledger.post([draft], now);
  assert(result !== undefined, 'one draft, one result');
  return result;
}

export interface TopUpInput {
  /** Idempotence key made by the terminal before the card was asked. */
  readonly key: string;
  readonly memberId: MemberId;
  readonly siteId: SiteId | null;
  readonly amount: Money;
  readonly authorisationId: string;
  /** `amount_due` pays what is open first; what is left over becomes prepaid balance (LED-2). */
  readonly purpose: 'prepaid' | 'amount_due';
}

/** Whether this payment was booked: a terminal that lost the answer asks again, also when the member has signed out meanwhile (PAY-1). */
export async function toppedUp(stores: Pick<Stores, 'ledger'>, key: string, amount: Money): Promise<boolean> {
  const entries = await stores.ledger.entriesOf(`topup:${key}`);
  const clearing = ACCOUNTS.cardClearing(amount.currency).accountId;
  return entries.some((entry) => entry.accountId === clearing && entry.amount === amount.minor);
}

/** Books a card payment of a member in advance or against what is due. Same key: same transfer. Call it inside a transaction. */
export async function topUp(
  stores: Stores,
  input: TopUpInput,
  now: EpochMs,
): Promise<Result<'created' | 'exists', Fault<'top_up_amount_invalid' | 'top_up_key_taken'>>> {
  const { amount, memberId } = input;
  if (amount.minor <= 0) return fault('top_up_amount_invalid', 'an amount to pay in is positive');
  const transferId = `topup:${input.key}`;
  const receivable = ACCOUNTS.memberReceivable(memberId, amount.currency);
  await stores.ledger.lockAccount(receivable);
  const known = await stores.ledger.transfer(transferId);
  if (known !== null) {
    const paid = (await stores.ledger.entriesOf(transferId)).reduce(
      (sum, entry) => sum + Math.max(entry.amount, 0),
      0,
    );
    return known.memberId === memberId && paid === amount.minor
      ? ok('exists')
      : fault('top_up_key_taken', 'this key paid something else');
  }
  const owed = (await stores.ledger.balances([receivable.accountId])).get(receivable.accountId);
  const towardsDue =
    input.purpose === 'amount_due' ? Math.min(amount.minor, Math.max(0, owed?.posted ?? 0)) : 0;
  const entries = [
    { account: ACCOUNTS.cardClearing(amount.currency), amount: amount.minor },
    { account: receivable, amount: -towardsDue },
    { account: ACCOUNTS.memberPrepaid(memberId, amount.currency), amount: -(amount.minor - towardsDue) },
  ].filter((entry) => entry.amount !== 0);
  const draft: TransferDraft = {
    reason: input.purpose === 'amount_due' ? 'amount_due_paid' : 'prepaid_topped_up',
    rentalId: null,
    returnId: null,
    memberId,
    siteId: input.siteId,
    at: now,
    detail: { authorisationId: input.authorisationId },
    transferId,
    phase: 'single',
    correctsId: null,
    entries,
  };
  const [result] = await stores.ledger.post([draft], now);
  assert(result === 'created', `a top-up under lock is new, not ${result}`);
  return ok('created');
}
