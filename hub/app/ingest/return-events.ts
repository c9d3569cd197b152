import { controllerRevoked } from '#hub/app/enrolment/secure-media.ts';
import { endAuthorisation, reservedAs } from '#hub/app/ledger/payments.ts';
import { rebook } from '#hub/app/rentals/apply.ts';
import { judgeClaim } from '#hub/domain/claim.ts';
import type { RentalRow, ReturnPayment, ReturnRow } from '#hub/ports/rows/index.ts';
import { provenT0 } from '#shared/domain/rental.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { RentalId, ReturnId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import { purgeCounterOf } from '#shared/media/controller/purge.ts';
import type { EventData, PaymentPart } from '#shared/protocol/events.ts';
import { checkCertificate } from './certificate.ts';
import { type Applying, EventRefused, raise, timeOf } from './context.ts';
import type { ReadReceipt } from './documents.ts';
import { hold } from './held.ts';
import { judgeProof, namesWhoTook, slotWasShown } from './proof.ts';
import { storeReceipt } from './receipt-chain.ts';
import { applyEvent, knownRental, licensedRental } from './rental-events.ts';
import { factsOf, returnRow, takenBy, takesPart } from './return-accepted.ts';
import { noteShown, tellUnproven } from './shown-slot.ts';

/** PAY-1 INTENT: what is about to be taken, and that the slot was there (RET-7). It may arrive after the destruction that another terminal finished. */
export async function returnIntent(applying: Applying, data: EventData<'return.intent'>): Promise<void> {
  checkFigures([...data.parts.map((part) => part.amount), data.due, data.provisional]);
  const rental = await knownRental(applying, data.rentalId);
  const known = await returnRow(applying, data.returnId, data.rentalId);
  if (!takesPart(known, applying.terminalId))
    throw new EventRefused('return_not_yours', 'this return was accepted at another terminal');
  await applying.stores.returns.put({
    ...known,
    state: known.state === 'opened' || known.state === 'accepted' ? 'intent' : known.state,
    payments: await withParts(applying, rental, known.payments, data.parts, false),
    updatedAt: applying.now,
  });
  const after = await noteShown(applying, rental, data);
  if (known.state === 'destroyed') await rebook(applying, after, applying.now);
}

/** Nothing that is paid, owed or quoted is below nothing (CHG-5): a negative figure would be goodwill without end. */
function checkFigures(figures: readonly (Money | null)[]): void {
  if (figures.some((figure) => figure !== null && figure.minor < 0))
    throw new EventRefused('payment_malformed', 'a figure of this return is negative');
}

/** The parts known so far with those of one event. Points and balance count only as they were reserved here (LED-2, PAY-1). */
async function withParts(
  applying: Applying,
  rental: RentalRow,
  payments: ReturnRow['payments'],
  parts: readonly PaymentPart[],
  taken: boolean,
): Promise<Record<string, ReturnPayment>> {
  const all: Record<string, ReturnPayment> = { ...payments };
  for (const part of parts) {
    const known = all[part.key];
    if (known !== undefined && !samePart(known.part, part) && known.booked)
      throw new EventRefused('payment_contradicts', 'a booked part is reported with another amount');
    if (known?.by !== undefined && known.by !== applying.terminalId && !isAtHub(part))
      throw new EventRefused('payment_not_yours', 'this part of the payment is another terminal’s');
    const fresh = { outcome: null, bookings: 0, booked: false, by: applying.terminalId };
    all[part.key] = { ...(known ?? fresh), part, taken: taken || (known?.taken ?? false) };
    if (!isAtHub(part) || known?.booked === true || (await wasReserved(applying, rental, part))) continue;
    all[part.key] = {
      part,
      ...fresh,
      taken: false,
      outcome: { kind: 'failed', at: applying.now },
    };
    const what = `${part.means} of ${part.amount.minor} ${part.amount.currency} was not reserved for ${rental.rentalId}`;
    await raise(applying, 'payment_not_reserved', part.key.slice(0, 128), 'critical', what);
  }
  return all;
}

