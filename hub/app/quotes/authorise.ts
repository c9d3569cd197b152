import type { HubDeps } from '#hub/app/deps.ts';
import type { FleetFacts } from '#hub/app/fleet/bundle.ts';
import {
  type AuthoriseFault,
  authorisationId,
  authorisePart,
  endAuthorisation,
} from '#hub/app/ledger/payments.ts';
import { memberOfSession } from '#hub/app/members/sessions.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { pointsFor } from '#shared/domain/rewards.ts';
import type { MemberId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { slotMacFits } from '#shared/media/slot-proof.ts';
import type { PaymentPart } from '#shared/protocol/events.ts';

export interface Authorisation {
  readonly key: string;
  readonly rentalId: RentalId;
  readonly returnId: ReturnId;
  readonly means: 'points' | 'prepaid';
  readonly amount: Money;
  readonly sessionToken: string | null;
  readonly proof: { readonly nonce: string; readonly mac: string } | null;
}

export type AuthorisationFault =
  | AuthoriseFault
  | Fault<
      | 'quote_missing'
      | 'session_over'
      | 'points_need_pin'
      | 'member_missing'
      | 'amount_above_quote'
      | 'currency_mismatch'
      | 'proof_mismatch'
      | 'key_malformed'
    >;

type Deps = HubDeps & { readonly fleet: Pick<FleetFacts, 'rewards'> };

/**
 * Reserves points or prepaid balance for a return that was quoted at this terminal, never more than the quote (PAY-1, LED-2). Points need the
 * member's PIN, so a session; the balance takes that or the proof of the slot (RET-5, RET-7): a licence alone, which anybody may have copied, spends nothing.
 */
export async function authorise(
  deps: Deps,
  terminal: TerminalRow,
  request: Authorisation,
): Promise<Result<PaymentPart, AuthorisationFault>> {
  if (request.key !== `${request.rentalId}:${request.returnId}:${request.means}`)
    return fault('key_malformed', 'the key names rental, return and means');
  return deps.db.transaction(async (stores) => {
    const quote = await stores.quotes.find({ returnId: request.returnId });
    if (quote === null || quote.rentalId !== request.rentalId || quote.terminalId !== terminal.terminalId)
      return fault('quote_missing', 'this return was not opened here');
    if (quote.total === null) return fault('quote_missing', 'nothing is to be paid for this return');
    if (quote.total.currency !== request.amount.currency)
      return fault('currency_mismatch', `the quote is in ${quote.total.currency}`);
    if (request.amount.minor > quote.total.minor)
      return fault('amount_above_quote', 'more than the quote is never taken');
    const payer = await payerOf(deps, stores, terminal, request, quote.nonce);
    if (!payer.ok) return payer;
    const points = request.means === 'points' ? pointsFor(deps.fleet.rewards, request.amount) : null;
    const { key, rentalId, returnId, means, amount } = request;
    const facts = { key, rentalId, returnId, means, amount, points };
    return authorisePart(
      stores,
      { ...facts, memberId: payer.value, siteId: terminal.siteId },
      deps.clock.now(),
    );
  });
}

async function payerOf(
  deps: Deps,
  stores: Stores,
  terminal: TerminalRow,
  request: Authorisation,
  nonce: string,
): Promise<
  Result<MemberId, Fault<'session_over' | 'points_need_pin' | 'member_missing' | 'proof_mismatch'>>
> {
  if (request.sessionToken !== null) {
    const member = await memberOfSession(deps, stores, request.sessionToken, terminal.terminalId);
    if (!member.ok) return member;
    const { memberId } = member.value;
    const owner = (await stores.rentals.find({ rentalId: request.rentalId }))?.memberId;
    const renter = owner ?? (await memberOfQuote(stores, request.returnId));
    // The books of a rental are its member's: what somebody else reserved could never be taken for it.
    return renter === memberId ? ok(memberId) : fault('member_missing', 'this rental is somebody else’s');
  }
  if (request.means === 'points') return fault('points_need_pin', 'spending points needs the PIN');
  const rental = await stores.rentals.find({ rentalId: request.rentalId });
  // What this return reserved before it was cut off was proven then, when the slot was still whole.
  const known = await stores.ledger.transfer(authorisationId(request.key));
  if (known === null && !proves(request, rental?.slotProofKey ?? null, nonce))
    return fault('proof_mismatch', 'no proof that the medium of this rental is at this terminal');
  const memberId = rental?.memberId ?? (await memberOfQuote(stores, request.returnId));
  return memberId === null ? fault('member_missing', 'nobody knows whose rental this is') : ok(memberId);
}

/** RET-7: without the member's PIN only the medium itself spends the balance. A rental whose write the hub has not heard of cannot prove anything yet. */
function proves({ proof, returnId }: Authorisation, proofKey: string | null, nonce: string): boolean {
  if (proof === null || proofKey === null) return false;
  return proof.nonce === nonce && slotMacFits(proofKey, nonce, returnId, proof.mac);
}

/** The hub may know the rental from its licence only: then the quote names the member. */
async function memberOfQuote(stores: Stores, returnId: ReturnId): Promise<MemberId | null> {
  const quote = await stores.quotes.find({ returnId });
  const token = quote?.answer.memberToken;
  if (typeof token !== 'string') return null;
  return (await stores.members.first({ token }))?.memberId ?? null;
}

/** Gives a reservation back (PAY-1). Void twice is void once; what was taken with a destroyed key stays taken. */
export async function voidAuthorisation(
  deps: HubDeps,
  terminal: TerminalRow,
  key: string,
): Promise<Result<void, Fault<'authorisation_unknown' | 'authorisation_ended'>>> {
  return deps.db.transaction(async (stores) => {
    const [, returnId] = key.split(':');
    const quote = await stores.quotes.find({ returnId: (returnId ?? '') as ReturnId });
    if (quote === null || quote.terminalId !== terminal.terminalId)
      return fault('authorisation_unknown', 'nothing was reserved under this key');
    const result = await endAuthorisation(stores, key, 'voided', deps.clock.now());
    if (result === 'created' || result === 'exists' || result === 'pending_already_expired')
      return ok(undefined);
    if (result === 'pending_unknown')
      return fault('authorisation_unknown', 'nothing was reserved under this key');
    return fault('authorisation_ended', 'this reservation was already taken', { result });
  });
}
