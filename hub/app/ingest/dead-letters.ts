import type { HubDatabase, Transaction } from '#hub/ports/database.ts';
import { isPassing } from '#hub/ports/database.ts';
import type { DeadLetterRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Lane } from '#shared/protocol/envelope.ts';
import { applyOne, type Heard, type IngestRules, type Origin } from './apply-one.ts';
import { EventRefused } from './context.ts';
import { isQuarantined, mayBeOverruled, SECURITY_ALERTS } from './held.ts';
import { othersIn, slotWasShown } from './proof.ts';

/** Where letters are tried again: the database, or within a transaction, each with a savepoint. */
type Desk = Pick<HubDatabase, 'stores'> & {
  transaction(work: (stores: Stores) => Promise<void>): Promise<void>;
  /** The transaction's; absent: at the database. */
  readonly within?: Stores;
};

/** What waits behind unsettled dead letters of these rentals (SYN-3): keys of `blockKey`. */
export async function blockedRentals(
  stores: Stores,
  rentalIds: readonly RentalId[],
): Promise<ReadonlySet<string>> {
  if (rentalIds.length === 0) return new Set();
  const rows = await stores.deadLetters.list(
    { rentalId: rentalIds, state: ['dead', 'parked', 'quarantined'] },
    { limit: 10_000, often: true },
  );
  return new Set(rows.map((row) => blockKey(row.rentalId ?? '', row.terminalId)));
}

/**
 * A bad event blocks what its own terminal says of the rental afterwards, and nobody else: facts of different terminals commute (SYN-2), and with a forged or senseless
 * event nobody may stop the true return (SEC-4).
 */
export const blockKey = (rentalId: string, terminalId: string): string => `${rentalId} ${terminalId}`;

