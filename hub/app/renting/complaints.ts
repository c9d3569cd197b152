import type { Actor } from '#hub/app/deps.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { applyToRental } from '#hub/app/rentals/apply.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { RentalId } from '#shared/kernel/ids.ts';
import { type Money, money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { contextOf, type PrepareDeps } from './prepare.ts';

/** Refunds above this many minor units need a second person (RNT-8). */
export const REFUND_LIMIT_MINOR = 2000;
const EXCHANGE_DAYS = 90;

export interface Complaint {
  /** Idempotence key of the form that staff filled in. */
  readonly key: string;
  readonly kind: 'refund' | 'exchange';
  /** For `refund`; an exchange gives back what was charged as a free rental. */
  readonly amount: Money | null;
  readonly reason: string;
}
export type ComplaintFault = Fault<
  | 'rental_missing'
  | 'nothing_to_refund'
  | 'refund_too_large'
  | 'currency_mismatch'
  | 'second_person_needed'
  | 'amount_not_positive'
>;
export type ComplaintAnswer = { readonly refunded: Money | null; readonly couponId: string | null };

/**
 * RNT-8: gives money back to the balance, or a free rental in exchange, with its reason. Never more than was charged, all refunds of the
 * rental together; above the limit only with a second person. The same key is the same refund.
 */
export async function settleComplaint(
  deps: PrepareDeps,
  actor: Actor,
  secondPerson: Actor | null,
  rentalId: RentalId,
  complaint: Complaint,
): Promise<Result<ComplaintAnswer, ComplaintFault>> {
  return deps.db.transaction((stores) =>
    settleComplaintIn(deps, stores, { actor, secondPerson }, rentalId, complaint),
  );
}

/** The same inside a transaction that is open already: where a second person approves, approval and refund are one. */
export async function settleComplaintIn(
  deps: Pick<PrepareDeps, 'clock'>,
  stores: Stores,
  people: { readonly actor: Actor; readonly secondPerson: Actor | null },
  rentalId: RentalId,
  complaint: Complaint,
): Promise<Result<ComplaintAnswer, ComplaintFault>> {
  const { actor, secondPerson } = people;
  const rental = await stores.rentals.findForUpdate({ rentalId });
  if (rental === null || rental.memberId === null)
    return fault('rental_missing', 'there is no rental of this id');
  const now = deps.clock.now();
  // The clerk's own words stand in the timeline only: what cannot be edited must not hold a name (SEC-9).
  const note = { key: complaint.key, secondPerson };
  const told = (kind: string, detail: Readonly<Record<string, unknown>>) =>
    Promise.all([
      stores.timeline.insert({
        entryId: `complaint:${complaint.key}`,
        rentalId,
        at: now,
        recordedAt: now,
        kind,
        outcome: 'applied',
        terminalId: null,
        eventId: null,
        detail: { reason: complaint.reason, ...note, ...detail },
      }),
      stores.audit.append({
        at: now,
        actor,
        action: `rental.${kind}`,
        subject: rentalId,
        detail: { ...note, ...detail },
      }),
    ]);
  if (complaint.kind === 'exchange') {
    const couponId = `exchange:${rentalId}`;
    const made = await stores.coupons.insert({
      couponId,
      label: 'exchange',
      basisPoints: 10_000,
      amountMinor: null,
      currency: rental.tariff.currency,
      memberId: rental.memberId,
      validFrom: now,
      validUntil: epochMs(now + EXCHANGE_DAYS * 86_400_000),
      rentalId: null,
      createdAt: now,
    });
    if (made === 'created') await told('exchanged', { couponId });
    return ok({ refunded: null, couponId });
  }
  const amount = complaint.amount ?? rental.charge?.total ?? null;
  const allowed = await checkRefund(stores, rental, amount, secondPerson, complaint.key);
  if (!allowed.ok) return allowed;
  if (allowed.value === 'repeated') return ok({ refunded: amount, couponId: null });
  const refund = allowed.value;
  const { memberId, siteId } = rental;
  const owed = (await memberBalances(stores, memberId, refund.currency)).amountDue.minor;
  const againstDue = Math.min(owed, refund.minor);
  const entries = [
    { account: ACCOUNTS.goodwill(refund.currency), amount: refund.minor },
    { account: ACCOUNTS.memberReceivable(memberId, refund.currency), amount: -againstDue },
    { account: ACCOUNTS.memberPrepaid(memberId, refund.currency), amount: againstDue - refund.minor },
  ].filter((entry) => entry.amount !== 0);
  const [posted] = await stores.ledger.post(
    [
      {
        transferId: refundId(rentalId, complaint.key),
        phase: 'single',
        correctsId: null,
        reason: 'complaint_refund',
        rentalId,
        returnId: null,
        memberId,
        siteId,
        at: now,
        detail: note,
        entries,
      },
    ],
    now,
  );
  assert(posted === 'created', 'a refund of a new key is booked');
  await told('refunded', { minor: refund.minor, currency: refund.currency });
  return ok({ refunded: refund, couponId: null });
}

const refundId = (rentalId: RentalId, key: string): string => `refund:${rentalId}:${key}`;

async function checkRefund(
  stores: Stores,
  rental: RentalRow,
  amount: Money | null,
  secondPerson: Actor | null,
  key: string,
): Promise<Result<Money | 'repeated', ComplaintFault>> {
  if (amount === null || rental.charge === null) return fault('nothing_to_refund', 'nothing was charged yet');
  if ((await stores.ledger.transfer(refundId(rental.rentalId, key))) !== null) return ok('repeated');
  if (amount.currency !== rental.charge.total.currency)
    return fault('currency_mismatch', `the rental is in ${rental.charge.total.currency}`);
  if (amount.minor <= 0) return fault('amount_not_positive', 'a refund is more than nothing');
  const lines = await stores.ledger.lines({ rentalId: rental.rentalId }, { limit: 500, offset: 0 });
  const before = lines
    .filter(
      ({ transfer, accountId }) =>
        transfer.reason === 'complaint_refund' && accountId.startsWith('goodwill:'),
    )
    .reduce((sum, line) => sum + line.amount, 0);
  if (before + amount.minor > rental.charge.total.minor)
    return fault('refund_too_large', 'never more than was charged', {
      charged: rental.charge.total.minor,
      refunded: before,
    });
  if (before + amount.minor > REFUND_LIMIT_MINOR && secondPerson === null)
    return fault('second_person_needed', 'a refund of this size needs a second person', {
      limit: REFUND_LIMIT_MINOR,
    });
  return ok(money(amount.minor, amount.currency));
}

/** RNT-7: staff report a medium lost, or settle one that was found again. */
export async function reportMedium(
  deps: PrepareDeps,
  actor: Actor,
  rentalId: RentalId,
  report: { readonly kind: 'lost' } | { readonly kind: 'found'; readonly decision: 'handed_in' | 'resume' },
  reason: string,
): Promise<Result<RentalRow, Fault<'rental_missing' | 'rental_not_open'>>> {
  return deps.db.transaction(
    async (stores): Promise<Result<RentalRow, Fault<'rental_missing' | 'rental_not_open'>>> => {
      const rental = await stores.rentals.findForUpdate({ rentalId });
      if (rental === null) return fault('rental_missing', 'there is no rental of this id');
      const open = report.kind === 'lost' ? ['active', 'returning'] : ['lost'];
      if (!open.includes(rental.status))
        return fault('rental_not_open', `this rental is ${rental.status}`, { status: rental.status });
      const now = deps.clock.now();
      const applied = await applyToRental(
        contextOf(deps, stores),
        rental,
        report.kind === 'lost'
          ? { kind: 'reported_lost', at: now }
          : { kind: 'found_again', at: now, decision: report.decision },
        {
          entryId: newId<string>(deps.clock, deps.random),
          terminalId: null,
          eventId: null,
          detail: { reason, actor },
        },
      );
      if (!applied.ok) return fault('rental_not_open', applied.error.message, { cause: applied.error.code });
      await stores.audit.append({
        at: now,
        actor,
        action: `rental.${report.kind}`,
        subject: rentalId,
        detail: {},
      });
      return ok(applied.value.rental);
    },
  );
}
