import type { ClockEvidence } from '#hub/domain/fact-time.ts';
import { isPassing, type Transaction } from '#hub/ports/database.ts';
import type { ReceivedEvent, Stores } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { EnvelopeEvent } from '#shared/protocol/envelope.ts';
import { applyOne, type Heard, type IngestRules } from './apply-one.ts';
import { EventRefused } from './context.ts';
import { blockKey, causeOfFailure, rentalIdIn } from './dead-letters.ts';
import type { Read } from './documents.ts';
import { isQuarantined, isSecurityCause, SECURITY_ALERTS } from './held.ts';
import { type Coming, groupStores } from './loaded/group-stores.ts';

const unheard = (): void => {};

/** What the events of a group are applied with. */
export interface Around {
  readonly stores: Stores;
  /** Null: the fast way, where the first fault ends the attempt. */
  readonly careful: Transaction | null;
  readonly rules: IngestRules;
  readonly reads: ReadonlyMap<EnvelopeEvent, Read>;
  readonly now: EpochMs;
  /** The boot of each terminal of this group, as its batches date it; the earliest counts (PR-26). */
  readonly boots: ReadonlyMap<string, NonNullable<ClockEvidence['boot']>>;
  /** Terminals that are no longer part of the fleet: what comes from them is kept for staff, neither refused nor applied (DESIGN §5). */
  readonly revoked: ReadonlySet<TerminalId>;
  /** What waits behind unsettled dead letters (`blockKey`). */
  readonly blocked: Set<string>;
}

/** Applies or buries the events of a group that came to their turn. */
export class ApplyTurns {
  readonly #around: Around;
  readonly heard: Heard[] = [];

  constructor(around: Around) {
    this.#around = around;
  }

  /**
   * Applies what came to its turn, all lanes' runs one behind the other. Fast: all at once, and the first fault ends the attempt. Careful: in pieces, each
   * with a savepoint; one that fails is undone and made smaller, until the bad event stands alone and goes to the dead letters.
   */
  async run(turns: readonly ReceivedEvent[]): Promise<void> {
    if (this.#around.careful === null) {
      await this.#applyPiece(this.#around.stores, turns, { at: 0 });
      return;
    }
    if (this.#around.rules.oneByOne === true) {
      for (const each of turns) await this.#alone(this.#around.careful, each);
      return;
    }
    let size = Math.ceil(turns.length / 2);
    for (let at = 0; at < turns.length; ) {
      const piece = turns.slice(at, at + size);
      const reached = { at: 0 };
      const before = this.heard.length;
      try {
        await this.#around.careful.savepoint((stores) => this.#applyPiece(stores, piece, reached));
      } catch (error) {
        if (isPassing(error)) throw error;
        this.heard.length = before;
        const [only] = piece;
        if (piece.length > 1) {
          // Met while applying: what came before it is good. Met while writing: it may be any of them.
          size = reached.at < piece.length ? Math.max(1, reached.at) : Math.ceil(piece.length / 2);
          continue;
        }
        if (only !== undefined) await this.#alone(this.#around.careful, only);
      }
      at += piece.length;
      size *= 2;
    }
  }

  /** Over loaded rows, which are written in the end. `reached`: at which event a fault was met; behind the last: when they were written. */
  async #applyPiece(stores: Stores, piece: readonly ReceivedEvent[], reached: { at: number }): Promise<void> {
    const loaded = groupStores(stores, this.#around.rules.passed ?? unheard);
    const coming: Coming[] = [];
    for (const { terminalId, event } of piece) {
      const read = await this.#readOf(stores, event);
      if (read.ok) coming.push({ terminalId, read: read.value });
    }
    await loaded.load(coming);
    for (const each of piece) {
      const why = this.#keptBack(each);
      if (why === null) await this.#apply(loaded.stores, each);
      else await this.#bury(loaded.stores, each, why.state, why);
      reached.at += 1;
    }
    await loaded.flush();
  }

  /** One event at the database itself: what cannot be applied there goes to the dead letters. */
  async #alone(careful: Transaction, only: ReceivedEvent): Promise<void> {
    const kept = this.#keptBack(only);
    if (kept !== null) return this.#bury(this.#around.stores, only, kept.state, kept);
    try {
      await careful.savepoint((stores) => this.#apply(stores, only));
    } catch (error) {
      if (isPassing(error)) throw error;
      const why = causeOfFailure(error);
      const rentalId = rentalIdIn(only.event.data);
      if (rentalId !== null) this.#around.blocked.add(blockKey(rentalId, only.terminalId));
      await this.#bury(this.#around.stores, only, isQuarantined(why.cause) ? 'quarantined' : 'dead', why);
    }
  }

  /** Why an event is not even tried. */
  #keptBack({ terminalId, event }: ReceivedEvent) {
    const rentalId = rentalIdIn(event.data);
    if (this.#around.revoked.has(terminalId)) {
      const message = `${terminalId} was revoked before this came`;
      return { state: 'quarantined', cause: 'terminal_revoked', message } as const;
    }
    if (rentalId === null || !this.#around.blocked.has(blockKey(rentalId, terminalId))) return null;
    const message = 'an earlier event of this rental could not be applied';
    return { state: 'parked', cause: 'waits_behind', message } as const;
  }

  async #apply(stores: Stores, received: ReceivedEvent): Promise<void> {
    const { terminalId, event } = received;
    const read = await this.#readOf(stores, event);
    if (!read.ok) throw new EventRefused(read.error.code, read.error.message);
    const origin = {
      ...received,
      sentIn: this.#around.boots.get(`${terminalId} ${event.stamp.bootId}`) ?? null,
    };
    await applyOne(stores, this.#around.rules, origin, read.value, this.#around.now);
    this.heard.push({ terminalId, event, outcome: 'applied' });
  }

  /** What came with this group was read before the transaction; what waited for it behind a gap is read in it. */
  async #readOf(stores: Stores, event: EnvelopeEvent): Promise<Read> {
    return this.#around.reads.get(event) ?? (await this.#around.rules.read(event, stores));
  }

  /** SYN-3: the list for staff, with the cause. */
  async #bury(
    stores: Stores,
    received: ReceivedEvent,
    state: 'dead' | 'parked' | 'quarantined',
    why: { readonly cause: string; readonly message: string },
  ): Promise<void> {
    const { terminalId, epoch, lane, event } = received;
    const rentalId = rentalIdIn(event.data);
    this.heard.push({ terminalId, event, outcome: state });
    await stores.deadLetters.insert({
      deadLetterId: this.#id(),
      terminalId,
      epoch,
      lane,
      sequence: event.sequence,
      eventId: event.id,
      rentalId,
      event,
      state,
      cause: why.cause,
      message: why.message,
      createdAt: this.#around.now,
      tries: 0,
      settledAt: null,
      settledBy: null,
    });
    if (state === 'parked') return;
    const security = isSecurityCause(why.cause) ? SECURITY_ALERTS[why.cause] : null;
    await stores.alerts.raise(
      this.#id(),
      {
        code: security ?? 'dead_letter',
        subject: security === null ? event.id : terminalId,
        severity: security === null ? 'warning' : 'critical',
        message:
          `${event.kind.slice(0, 64)} of ${terminalId}: ${security === null ? why.cause : why.message}`.slice(
            0,
            500,
          ),
        terminalId,
        rentalId,
      },
      this.#around.now,
    );
  }

  #id(): string {
    return newId<string>(this.#around.rules.clock, this.#around.rules.random);
  }
}
