import type { InboxEventRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import type { StolenTerminal } from '../world/stolen-terminal.ts';
import type { World } from '../world/world.ts';
import { allTransfers } from './books.ts';
import { inventedIn } from './invented.ts';

const MOST = 1_000_000;
/** A batch that was on its way to its commit. */
const SETTLED_WITHIN = 60_000;
/** What a terminal says of a rental without moving it: the medium came (its meter stops with the destruction alone, CHG-1), or came again. */
const SAID = new Set(['return_accepted', 'return_repeated']);
const NOTHING = new Set(['no_effect', 'duplicate', 'already_returned']);
/** RNT-6: any kiosk settles a held copy, by its word. Where the writing kiosk knows better, that one's stands and staff hear of it. */
const SETTLED = new Set(['held_wiped', 'held_settled_complete']);
const STANDS = new Set(['confirmed', 'to_staff']);
const nothing = { started: null, held: null, voided: null };
/** RET-5: what a return earns its member without a PIN. */
const EARNED = new Set(['points_for_rating', 'points_for_reservation']);

/**
 * SEC-4: who holds a terminal's true keys moves no rental but those that it says it wrote: nobody else's is charged, closed or void by it, and no member loses anything. It
 * may say that a medium was handed in to it, and what a customer may say at a return without a PIN. What is not believed waits under its own name; nothing counts after its revocation (SEC-1).
 */
export async function heldToItsOwn(world: World): Promise<readonly string[]> {
  const { stolen, database } = world;
  if (stolen === null) return [];
  const { stores } = database;
  const own = await inventedIn(world);
  const log = await stores.inboxEvents.list({ terminalId: stolen.id }, { limit: MOST });
  const told = new Set<unknown>(log.map(({ eventId }) => eventId));
  const revokedAt = (await stores.terminals.find({ terminalId: stolen.id }))?.revokedAt ?? null;
  const accepted = new Set(
    (await stores.returns.list({}, { limit: MOST }))
      .filter(({ terminalId, finishers }) => [terminalId, ...finishers].includes(stolen.id))
      .map(({ rentalId }) => rentalId as string),
  );
  const wrong: string[] = [];
  const tooLate = (at: number, what: string): void => {
    if (revokedAt !== null && at > revokedAt)
      wrong.push(`SEC-1: ${what} counted after ${stolen.id} was revoked`);
  };
  for (const [rentalId, postings] of await allTransfers(world))
    for (const { transfer } of postings) {
      if (!told.has(transfer.detail.eventId)) continue;
      tooLate(transfer.bookedAt, transfer.reason);
      if (own.has(rentalId) || (EARNED.has(transfer.reason) && accepted.has(rentalId))) continue;
      wrong.push(
        `SEC-4: ${stolen.id} booked ${transfer.reason} for rental ${rentalId}, which is not its own`,
      );
    }
  for (const { rentalId, kind, outcome, recordedAt, terminalId } of await stores.timeline.list(
    { terminalId: stolen.id },
    { limit: MOST },
  )) {
    tooLate(recordedAt, `${kind} of ${terminalId}`);
    if (own.has(rentalId) || SAID.has(kind) || NOTHING.has(outcome)) continue;
    if (kind === 'return_abandoned' && (await isHisOwnWord(stores, stolen.id, rentalId, recordedAt)))
      continue;
    const { started, held, voided } = (await stores.rentals.find({ rentalId }))?.state?.facts ?? nothing;
    const known = started !== null || voided !== null || held !== null;
    if (!SETTLED.has(kind) || (!STANDS.has(outcome) && !known))
      wrong.push(`SEC-4: by ${stolen.id} alone rental ${rentalId} is ${kind}: ${outcome}`);
  }
  // SEC-4, CHG-1: that a medium was handed in to him he may say; when a return began that others finished he may not, however his word came there.
  for (const { rentalId, state } of await stores.rentals.list({}, { limit: MOST })) {
    const counts = state?.facts.returns.find(({ returnId }) => returnId === state.basis?.returnId);
    if (counts?.terminalId === stolen.id && !own.has(rentalId))
      wrong.push(`SEC-4: rental ${rentalId} counts from a time that ${stolen.id} told`);
  }
  for (const { eventId, rentalId } of await stores.ratings.list({}, { limit: MOST }))
    if (told.has(eventId) && !own.has(rentalId) && !accepted.has(rentalId))
      wrong.push(`RAT-1: ${stolen.id} rated rental ${rentalId}, which was never returned there`);
  for (const { code, subject, message } of await stores.alerts.list({}, { limit: MOST }))
    if (message.includes('said by a thief') && !subject.startsWith(stolen.id))
      wrong.push(`SEC-8: ${stolen.id} raised ${code} about ${subject}`);
  wrong.push(...(await placesKept(world, stolen)), ...(await quarantined(world, stolen, revokedAt)));
  for (const { lane, contiguous, last } of await stores.cursors.list(
    { terminalId: stolen.id },
    { limit: MOST },
  ))
    if (last - contiguous > LIMITS.window)
      wrong.push(`SYN-5: ${last - contiguous} places of ${stolen.id} lane ${lane} lie behind a gap`);
  if (stolen.answeredWhileBarred > 0)
    wrong.push(`SEC-1: ${stolen.answeredWhileBarred} questions of a revoked terminal were answered`);
  return wrong;
}

/** What he takes back was his own word: nobody else had told of a return of this rental by then. */
async function isHisOwnWord(
  { timeline }: Stores,
  terminalId: TerminalId,
  rentalId: RentalId,
  recordedAt: number,
): Promise<boolean> {
  const told = await timeline.list({ rentalId }, { limit: MOST });
  return told.every(
    (each) =>
      each.terminalId === terminalId ||
      each.recordedAt > recordedAt ||
      !['return_accepted', 'destroyed'].includes(each.kind),
  );
}

interface Heard {
  /** Events of lane 0 that came to their turn. */
  readonly turned: readonly InboxEventRow[];
  /** Those of which a letter was made. */
  readonly kept: ReadonlySet<string>;
}

async function heardOf({ database: { stores } }: World, { id: terminalId }: StolenTerminal): Promise<Heard> {
  const log = await stores.inboxEvents.list({ terminalId, lane: 0 }, { limit: MOST });
  const cursors = await stores.cursors.list({ terminalId, lane: 0 }, { limit: MOST });
  const until = new Map(cursors.map(({ epoch, contiguous }) => [epoch, contiguous]));
  const letters = await stores.deadLetters.list({ terminalId }, { limit: MOST });
  return {
    turned: log.filter(({ epoch, sequence }) => sequence <= (until.get(epoch) ?? -1)),
    kept: new Set<string>(letters.map(({ eventId }) => eventId)),
  };
}

/** SEC-1: what comes from a revoked terminal waits for staff, whatever it is. */
async function quarantined(
  world: World,
  stolen: StolenTerminal,
  revokedAt: number | null,
): Promise<readonly string[]> {
  if (revokedAt === null) return [];
  const { turned, kept } = await heardOf(world, stolen);
  const before = new Set(
    turned.filter(({ receivedAt }) => receivedAt <= revokedAt).map(({ eventId }) => eventId),
  );
  return turned
    .filter(({ eventId, receivedAt }) => receivedAt > revokedAt + SETTLED_WITHIN && !before.has(eventId))
    .filter(({ eventId }) => !kept.has(eventId))
    .map(({ kind }) => `SEC-1: ${kind.slice(0, 40)} counted after ${stolen.id} was revoked`);
}

/** RSV-1: a place in a queue that somebody else made for a member is not given up by a terminal's word alone. */
async function placesKept(world: World, stolen: StolenTerminal): Promise<readonly string[]> {
  const { turned, kept } = await heardOf(world, stolen);
  const named = (data: unknown): unknown => Reflect.get(Object(data), 'reservationId');
  const mine = new Set(
    turned.filter(({ kind }) => kind === 'reservation.requested').map(({ data }) => named(data)),
  );
  return turned
    .filter(({ kind }) => kind === 'reservation.cancelled')
    .filter(({ eventId, data }) => !kept.has(eventId) && !mine.has(named(data)))
    .map(({ data }) => `RSV-1: ${stolen.id} gave up the place ${String(named(data))}, which it never made`);
}