const isAtHub = (part: PaymentPart): boolean => part.means === 'points' || part.means === 'prepaid';

/** By value: what is read back from the database has its fields in another order. */
const samePart = (a: PaymentPart, b: PaymentPart): boolean =>
  a.means === b.means &&
  a.amount.minor === b.amount.minor &&
  a.amount.currency === b.amount.currency &&
  a.points === b.points &&
  a.authorisationId === b.authorisationId;

const wasReserved = async (applying: Applying, rental: RentalRow, part: PaymentPart): Promise<boolean> =>
  rental.memberId !== null && reservedAs(applying.stores, rental.memberId, part);

/** RET-3: the key is destroyed and read back. Receipt, proof, charge, payments, points: all follow from here. */
export async function returnDestroyed(
  applying: Applying,
  data: EventData<'return.destroyed'>,
): Promise<void> {
  const { read, stores } = applying;
  assert(read.receipt !== null, 'read with its receipt');
  const { receipt, jws } = read.receipt;
  checkReceipt(applying, read.receipt, data);
  await checkCertificate(applying, read.receipt);
  const agreed = agreedOn(applying, data);
  checkFigures([...data.parts.map((part) => part.amount), data.due, data.provisional]);
  for (const part of data.parts)
    if ((part.means === 'points') !== (part.points !== null))
      throw new EventRefused('payment_malformed', 'a part mixes points and money');
  const rental = await licensedRental(applying, data.rentalId);
  const { facts, uncertain } = await factsOf(applying, data, receipt.acceptedBy, rental.startedAt);
  const known = await returnRow(applying, data.returnId, data.rentalId);
  await checkClaim(applying, rental, read.receipt);
  const receiptId = await storeReceipt(applying, receipt, jws);
  const proof =
    known.state === 'destroyed' ? known.proof : await judgeProof(applying, rental, receipt, known);
  const destroyedAt = timeOf(applying, data.destroyedAt, 'stop').at;
  const named = namesWhoTook(receipt);
  const overwritten = named ? ('named' as const) : ('unnamed' as const);
  const finisher = {
    ...(named ? { finisher: applying.terminalId } : {}),
    ...(receipt.proof.mac === '' ? { overwritten } : {}),
  };
  const told = rental.state?.facts.returns.find(({ returnId }) => returnId === data.returnId);
  const t0 = told === undefined ? (known.t0 ?? facts.t0) : provenT0(told, { ...facts, ...finisher });
  await stores.returns.put({
    ...known,
    ...takenBy(known, applying.terminalId),
    copyId: data.copyId,
    state: 'destroyed',
    t0,
    destroyedAt: known.destroyedAt ?? destroyedAt,
    offlineSince: known.offlineSince ?? data.offlineSince,
    agreed: known.agreed ?? agreed,
    due: known.due ?? data.due,
    payments: await withParts(applying, rental, known.payments, data.parts, true),
    proof,
    receiptId: known.receiptId ?? receiptId,
    updatedAt: applying.now,
  });
  await stores.alerts.clear({ code: 'return_unreported', subject: data.rentalId }, 'hub', applying.now);
  const flagged = { ...rental, needsStaff: rental.needsStaff || proof === 'mismatch' };
  // The domain finds T0 among what was told by the same rule, and later by more than this where the receipt shows nothing of the slot.
  const event = {
    kind: 'destroyed' as const,
    at: destroyedAt,
    receiptId,
    ...facts,
    ...(receipt.proof.mac === '' ? {} : { t0 }),
    ...finisher,
  };
  // Somebody began it before, and nobody who did has proven it: when is not certain (SYN-4).
  const begunSomewhen = !named && !slotWasShown(rental, data.returnId);
  const after = await applyEvent(applying, flagged, event, {
    uncertain: uncertain || begunSomewhen,
    proof,
    claim: receipt.claim,
    readBack: receipt.readBack,
  });
  await tellUnproven(applying, after, data.returnId);
}

