import type { ClockEvidence } from '#hub/domain/fact-time.ts';
import { type HubDatabase, isPassing, type Transaction } from '#hub/ports/database.ts';
import type { CursorRow, InboxEventRow } from '#hub/ports/rows/index.ts';
import type { LaneKey, ReceivedEvent, Stores } from '#hub/ports/stores.ts';
import { together } from '#hub/ports/together.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { Batch, EnvelopeEvent, Lane } from '#shared/protocol/envelope.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import type { Heard, IngestRules } from './apply-one.ts';
import { ApplyTurns } from './apply-turns.ts';
import { applyBegunElsewhere, applyEarlyLosses, blockedRentals, rentalIdIn } from './dead-letters.ts';
import type { Read } from './documents.ts';

export interface ReceivedBatch {
  readonly batch: Batch;
  readonly receivedAt: EpochMs;
  /** How long the packet was in which it came; absent: nobody knows. */
  readonly packetBytes?: number;
}

/** Where a lane stands after the commit; `conflict`: a sequence came again with another event (SYN-3). */
export interface LaneStanding extends LaneKey {
  readonly contiguous: number;
  readonly conflict: boolean;
}

/** Events of a gap that were stored before are read back in pieces of this size. */
const RUN_LIMIT = 5000;

const laneName = (key: { terminalId: TerminalId; epoch: string; lane: number }) =>
  `${key.terminalId} ${key.epoch} ${key.lane}`;

/**
 * Applies many terminals' batches in one transaction (DESIGN §3): inbox, conflicts, cursors, state machines, ledger. Answers where
 * each lane stands. Everything was committed when it resolves; a passing fault is thrown and nothing happened.
 *
 * First all events in one go over rows that are loaded once (`loaded/`); if one of them cannot be applied, the group is done again in pieces with a savepoint
 * around each, so that the bad one alone goes to the dead letters. Good groups pay nothing for that.
 */
export async function commitGroup(
  db: HubDatabase,
  rules: IngestRules,
  group: readonly ReceivedBatch[],
): Promise<readonly LaneStanding[]> {
  const received = group.flatMap(eventsOf);
  const reads = new Map<EnvelopeEvent, Read>();
  const readAll = ({ batch, packetBytes }: ReceivedBatch) =>
    batch.events.map(async (event) => reads.set(event, await rules.read(event, null, packetBytes)));
  await Promise.all(group.flatMap(readAll));
  const attempt = (stores: Stores, transaction: Transaction, how: 'at once' | 'carefully') =>
    new GroupCommit(stores, transaction, how, rules, reads).run(group, received);
  const carefully = () => db.transaction((stores, transaction) => attempt(stores, transaction, 'carefully'));
  const atOnce = () =>
    db
      .transaction((stores, transaction) => attempt(stores, transaction, 'at once'))
      .catch((error: unknown) => {
        if (isPassing(error)) throw error;
        rules.passed?.(`group: ${error instanceof Error ? error.message : String(error)}`);
        return carefully();
      });
  const { standings, heard } = await (rules.oneByOne === true ? carefully() : atOnce());
  if (rules.heard !== undefined) for (const each of heard) rules.heard(each);
  return standings;
}

interface Committed {
  readonly standings: readonly LaneStanding[];
  readonly heard: readonly Heard[];
}

const eventsOf = ({ batch, receivedAt }: ReceivedBatch): ReceivedEvent[] =>
  batch.events.map((event) => ({
    terminalId: batch.terminal,
    epoch: batch.epoch,
    lane: batch.lane,
    event,
    receivedAt,
  }));

/** What the inbox says to events that came. */
interface Stored {
  /** Lanes of which a sequence came again with another event. */
  readonly lanes: ReadonlySet<string>;
  /** Those other events. */
  readonly places: ReadonlySet<ReceivedEvent>;
  /** What stood there already, word for word or but for its date. */
  readonly repeated: ReadonlyMap<ReceivedEvent, InboxEventRow>;
}

