import { authorisationId } from '#hub/app/ledger/payments.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import {
  type Books,
  chargeEntries,
  paymentEntries,
  SETTLEMENT_REASONS,
  settlementEntries,
  settlementTarget,
  type TakenPart,
} from '#hub/domain/rental-books.ts';
import type { EntryDraft, TransferDraft, TransferFacts } from '#hub/ports/ledger.ts';
import type { RentalRow, ReturnPayment, ReturnRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EventId } from '#shared/kernel/ids.ts';
import type { Currency } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/**
 * Whether a part of a payment was really taken (PAY-1): once the key is destroyed, unless the terminal's last word about it says otherwise. Before that nothing is: a terminal
 * that never had the medium could otherwise put payments on anybody's account by its word alone (SEC-4).
 */
export function isTaken(payment: ReturnPayment, destroyed: boolean): boolean {
  if (!destroyed) return false;
  if (payment.outcome !== null) return payment.outcome.kind === 'captured';
  const atHub = payment.part.means === 'points' || payment.part.means === 'prepaid';
  return payment.taken || atHub;
}

export interface BookChange {
  readonly before: RentalRow;
  /** Not yet stored. */
  readonly after: RentalRow;
  readonly books: Books;
  readonly at: EpochMs;
  /** What made the books move, kept in each transfer's detail (OPS-4); null: people or time, whose entry in the timeline has no event either. */
  readonly eventId: EventId | null;
}

/**
 * Posts what leads from the books as they are to what is known of the rental now: charge, payments of its returns, goodwill, refunds, points
 * (CHG-7, RET-2, RWD-1). Answers the row with its counters moved on. Nothing to post costs one question for the returns.
 */
export async function bringBooksUpToDate(
  stores: Stores,
  change: BookChange,
  rules: Pick<RewardRules, 'lifetime'>,
  now: EpochMs,
): Promise<RentalRow> {
  const { before, after, books, at, eventId } = change;
  // Others take no part in the books: nobody hides a true return behind a heap of false beginnings (SEC-4).
  const returns = await stores.returns.list({ rentalId: after.rentalId, state: 'destroyed' }, { limit: 200 });
  const facts: TransferFacts = {
    reason: '',
    rentalId: after.rentalId,
    returnId: after.state?.basis?.returnId ?? null,
    memberId: books.memberId,
    siteId: books.siteId,
    at,
    detail: eventId === null ? {} : { eventId },
  };
  const drafts: TransferDraft[] = [];
  let revision = after.chargeRevision;
  const single = (
    name: string,
    fields: Partial<TransferFacts>,
    entries: readonly EntryDraft[],
    corrects: string | null,
  ) => {
    revision += 1;
    drafts.push({
      ...facts,
      ...fields,
      detail: { ...facts.detail, ...fields.detail },
      transferId: `${name}:${after.rentalId}:${revision}`,
      phase: 'single',
      correctsId: corrects,
      entries,
    });
  };

  const charge = chargeEntries(books, before.charge, after.charge);
  if (charge.length > 0) {
    const corrects = before.charge === null ? null : await lastCharge(stores, after);
    const reason =
      before.charge === null
        ? 'rental_charge'
        : after.charge === null
          ? 'charge_cancelled'
          : 'charge_corrected';
    single('charge', { reason, detail: { lines: after.charge?.lines ?? [] } }, charge, corrects);
  }
  const taken = await bookPayments(stores, returns, books, facts, drafts, now);
  const settlement = settlementTarget({
    memberId: books.memberId,
    currency: after.tariff.currency,
    charge: after.charge,
    taken,
    agreement: agreementOf(after, returns),
    pointsEarned: earnsPoints(after) ? after.tariff.pointsPerRental : 0,
  });
  const settled: Record<string, Readonly<Record<string, number>>> = { ...after.settled };
  for (const reason of SETTLEMENT_REASONS) {
    const { entries, sums } = settlementEntries(after.settled[reason] ?? {}, settlement[reason]);
    settled[reason] = sums;
    if (entries.length === 0) continue;
    const expiresAt = reason === 'points_for_rental' && rules.lifetime !== null ? at + rules.lifetime : null;
    single(reason, { reason, detail: { expiresAt } }, entries, null);
  }
  const results = drafts.length === 0 ? [] : await stores.ledger.post(drafts, now);
  results.forEach((result, index) => {
    assert(result === 'created', `posting ${drafts[index]?.transferId} answered ${result}`);
  });
  if (drafts.length > 0 && before.charge !== null) {
    const credit = await creditOf(stores, books, after.tariff.currency);
    if (credit > 0) {
      revision += 1;
      const transferId = `credit:${after.rentalId}:${revision}`;
      const draft = creditDraft(books, after.tariff.currency, credit, { ...facts, transferId });
      const [result] = await stores.ledger.post([draft], now);
      assert(result === 'created', `posting ${transferId} answered ${result}`);
    }
  }
  return { ...after, chargeRevision: revision, settled };
}