/** Why an event could not be applied, as staff read it. */
export function causeOfFailure(error: unknown): { readonly cause: string; readonly message: string } {
  if (error instanceof EventRefused) return { cause: error.cause_, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { cause: 'internal_error', message: message.slice(0, 500) };
}

/** Nothing that cannot be stored as a rental's id may block anything. */
export function rentalIdIn(data: unknown): RentalId | null {
  if (typeof data !== 'object' || data === null) return null;
  const id: unknown = Reflect.get(data, 'rentalId');
  return typeof id === 'string' && id.length <= 64 ? (id as RentalId) : null;
}

export type SettleFault = Fault<
  | 'dead_letter_unknown'
  | 'dead_letter_settled'
  | 'dead_letter_behind'
  | 'dead_letter_quarantined'
  | 'dead_letter_not_acceptable'
>;

/**
 * Tries a dead letter again, and when it can be applied now, the events that wait behind it in their order. Answers how many were applied; a letter that
 * still fails stays with its new cause and one try more. `dead_letter_behind`: an earlier letter of its rental comes first.
 */
export async function retryDeadLetter(
  db: HubDatabase,
  rules: IngestRules,
  deadLetterId: string,
  by: string,
): Promise<Result<{ readonly applied: number }, SettleFault>> {
  const found = await unsettled(db, deadLetterId);
  if (!found.ok) return found;
  const row = found.value;
  if (row.state === 'quarantined')
    return fault(
      'dead_letter_quarantined',
      'what a revoked terminal signed is accepted by two people or dismissed',
    );
  const first = row.state === 'parked' && row.rentalId !== null ? await firstOf(db.stores, row) : row;
  if (first?.deadLetterId !== deadLetterId)
    return fault('dead_letter_behind', 'an earlier event of its rental waits first');
  return ok({ applied: await applyQueue(db, rules, row, by) });
}

/**
 * Two people decide that an event counts although it was kept back (SEC-4): it is applied as its terminal reported it, within their transaction. Answers what was
 * overruled by that; those behind it wait for a retry. `dead_letter_not_acceptable`: a cause that nobody may overrule, now or then.
 */
export async function acceptDeadLetter(
  stores: Stores,
  rules: IngestRules,
  deadLetterId: string,
  by: string,
): Promise<Result<{ readonly overruled: readonly string[] }, SettleFault>> {
  const row = await stores.deadLetters.findForUpdate({ deadLetterId });
  const open = settleable(row);
  if (!open.ok) return open;
  if (!mayBeOverruled(open.value.cause)) return notAcceptable(open.value.cause);
  const now = rules.clock.now();
  const read = await rules.read(open.value.event, stores);
  if (!read.ok) return notAcceptable(read.error.code);
  const overruled = new Set<string>([open.value.cause]);
  try {
    await applyOne(stores, rules, originOf(open.value), read.value, now, overruled);
  } catch (error) {
    if (!(error instanceof EventRefused)) throw error;
    return notAcceptable(error.cause_);
  }
  await stores.deadLetters.patch(
    { deadLetterId },
    { state: 'applied', tries: open.value.tries + 1, settledAt: now, settledBy: by },
  );
  return ok({ overruled: [...overruled].sort() });
}

const notAcceptable = (cause: string) =>
  fault('dead_letter_not_acceptable', 'this event cannot be accepted, only dismissed', { cause });

/** Staff decide that an event is not to be applied; those behind it are applied now. */
export async function dismissDeadLetter(
  db: HubDatabase,
  rules: IngestRules,
  deadLetterId: string,
  by: string,
): Promise<Result<{ readonly applied: number }, SettleFault>> {
  const found = await unsettled(db, deadLetterId);
  if (!found.ok) return found;
  const row = found.value;
  await db.stores.deadLetters.patch(
    { deadLetterId },
    { state: 'dismissed', settledAt: rules.clock.now(), settledBy: by },
  );
  const next = await firstOf(db.stores, row);
  return ok({ applied: next === null ? 0 : await applyQueue(db, rules, next, by) });
}

/**
 * RET-3, SYN-2: who finishes a torn return may be heard before the terminal that began it, or be the first that tells again after a restored backup (SYN-6). What was kept
 * back for that is applied with those behind it as soon as both are known, and its alert ends. Within the transaction in which `heard` was applied or
 * buried: the rental's lock sees to it that of two hubs with one of both each the later knows the other's.
 */
export async function applyBegunElsewhere(
  stores: Stores,
  transaction: Transaction,
  rules: IngestRules,
  heard: readonly Heard[],
): Promise<void> {
  const of = (kind: string, outcome: Heard['outcome']): RentalId[] =>
    heard
      .filter((each) => each.event.kind === kind && each.outcome === outcome)
      .map(({ event }) => rentalIdIn(event.data))
      .filter((id) => id !== null);
  const buried = [...new Set(of('return.destroyed', 'dead'))].sort();
  // Who began it tells that it took the medium, and then that it held the slot (PR-30).
  const begun = [...of('return.accepted', 'applied'), ...of('return.intent', 'applied')];
  const rentalId = [...new Set([...begun, ...buried])];
  if (rentalId.length === 0) return;
  // The savepoint of what was buried gave its lock back.
  for (const each of buried) await stores.rentals.findForUpdate({ rentalId: each });
  const letters = await stores.deadLetters.list(
    { rentalId, state: 'dead', cause: UNPROVEN },
    { orderBy: ['createdAt', 'epoch', 'sequence'], limit: 1000, often: true },
  );
  const desk: Desk = { stores, within: stores, transaction: (work) => transaction.savepoint(work) };
  for (const letter of letters) {
    if (!(await begunByAnother(stores, letter))) continue;
    if ((await applyQueue(desk, rules, letter, 'hub')) > 0) await endAlert(stores, rules, letter);
  }
}

/** What a hub that forgot a rental opens it with again. */
const OPENING = new Set([
  'rental.started',
  'rental.held',
  'rental.held_settled',
  'return.accepted',
  'return.destroyed',
]);

/**
 * RNT-7, SYN-6: a hub that was set back may hear at one kiosk that a medium is lost before another one tells again of the rental on it. Such a report is applied once its
 * rentals are known, whichever is heard first (SYN-2).
 */
export async function applyEarlyLosses(
  stores: Stores,
  transaction: Transaction,
  rules: IngestRules,
  heard: readonly Heard[],
): Promise<void> {
  if (!heard.some(({ event, outcome }) => outcome === 'applied' && OPENING.has(event.kind))) return;
  const letters = await stores.deadLetters.list(
    { state: 'dead', cause: 'rental_unknown' },
    { orderBy: ['createdAt', 'epoch', 'sequence'], limit: 1000, often: true },
  );
  const desk: Desk = { stores, within: stores, transaction: (work) => transaction.savepoint(work) };
  for (const letter of letters) {
    const ids: unknown = Reflect.get(Object(letter.event.data), 'rentalIds');
    if (letter.event.kind !== 'medium.lost' || !Array.isArray(ids)) continue;
    const known = await stores.rentals.count({ rentalId: ids as RentalId[] });
    if (known < new Set(ids).size || (await applyQueue(desk, rules, letter, 'hub')) === 0) continue;
    await stores.alerts.clear({ code: 'dead_letter', subject: letter.event.id }, 'hub', rules.clock.now());
  }
}

/** Of an event whose kind or shape this program does not know, or that is larger than it reads; a newer one may. */
const UNREAD = ['event_kind_unknown', 'event_too_large', 'event_malformed'];

/**
 * PR-8, SYN-3: what a hub of an older minor version could not read, from terminals that were newer than it, is applied with those behind it by the first hub that can, and
 * its alert ends. Answers how many were applied. At the start of a hub: nothing else makes a program read more than before.
 */
export async function applyReadable(db: HubDatabase, rules: IngestRules): Promise<number> {
  const letters = await db.stores.deadLetters.list(
    { state: 'dead', cause: UNREAD },
    { orderBy: ['createdAt', 'epoch', 'sequence'], limit: 10_000 },
  );
  let applied = 0;
  for (const letter of letters) {
    if (!(await rules.read(letter.event, null)).ok) continue;
    const count = await applyQueue(db, rules, letter, 'hub');
    if (count === 0) continue;
    applied += count;
    await db.stores.alerts.clear({ code: 'dead_letter', subject: letter.event.id }, 'hub', rules.clock.now());
  }
  return applied;
}

const UNPROVEN = 'return_unproven' satisfies keyof typeof SECURITY_ALERTS;

async function begunByAnother(
  stores: Stores,
  { event, terminalId, rentalId }: DeadLetterRow,
): Promise<boolean> {
  const returnId = Reflect.get(event.data as object, 'returnId') as ReturnId;
  const known = await stores.returns.find({ returnId });
  if (known === null || rentalId === null) return false;
  if (othersIn(known, terminalId).length > 0) return true;
  const rental = await stores.rentals.find({ rentalId });
  return rental !== null && slotWasShown(rental, returnId);
}

/** Unless another return of this terminal was kept back for the same. */
async function endAlert(stores: Stores, rules: IngestRules, { terminalId }: DeadLetterRow): Promise<void> {
  const others = { terminalId, cause: UNPROVEN, state: ['dead', 'quarantined', 'dismissed'] } as const;
  if ((await stores.deadLetters.count(others)) > 0) return;
  await stores.alerts.clear(
    { code: SECURITY_ALERTS[UNPROVEN], subject: terminalId },
    'hub',
    rules.clock.now(),
  );
}

async function unsettled(db: HubDatabase, deadLetterId: string): Promise<Result<DeadLetterRow, SettleFault>> {
  return settleable(await db.stores.deadLetters.find({ deadLetterId }));
}

function settleable(row: DeadLetterRow | null): Result<DeadLetterRow, SettleFault> {
  if (row === null) return fault('dead_letter_unknown', 'no dead letter has this id');
  if (row.state === 'applied' || row.state === 'dismissed')
    return fault('dead_letter_settled', `this letter is ${row.state}`);
  return ok(row);
}

/** The first letter of the same terminal and rental: they keep the order in which their events came. */
async function firstOf(
  stores: Stores,
  { rentalId, terminalId }: Pick<DeadLetterRow, 'rentalId' | 'terminalId'>,
): Promise<DeadLetterRow | null> {
  if (rentalId === null) return null;
  const [first] = await stores.deadLetters.list(
    { rentalId, terminalId, state: ['dead', 'parked'] },
    { orderBy: ['createdAt', 'epoch', 'sequence'], limit: 1 },
  );
  return first ?? null;
}

/** Applies a letter and then those behind it, each in its own transaction, until one fails or none is left. */
async function applyQueue(db: Desk, rules: IngestRules, first: DeadLetterRow, by: string): Promise<number> {
  let applied = 0;
  for (let row: DeadLetterRow | null = first; row !== null; ) {
    const letter: DeadLetterRow = row;
    if (!(await applyLetter(db, rules, letter, by))) break;
    applied += 1;
    row = await firstOf(db.stores, letter);
  }
  return applied;
}

async function applyLetter(db: Desk, rules: IngestRules, row: DeadLetterRow, by: string): Promise<boolean> {
  const key = { deadLetterId: row.deadLetterId };
  const now = rules.clock.now();
  const read = await rules.read(row.event, db.within ?? null);
  try {
    if (!read.ok) throw new EventRefused(read.error.code, read.error.message);
    await db.transaction(async (stores) => {
      const current = await stores.deadLetters.findForUpdate(key);
      if (current === null || current.state === 'applied' || current.state === 'dismissed') return;
      await applyOne(stores, rules, originOf(row), read.value, now);
      await stores.deadLetters.patch(key, {
        state: 'applied',
        tries: row.tries + 1,
        settledAt: now,
        settledBy: by,
      });
    });
    return true;
  } catch (error) {
    if (isPassing(error)) throw error;
    const why = causeOfFailure(error);
    const state = row.state === 'quarantined' || isQuarantined(why.cause) ? 'quarantined' : 'dead';
    await db.stores.deadLetters.patch(key, { state, tries: row.tries + 1, ...why });
    return false;
  }
}

const originOf = (row: DeadLetterRow): Origin => ({
  terminalId: row.terminalId,
  epoch: row.epoch,
  lane: row.lane as Lane,
  event: row.event,
  receivedAt: row.createdAt,
  sentIn: null,
});
