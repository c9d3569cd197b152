import { isDeepStrictEqual } from 'node:util';
import { judgeStrangers } from '#hub/app/members/openings.ts';
import { applyToRental } from '#hub/app/rentals/apply.ts';
import { rentalOfLicence } from '#hub/app/rentals/from-licence.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import type { RentalEvent } from '#shared/domain/rental.ts';
import { parseTariff } from '#shared/domain/tariff.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { RentalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { checkLicenceSigner } from './certificate.ts';
import { type Applying, causeOf, EventRefused, letIn, memberOf, orRefuse, raise, timeOf } from './context.ts';
import { hold } from './held.ts';
import { checkAllotment } from './offline-start.ts';
import { checkWaitingProofs } from './proof.ts';
import { judgeShown } from './shown-slot.ts';

/** The rental that this event's licence names, locked; opened from the licence where nobody told yet (RET-1). */
export async function licensedRental(applying: Applying, rentalId: RentalId): Promise<RentalRow> {
  const { stores, read } = applying;
  assert(read.licence !== null, 'read with its licence');
  const rental = orRefuse(await rentalOfLicence(stores, rentalId, read.licence));
  await compareTariff(applying, rental);
  if (rental.state !== null) return rental;
  await checkLicenceSigner(applying, read.licence.signer);
  // A row that is not there cannot be locked: two hubs that hear of it at once would each forget the other's news (SYN-2).
  if ((await stores.rentals.insert(rental)) === 'created') return rental;
  return orRefuse(await rentalOfLicence(stores, rentalId, read.licence));
}

/** A licence comes with several events, as the same object while it is remembered (`documents.ts`). */
const tariffs = new WeakMap<Licence, ReturnType<typeof parseTariff>>();
function tariffOf(licence: Licence): ReturnType<typeof parseTariff> {
  const read = tariffs.get(licence) ?? parseTariff(licence.keyturn.tariff);
  tariffs.set(licence, read);
  return read;
}

/** CHG-4: what the hub froze stands; a licence with another price is a kiosk that cheats or is broken. */
async function compareTariff(applying: Applying, rental: RentalRow): Promise<void> {
  const { licence } = applying.read;
  const told = licence === null ? null : tariffOf(licence.licence);
  if (told === null || licence === null || (told.ok && isDeepStrictEqual(told.value, rental.tariff))) return;
  await raise(
    applying,
    'security_licence_tariff',
    licence.signer.id,
    'critical',
    `the licence of rental ${rental.rentalId} carries another tariff than the hub gave: the hub's counts`,
  );
}

/** A rental that must be known already. */
export async function knownRental(applying: Applying, rentalId: RentalId): Promise<RentalRow> {
  const rental = await applying.stores.rentals.findForUpdate({ rentalId });
  if (rental === null) throw new EventRefused('rental_unknown', 'no rental has this id');
  return rental;
}

export async function applyEvent(
  applying: Applying,
  rental: RentalRow,
  event: RentalEvent,
  detail: Readonly<Record<string, unknown>>,
): Promise<RentalRow> {
  const applied = orRefuse(await applyToRental(applying, rental, event, causeOf(applying, '', detail)));
  return applied.rental;
}

/** RNT-1: the meter runs. A kiosk reports its own copies only. */
export async function rentalStarted(applying: Applying, data: EventData<'rental.started'>): Promise<void> {
  const rental = await licensedRental(applying, data.rentalId);
  ownCopy(applying);
  const { at, uncertain } = timeOf(applying, data.startedAt, 'start');
  const hours = rental.tariff.hold.expiresAfter;
  const told: RentalRow = {
    ...rental,
    kioskId: applying.terminalId,
    slotProofKey: data.slotProofKey,
    chunkHashes: data.chunkHashes,
    offline: data.offline,
    hold: data.hold,
    holdExpiresAt: data.hold === null ? null : epochMs(at + spanMs(hours)),
  };
  const after = await applyEvent(
    applying,
    told,
    { kind: 'started', at },
    { uncertain, verification: data.verification },
  );
  if (data.offline) await checkAllotment(applying, after, { at, said: data.startedAt });
  if (after.reservationId !== null) await collected(applying, after);
  const proven = await judgeShown(applying, after);
  await checkWaitingProofs(applying, proven);
  await checkSittings(applying, proven);
}