/** The receipt is of this return, this copy, this medium, and of the terminal that reports it, made when it says. */
function checkReceipt(
  applying: Applying,
  { receipt, signer }: ReadReceipt,
  data: EventData<'return.destroyed'>,
): void {
  const { licence } = applying.read;
  const told =
    receipt.returnId === data.returnId &&
    receipt.rentalId === data.rentalId &&
    receipt.copyId === data.copyId &&
    receipt.mediumId === licence?.licence.keyturn.mediumId &&
    receipt.t0 === data.t0 &&
    receipt.destroyedAt === data.destroyedAt &&
    receipt.destroyedAt === signer.signedAt;
  if (!told || receipt.terminal !== applying.terminalId || signer.id !== applying.terminalId)
    throw new EventRefused('receipt_contradicts', 'the receipt speaks of another return or terminal');
}

/** RET-4: the claim is what can have been proven on this medium. */
async function checkClaim(
  applying: Applying,
  rental: RentalRow,
  { receipt, deletion }: ReadReceipt,
): Promise<void> {
  const medium = await applying.stores.media.find({ mediumId: rental.mediumId });
  // The controller's own certificate says more than any kiosk that registers the medium (SEC-4): what signed this deletion in its name is it.
  const mediumClass = deletion === null ? (medium?.mediumClass ?? 'plain') : 'secure';
  const judged = judgeClaim(receipt, mediumClass, deletion);
  if (!judged.ok) return hold(applying, judged.error.code, judged.error.message);
  // The customer gave it back, whatever its controller is worth: staff hear of it (SEC-5).
  if (deletion !== null && (await controllerRevoked(applying.stores, rental.mediumId)))
    await raise(
      applying,
      'security_controller_revoked',
      rental.mediumId,
      'warning',
      `${applying.terminalId} took a return on ${rental.mediumId}, whose controller is revoked: what it signs of the deletion proves little`,
    );
  if (deletion !== null && (await countedBefore(applying, rental, receipt.returnId, deletion.counter)))
    hold(applying, 'purge_false', `the controller's number ${deletion.counter} stands on another return`);
}

/** Whether another return of this medium carries the same number of its controller: such a chip exists twice. */
async function countedBefore(
  applying: Applying,
  { mediumId }: RentalRow,
  returnId: ReturnId,
  counter: number,
): Promise<boolean> {
  const onMedium = await applying.stores.rentals.list({ mediumId }, { limit: 100 });
  const others = await applying.stores.receipts.list(
    { rentalId: onMedium.map((rental) => rental.rentalId), claim: 'PURGE', returnId: { not: returnId } },
    { limit: 100 },
  );
  return others.some(({ jws }) => purgeCounterOf(jws) === counter);
}

/** CHG-7: what terminal and customer agreed on. A quote is for one return: that of another says nothing here. */
function agreedOn(applying: Applying, data: EventData<'return.destroyed'>): Money | null {
  const { quoted } = applying.read;
  if (quoted === null) return data.provisional;
  if (quoted.returnId === data.returnId && quoted.rentalId === data.rentalId) return quoted.total;
  hold(applying, 'quote_contradicts', 'the hub quoted this price for another return');
  return data.provisional;
}

/** CHG-1, PAY-1: pulled before overwriting began: never returned; what was reserved at the hub is free again. */
export async function returnAbandoned(
  applying: Applying,
  data: EventData<'return.abandoned'>,
): Promise<void> {
  const rental = await knownRental(applying, data.rentalId);
  const known = await returnRow(applying, data.returnId, data.rentalId);
  if (!takesPart(known, applying.terminalId))
    throw new EventRefused('return_not_yours', 'this return was accepted at another terminal');
  // One that took a torn return over did not begin it: that it could not finish says nothing about the return.
  if (known.terminalId !== applying.terminalId) return;
  if (known.state !== 'destroyed') {
    await applying.stores.returns.put({ ...known, state: 'abandoned', updatedAt: applying.now });
    for (const pending of await applying.stores.ledger.openPending({ returnId: data.returnId }))
      await endAuthorisation(
        applying.stores,
        pending.transferId.slice('auth:'.length),
        'voided',
        applying.now,
      );
  }
  const { at } = timeOf(applying, data.at, 'stop');
  await applyEvent(applying, rental, { kind: 'return_abandoned', at, returnId: data.returnId }, {});
}