/** One attempt at a group, with the stores of its transaction. */
class GroupCommit {
  readonly #stores: Stores;
  readonly #transaction: Transaction;
  readonly #how: 'at once' | 'carefully';
  readonly #rules: IngestRules;
  readonly #reads: ReadonlyMap<EnvelopeEvent, Read>;
  readonly #now: EpochMs;
  /** Events that are applied at another place or came to their turn in this group already: an id counts once, whatever place it comes with (PR-13). */
  readonly #applied = new Set<string>();
  readonly #boots = new Map<string, NonNullable<ClockEvidence['boot']>>();
  readonly #blocked = new Set<string>();
  /** Events that came to their turn, in the order in which they are applied. */
  readonly #turns: ReceivedEvent[] = [];

  constructor(
    stores: Stores,
    transaction: Transaction,
    how: 'at once' | 'carefully',
    rules: IngestRules,
    reads: ReadonlyMap<EnvelopeEvent, Read>,
  ) {
    this.#stores = stores;
    this.#transaction = transaction;
    this.#how = how;
    this.#rules = rules;
    this.#reads = reads;
    this.#now = rules.clock.now();
  }

  async run(group: readonly ReceivedBatch[], received: readonly ReceivedEvent[]): Promise<Committed> {
    for (const each of group) this.#noteBoot(each);
    const batches = byLane(group, ({ batch }) => laneKeyOf(batch));
    const keys = [...batches.values()].flatMap(([first]) =>
      first === undefined ? [] : laneKeyOf(first.batch),
    );
    const cursors = await this.#stores.inbox.lockCursors(keys, this.#now);
    const near = withinWindow(received, cursors, batches);
    const events = byLane(near, (each) => each);
    const [conflicts, blocked, revoked] = await together([
      this.#store(near),
      this.#blockedBy(near),
      this.#revokedOf(group),
      this.#noteApplied(near),
    ]);
    for (const key of blocked) this.#blocked.add(key);
    const moved: CursorRow[] = [];
    for (const cursor of cursors) {
      const name = laneName(cursor);
      moved.push(await this.#advance(cursor, batches.get(name) ?? [], events.get(name) ?? [], conflicts));
    }
    const turns = new ApplyTurns({
      ...{ stores: this.#stores, rules: this.#rules, reads: this.#reads },
      careful: this.#how === 'carefully' ? this.#transaction : null,
      ...{ now: this.#now, boots: this.#boots, revoked, blocked: this.#blocked },
    });
    await turns.run(this.#turns);
    await applyBegunElsewhere(this.#stores, this.#transaction, this.#rules, turns.heard);
    await applyEarlyLosses(this.#stores, this.#transaction, this.#rules, turns.heard);
    await this.#stores.inbox.moveCursors(moved);
    const standings = moved.map((cursor) => ({
      terminalId: cursor.terminalId,
      epoch: cursor.epoch,
      lane: cursor.lane as Lane,
      contiguous: cursor.contiguous,
      conflict: conflicts.lanes.has(laneName(cursor)),
    }));
    return { standings, heard: turns.heard };
  }

  #noteBoot({ batch, receivedAt }: ReceivedBatch): void {
    if (batch.boot === undefined) return;
    const { bootId, monotonic } = batch.boot;
    const name = `${batch.terminal} ${bootId}`;
    const known = this.#boots.get(name);
    if (known === undefined || receivedAt - monotonic < known.hubTime - known.monotonic)
      this.#boots.set(name, { bootId, monotonic, hubTime: receivedAt, sure: false });
  }

  async #revokedOf(group: readonly ReceivedBatch[]): Promise<ReadonlySet<TerminalId>> {
    const terminalId = [...new Set(group.map(({ batch }) => batch.terminal))];
    const gone = await this.#stores.terminals.list(
      { terminalId, state: ['revoked', 'decommissioned'] },
      { limit: terminalId.length, often: true },
    );
    return new Set(gone.map((terminal) => terminal.terminalId));
  }

  async #noteApplied(events: readonly ReceivedEvent[]): Promise<void> {
    for (const other of await this.#stores.inbox.elsewhere(events))
      this.#applied.add(`${other.terminalId} ${other.eventId}`);
  }

  /** Inbox and conflicts: what stands at a place first stays, another event for the same place is kept for staff (SYN-3). */
  async #store(received: readonly ReceivedEvent[]): Promise<Stored> {
    const lanes = new Set<string>();
    const places = new Set<ReceivedEvent>();
    const repeated = new Map<ReceivedEvent, InboxEventRow>();
    const stored = await this.#stores.inbox.insert(received);
    const standing = new Map(stored.map((one) => [`${laneName(one.row)} ${one.row.sequence}`, one]));
    for (const each of received) {
      const kept = standing.get(`${laneName(each)} ${each.event.sequence}`);
      if (kept?.row.eventId === each.event.id) {
        if (!kept.created) repeated.set(each, kept.row);
        continue;
      }
      if (kept === undefined) continue;
      lanes.add(laneName(each));
      places.add(each);
      await this.#keepConflict(each, kept.row);
    }
    return { lanes, places, repeated };
  }

  /**
   * What came again before its turn, as the log has it: whoever replays the log reads nothing else (SYN-2). Only the hub's time, which the terminal did not know when
   * it first sent the event (PR-26), is added to the log.
   */
  async #asLogged(again: ReceivedEvent, row: InboxEventRow): Promise<ReceivedEvent> {
    const { sequence, eventId: id, kind, data, receivedAt } = row;
    const { stamp } = again.event;
    const dated =
      row.stamp.clockOffset === null &&
      stamp.clockOffset !== null &&
      stamp.bootId === row.stamp.bootId &&
      stamp.monotonic === row.stamp.monotonic &&
      stamp.deviceTime === row.stamp.deviceTime;
    if (!dated) return { ...again, receivedAt, event: { sequence, id, kind, stamp: row.stamp, data } };
    const { terminalId, epoch, lane } = row;
    await this.#stores.inboxEvents.patch({ terminalId, epoch, lane, sequence }, { stamp });
    return { ...again, receivedAt, event: { sequence, id, kind, stamp, data } };
  }

  async #keepConflict(other: ReceivedEvent, kept: InboxEventRow): Promise<void> {
    const made = await this.#stores.conflicts.insert({
      conflictId: this.#id(),
      terminalId: other.terminalId,
      epoch: other.epoch,
      lane: other.lane,
      sequence: other.event.sequence,
      keptEventId: kept.eventId,
      otherEventId: other.event.id,
      other: other.event,
      receivedAt: other.receivedAt,
      settledAt: null,
      settledBy: null,
    });
    if (made === 'exists') return;
    await this.#stores.alerts.raise(
      this.#id(),
      {
        code: 'sequence_conflict',
        subject: other.terminalId,
        severity: 'critical',
        message: `lane ${other.lane} sequence ${other.event.sequence} came again with another event`,
        terminalId: other.terminalId,
        rentalId: null,
      },
      this.#now,
    );
  }

  /** Finds the contiguous run of one lane, of which these batches and events came, and answers its cursor behind it. */
  async #advance(
    cursor: CursorRow,
    batches: readonly ReceivedBatch[],
    received: readonly ReceivedEvent[],
    { places, repeated }: Stored,
  ): Promise<CursorRow> {
    const firstHeld = Math.max(cursor.firstHeld, ...batches.map(({ batch }) => batch.firstHeld));
    const last = Math.max(cursor.last, ...received.map(({ event }) => event.sequence));
    let contiguous = await this.#passGap(cursor, firstHeld);
    const fresh = new Map<number, ReceivedEvent>();
    for (const each of received) {
      if (places.has(each) || each.event.sequence <= contiguous) continue;
      const row = repeated.get(each);
      fresh.set(each.event.sequence, row === undefined ? each : await this.#asLogged(each, row));
    }
    let readBack: Map<number, ReceivedEvent> | null = null;
    for (;;) {
      const next = fresh.get(contiguous + 1) ?? readBack?.get(contiguous + 1);
      if (next !== undefined) {
        this.#comesToTurn(next);
        contiguous += 1;
      } else if (contiguous < last && readBack?.size !== 0) {
        readBack = await this.#storedAfter(cursor, contiguous);
        if (!readBack.has(contiguous + 1)) break;
      } else break;
    }
    return { ...cursor, contiguous, firstHeld, last, updatedAt: this.#now };
  }

  /** PR-16: in lane 1 the terminal may declare a gap; in lane 0 a gap stays, and staff hear of it. */
  async #passGap(cursor: CursorRow, firstHeld: number): Promise<number> {
    if (firstHeld <= cursor.contiguous + 1) return cursor.contiguous;
    const telemetry = cursor.lane === 1;
    await this.#stores.alerts.raise(
      this.#id(),
      {
        code: telemetry ? 'telemetry_gap' : 'event_gap',
        subject: cursor.terminalId,
        severity: telemetry ? 'info' : 'critical',
        message: `lane ${cursor.lane}: events ${cursor.contiguous + 1} to ${firstHeld - 1} are no longer held`,
        terminalId: cursor.terminalId,
        rentalId: null,
      },
      this.#now,
    );
    return telemetry ? firstHeld - 1 : cursor.contiguous;
  }

  /** Events that came before their time and wait in the inbox. */
  async #storedAfter(cursor: CursorRow, contiguous: number): Promise<Map<number, ReceivedEvent>> {
    const key: LaneKey = { terminalId: cursor.terminalId, epoch: cursor.epoch, lane: cursor.lane as Lane };
    const rows = await this.#stores.inbox.after(key, contiguous, RUN_LIMIT);
    const waiting = rows.map(
      ({ sequence, eventId, kind, stamp, data, receivedAt }): ReceivedEvent => ({
        ...key,
        event: { sequence, id: eventId, kind, stamp, data },
        receivedAt,
      }),
    );
    // While they waited, their rentals may have got a dead letter, and they themselves may have been applied under another epoch.
    await this.#noteApplied(waiting);
    for (const key of await this.#blockedBy(waiting)) this.#blocked.add(key);
    return new Map(waiting.map((each) => [each.event.sequence, each]));
  }

  #blockedBy(events: readonly ReceivedEvent[]): Promise<ReadonlySet<string>> {
    const rentalIds = events.map(({ event }) => rentalIdIn(event.data)).filter((id) => id !== null);
    return blockedRentals(this.#stores, [...new Set(rentalIds)]);
  }

  #comesToTurn(received: ReceivedEvent): void {
    const name = `${received.terminalId} ${received.event.id}`;
    if (this.#applied.has(name)) return;
    this.#applied.add(name);
    this.#turns.push(received);
  }

  #id(): string {
    return newId<string>(this.#rules.clock, this.#rules.random);
  }
}