/** SEC-8: the kiosk told by now of every player that it took on. */
const checkSittings = ({ stores, terminalId, now, newId }: Applying, rental: RentalRow): Promise<void> =>
  judgeStrangers(stores, rental, { carriedBy: terminalId, now, newId });

const SPAN_MS = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;
const spanMs = (span: { readonly unit: keyof typeof SPAN_MS; readonly count: number }): number =>
  SPAN_MS[span.unit] * span.count;

function ownCopy(applying: Applying): void {
  const { read, terminalId } = applying;
  if (read.licence?.licence.keyturn.terminal !== terminalId || read.licence.signer.id !== terminalId)
    throw new EventRefused('licence_other_kiosk', 'the licence was signed by another terminal');
}

/** The reservation that the rental used leaves the queue: its own member's place for this title, never another (RSV-1). */
async function collected(applying: Applying, rental: RentalRow): Promise<void> {
  const { reservationId, titleId, memberId } = rental;
  if (reservationId === null || memberId === null) return;
  await applying.stores.reservations.patchWhere(
    { reservationId, titleId, memberId, state: ['waiting', 'ready', 'paused'] },
    { state: 'collected', endedAt: applying.now, readyUntil: null },
  );
}

/** RNT-1: nothing readable is left, nothing is charged. A write that was never prepared at the hub leaves no trace. */
export async function rentalFailed(applying: Applying, data: EventData<'rental.failed'>): Promise<void> {
  const rental = await applying.stores.rentals.findForUpdate({ rentalId: data.rentalId });
  if (rental === null) return;
  if (rental.kioskId !== null && rental.kioskId !== applying.terminalId)
    throw new EventRefused('rental_not_yours', 'another kiosk writes this rental');
  const { at } = timeOf(applying, data.at, 'start');
  await applyEvent(applying, rental, { kind: 'voided', at, reason: data.reason }, { reason: data.reason });
}

/** RNT-6: pulled after the key was begun. */
export async function rentalHeld(applying: Applying, data: EventData<'rental.held'>): Promise<void> {
  const rental = await licensedRental(applying, data.rentalId);
  ownCopy(applying);
  const { at } = timeOf(applying, data.slotBegunAt, 'start');
  const told = {
    ...rental,
    kioskId: applying.terminalId,
    slotProofKey: data.slotProofKey,
    chunkHashes: data.chunkHashes,
  };
  const after = await judgeShown(applying, await applyEvent(applying, told, { kind: 'held', at }, {}));
  await checkWaitingProofs(applying, after);
  await checkSittings(applying, after);
}

/** RNT-6: seen again, complete or wiped; at any kiosk, so perhaps heard of before the kiosk that wrote the copy told of it (SYN-2). */
export async function heldSettled(applying: Applying, data: EventData<'rental.held_settled'>): Promise<void> {
  const known = applying.read.licence === null ? knownRental : licensedRental;
  const rental = await known(applying, data.rentalId);
  const terminal = await applying.stores.terminals.find({ terminalId: applying.terminalId });
  if (terminal?.role !== 'kiosk')
    throw new EventRefused('rental_not_yours', 'only a kiosk settles a held copy');
  const { at, uncertain } = timeOf(applying, data.at, 'start');
  const kind = data.outcome === 'complete' ? 'held_settled_complete' : 'held_wiped';
  await applyEvent(applying, rental, { kind, at }, { uncertain });
}

/** RNT-7: the member reports media lost; the meter stops at the report. Only the member's own rentals. */
export async function mediumLost(applying: Applying, data: EventData<'medium.lost'>): Promise<void> {
  const member = await memberOf(applying, data.memberToken);
  if (!(await letIn(applying, member, data.visit)))
    hold(applying, 'member_not_here', 'the hub let this member in nowhere there: nobody reports for others');
  const { at, uncertain } = timeOf(applying, data.at, 'stop');
  for (const rentalId of data.rentalIds) {
    const rental = await knownRental(applying, rentalId);
    if (rental.memberId !== member.memberId)
      throw new EventRefused('rental_other_member', 'a rental of somebody else');
    const event: RentalEvent = { kind: 'reported_lost', at: latest(at, rental.startedAt) };
    const cause = causeOf(applying, rentalId, { uncertain });
    orRefuse(await applyToRental(applying, rental, event, cause));
  }
}

/** The earliest stop that can be true is the start itself (SYN-4). */
export const latest = (at: EpochMs, start: EpochMs | null): EpochMs =>
  start !== null && start > at ? start : at;