/** States in which a destroyed copy is no news; in all others some terminal destroyed it and has not said so. */
const SETTLED: ReadonlySet<RentalRow['status']> = new Set(['closed', 'kept', 'lost', 'void']);

/**
 * The key of a rental that is still open here is gone: a terminal was lost, or is still without the hub, between DESTROYED and its receipt.
 * The meter would run for a medium that was returned, so staff hear of it; the alert ends when the receipt comes after all.
 */
const raiseUnreported = (applying: Applying, rentalId: RentalId, rental: RentalRow | null): Promise<void> =>
  applying.stores.alerts.raise(
    applying.newId(),
    {
      code: 'return_unreported',
      subject: rentalId,
      severity: 'critical',
      message: `${applying.terminalId} saw a destroyed copy of rental ${rentalId}, which is ${rental === null ? 'not known' : 'still open'} here: the terminal that destroyed it has not reported the return`,
      terminalId: applying.terminalId,
      rentalId: rental === null ? null : rentalId,
    },
    applying.now,
  );

/** RET-2: a returned copy was put in again: noted, no charge, no error. For a rental that is still open here staff are told. */
export async function returnRepeated(applying: Applying, data: EventData<'return.repeated'>): Promise<void> {
  const rental = await applying.stores.rentals.find({ rentalId: data.rentalId });
  if (rental === null || !SETTLED.has(rental.status)) await raiseUnreported(applying, data.rentalId, rental);
  if (rental === null) return;
  const { at } = timeOf(applying, data.at, 'stop');
  await applying.stores.timeline.insert({
    entryId: applying.eventId,
    rentalId: data.rentalId,
    at,
    recordedAt: applying.now,
    kind: 'return_repeated',
    outcome: 'already_returned',
    terminalId: applying.terminalId,
    eventId: applying.eventId,
    detail: {},
  });
}

type PaymentEvent = EventData<'payment.captured' | 'payment.voided'> | EventData<'payment.failed'>;

/** PAY-1: the terminal's last word about a card payment, by its time. */
export async function paymentOutcome(
  applying: Applying,
  kind: 'captured' | 'voided' | 'failed',
  data: PaymentEvent,
): Promise<void> {
  const rental = await knownRental(applying, data.rentalId);
  const known = await returnRow(applying, data.returnId, data.rentalId);
  const payment = known.payments[data.key];
  // Given back before INTENT: the hub never heard of the part, nothing was booked, nothing is to be taken back.
  if (!takesPart(known, applying.terminalId) && payment?.by !== applying.terminalId)
    throw new EventRefused('payment_not_yours', 'this return was accepted at another terminal');
  if (payment === undefined && kind === 'voided') return;
  if (payment === undefined) throw new EventRefused('payment_unknown', 'no part of this return has this key');
  if (payment.part.means === 'points' || payment.part.means === 'prepaid')
    throw new EventRefused('payment_unknown', 'points and balance are taken here, not at a card reader');
  if (payment.by !== undefined && payment.by !== applying.terminalId)
    throw new EventRefused('payment_not_yours', 'another terminal took this part of the payment');
  const { at } = timeOf(applying, data.at, 'stop');
  if (payment.outcome !== null && payment.outcome.at > at) return;
  const payments = { ...known.payments, [data.key]: { ...payment, outcome: { kind, at } } };
  await applying.stores.returns.put({ ...known, payments, updatedAt: applying.now });
  if (kind === 'failed')
    await raise(
      applying,
      'payment_failed',
      data.key,
      'warning',
      `card payment ${data.key} failed: amount due`,
    );
  await rebook(applying, rental, at);
}
