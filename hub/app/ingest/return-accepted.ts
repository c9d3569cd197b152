import { SURE_WITHIN_MS } from '#hub/domain/fact-time.ts';
import type { ReturnRow } from '#hub/ports/rows/index.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { RentalId, ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { type Applying, EventRefused, timeOf } from './context.ts';
import { namedInReceipt } from './proof.ts';
import { applyEvent, latest, licensedRental } from './rental-events.ts';
import { tellUnproven } from './shown-slot.ts';

/** A return as stored, or a new one; its rental must be the one the event names. */
export async function returnRow(
  applying: Applying,
  returnId: ReturnId,
  rentalId: RentalId,
): Promise<ReturnRow> {
  const known = await applying.stores.returns.findForUpdate({ returnId });
  if (known !== null && known.rentalId !== rentalId)
    throw new EventRefused('return_other_rental', 'this return belongs to another rental');
  return (
    known ?? {
      returnId,
      rentalId,
      copyId: null,
      terminalId: null,
      state: 'opened',
      t0: null,
      destroyedAt: null,
      offlineSince: null,
      agreed: null,
      due: null,
      payments: {},
      proof: 'pending',
      receiptId: null,
      finishers: [],
      updatedAt: applying.now,
    }
  );
}

/** Whether the terminal was without the hub from T0 until now: only then an earlier return wins by itself (RET-2). */
const offlineFromT0 = (t0: EpochMs, offlineSince: EpochMs | null): boolean =>
  offlineSince !== null && offlineSince <= t0;

/** What both acceptance and destruction say of a return. */
export async function factsOf(
  applying: Applying,
  data: EventData<'return.accepted'>,
  acceptedBy: string,
  start: EpochMs | null,
) {
  assert(applying.read.licence !== null, 'read with its licence');
  const { at, uncertain } = timeOf(applying, data.t0, 'stop');
  const licenceStart = applying.read.licence.licence.rights.start;
  const told = latest(at, start ?? licenceStart);
  const quoted = await quotedT0(applying, data);
  // A price was told for a T0 that the hub had to guess then: it stands, and staff see on the rental that it was a guess (SYN-4), though the clock is known by now.
  const guessed = quoted !== null && Math.abs(quoted - told) > SURE_WITHIN_MS;
  const facts = {
    returnId: data.returnId,
    terminalId: acceptedBy as ReturnRow['terminalId'] & string,
    t0: quoted ?? told,
    licenceStart,
    offlineSinceT0: offlineFromT0(data.t0, data.offlineSince),
  };
  return { facts, uncertain: uncertain || guessed };
}

/** T0 of the price that the hub told the customer at this terminal: it stands (CHG-7), whatever became known of the clock since. */
async function quotedT0(applying: Applying, data: EventData<'return.accepted'>): Promise<EpochMs | null> {
  const quote = await applying.stores.quotes.find({ returnId: data.returnId });
  if (quote === null || quote.total === null || quote.rentalId !== data.rentalId) return null;
  return quote.terminalId === applying.terminalId ? quote.t0 : null;
}

/** CHG-1: the terminal accepted the medium at T0. */
export async function returnAccepted(applying: Applying, data: EventData<'return.accepted'>): Promise<void> {
  const rental = await licensedRental(applying, data.rentalId);
  const { facts, uncertain } = await factsOf(applying, data, applying.terminalId, rental.startedAt);
  const known = await returnRow(applying, data.returnId, data.rentalId);
  const t0 = uncertain ? (known.t0 ?? facts.t0) : await earliestT0(applying, known, data, facts.t0);
  await applying.stores.returns.put({
    ...known,
    ...takenBy(known, applying.terminalId),
    copyId: data.copyId,
    state: known.state === 'opened' ? 'accepted' : known.state,
    t0,
    offlineSince: known.offlineSince ?? data.offlineSince,
    updatedAt: applying.now,
  });
  const began = known.state === 'destroyed' && known.t0 !== null && t0 < known.t0;
  const told = uncertain ? { guessed: facts.t0 } : { told: facts.t0 };
  const event = { kind: 'return_accepted' as const, at: facts.t0, ...facts, t0, ...told, began };
  const after = await applyEvent(applying, rental, event, { uncertain });
  await tellUnproven(applying, after, data.returnId);
}

/** Between taking a medium and telling of it a terminal lets no more than this pass. */
const FIRST_HAND_MS = 60_000;

/**
 * CHG-1: the meter stops where the medium was first taken. Who finishes a torn return may be heard before the terminal that began it, and that its receipt names: that one, which
 * tells of its T0 as it takes the medium, is right, also where the return is closed by then, since a hub that had not heard of the write (SYN-6) kept nothing back. A price that
 * was told stands (CHG-7). Where the receipt names nobody, only who showed the slot is believed (`shown-slot.ts`).
 */
async function earliestT0(
  applying: Applying,
  known: ReturnRow,
  data: Pick<EventData<'return.accepted'>, 't0'>,
  told: EpochMs,
): Promise<EpochMs> {
  const { stores, stamp } = applying;
  const { returnId, t0, state } = known;
  if (t0 === null || told >= t0) return t0 ?? told;
  if (Math.abs(stamp.deviceTime - data.t0) > FIRST_HAND_MS) return t0;
  if (state === 'destroyed' && !(await namedInReceipt(applying, known))) return t0;
  return (await stores.quotes.find({ returnId })) === null ? told : t0;
}

/**
 * Whose a return is: of the terminal that accepted the medium and told of it first. Another one that takes a torn return over to finish it (RET-3) is noted beside it:
 * it may finish and say what it took itself; giving the return up remains with the first.
 */
export const takenBy = (
  known: ReturnRow,
  terminalId: TerminalId,
): Pick<ReturnRow, 'terminalId' | 'finishers'> => ({
  terminalId: known.terminalId ?? terminalId,
  finishers:
    known.terminalId === null || known.terminalId === terminalId || known.finishers.includes(terminalId)
      ? known.finishers
      : [...known.finishers, terminalId],
});
/** SEC-4: whether the rental's medium was handed in at this terminal, as far as it told. */
export async function handedIn(
  { stores, terminalId }: Pick<Applying, 'stores' | 'terminalId'>,
  rentalId: RentalId,
): Promise<boolean> {
  const first = await stores.returns.first({ rentalId, terminalId });
  if (first !== null) return true;
  const others = await stores.returns.list({ rentalId }, { limit: 200 });
  return others.some((each) => takesPart(each, terminalId));
}
export const takesPart = (known: ReturnRow, terminalId: TerminalId): boolean =>
  known.terminalId === terminalId || known.finishers.includes(terminalId);