/**
 * What the member is owed because an amount due was paid in and what it was due for shrank afterwards (RET-2, CHG-4). No return took that money, so no
 * return's payment can take it back.
 */
async function creditOf(stores: Stores, books: Books, currency: Currency): Promise<number> {
  const receivable = ACCOUNTS.memberReceivable(books.memberId, currency);
  await stores.ledger.lockAccount(receivable);
  const balance = (await stores.ledger.balances([receivable.accountId])).get(receivable.accountId);
  return Math.max(0, -(balance?.posted ?? 0));
}

const creditDraft = (
  books: Books,
  currency: Currency,
  credit: number,
  facts: TransferFacts & { readonly transferId: string },
): TransferDraft => ({
  ...facts,
  reason: 'paid_in_too_much',
  phase: 'single',
  correctsId: null,
  entries: [
    { account: ACCOUNTS.memberReceivable(books.memberId, currency), amount: credit },
    { account: ACCOUNTS.memberPrepaid(books.memberId, currency), amount: -credit },
  ],
});

const earnsPoints = (rental: RentalRow): boolean =>
  rental.charge !== null && rental.state?.basis?.ending !== 'lost';

/** CHG-7: what was agreed at the return that counts, and whether nothing was left unpaid there. */
function agreementOf(rental: RentalRow, returns: readonly ReturnRow[]) {
  const counting = returns.find((each) => each.returnId === rental.state?.basis?.returnId);
  if (counting === undefined || counting.agreed === null || counting.due === null) return null;
  return { agreed: counting.agreed, paid: counting.due.minor === 0 };
}

async function lastCharge(stores: Stores, rental: RentalRow): Promise<string | null> {
  const lines = await stores.ledger.lines({ rentalId: rental.rentalId }, { limit: 500, offset: 0 });
  const charges = lines.map((line) => line.transfer.transferId).filter((id) => id.startsWith('charge:'));
  return charges.sort((a, b) => revisionOf(b) - revisionOf(a))[0] ?? null;
}
const revisionOf = (transferId: string): number => Number(transferId.slice(transferId.lastIndexOf(':') + 1));

/** Books parts that are taken and not booked, takes back those that are booked and not taken; answers what is taken. */
async function bookPayments(
  stores: Stores,
  returns: readonly ReturnRow[],
  books: Books,
  facts: TransferFacts,
  drafts: TransferDraft[],
  now: EpochMs,
): Promise<readonly TakenPart[]> {
  const taken: TakenPart[] = [];
  for (const each of returns) {
    const payments: Record<string, ReturnPayment> = { ...each.payments };
    let changed = false;
    for (const [key, payment] of Object.entries(each.payments)) {
      const counts = isTaken(payment, each.state === 'destroyed') && payment.part.amount.minor > 0;
      if (counts && each.t0 !== null)
        taken.push({ returnId: each.returnId, t0: each.t0, part: payment.part });
      if (counts === payment.booked) continue;
      changed = true;
      payments[key] = { ...payment, booked: counts, bookings: payment.bookings + 1 };
      const own = { ...facts, returnId: each.returnId };
      drafts.push(await paymentDraft(stores, own, books, payment, counts));
    }
    if (changed) await stores.returns.patch({ returnId: each.returnId }, { payments, updatedAt: now });
  }
  return taken;
}

async function paymentDraft(
  stores: Stores,
  facts: TransferFacts,
  books: Books,
  payment: ReturnPayment,
  counts: boolean,
): Promise<TransferDraft> {
  const { part } = payment;
  const entries = paymentEntries(books.memberId, part);
  const detail = { ...facts.detail, means: part.means, authorisationId: part.authorisationId };
  if (!counts) {
    return {
      ...facts,
      reason: 'payment_undone',
      detail,
      transferId: `payment:${part.key}:${payment.bookings + 1}`,
      phase: 'single',
      correctsId: `payment:${part.key}:${payment.bookings}`,
      entries: entries.map(({ account, amount }) => ({ account, amount: -amount })),
    };
  }
  const booking = {
    ...facts,
    reason: `paid_${part.means}`,
    detail,
    transferId: `payment:${part.key}:${payment.bookings + 1}`,
    entries,
  };
  const pendingId = authorisationId(part.key);
  if ((part.means === 'points' || part.means === 'prepaid') && (await stillPending(stores, pendingId)))
    return { ...booking, phase: 'posted', pendingId };
  // A reservation that expired before the news came: the customer's receipt says paid, so it is booked all the same.
  return { ...booking, phase: 'single', correctsId: null };
}

async function stillPending(stores: Stores, pendingId: string): Promise<boolean> {
  if ((await stores.ledger.transfer(pendingId)) === null) return false;
  return (await stores.ledger.resolutionOf(pendingId)) === null;
}