/** In their order, by the names of their lanes. */
function byLane<Each>(
  all: readonly Each[],
  keyOf: (each: Each) => LaneKey,
): ReadonlyMap<string, readonly Each[]> {
  const lanes = new Map<string, Each[]>();
  for (const each of all) {
    const name = laneName(keyOf(each));
    const same = lanes.get(name);
    if (same === undefined) lanes.set(name, [each]);
    else same.push(each);
  }
  return lanes;
}

/**
 * PR-11: what lies further ahead of a lane than its window is left unread, and the ack says where the lane stands. A terminal sends it again from there; one that leaves gaps on
 * purpose fills nobody's inbox.
 */
function withinWindow(
  received: readonly ReceivedEvent[],
  cursors: readonly CursorRow[],
  batches: ReadonlyMap<string, readonly ReceivedBatch[]>,
): readonly ReceivedEvent[] {
  const ends = new Map(
    cursors.map((cursor) => {
      // What lies before it is no longer held, and will not come (PR-16).
      const held = batches.get(laneName(cursor)) ?? [];
      const dropped = cursor.lane === 1 ? held.map(({ batch }) => batch.firstHeld - 1) : [];
      return [laneName(cursor), Math.max(cursor.contiguous, ...dropped) + LIMITS.window];
    }),
  );
  return received.filter((each) => each.event.sequence <= (ends.get(laneName(each)) ?? -1));
}

const laneKeyOf = (batch: Batch): LaneKey => ({
  terminalId: batch.terminal,
  epoch: batch.epoch,
  lane: batch.lane,
});
