import type { z } from 'zod';
import type { EventId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { EnvelopeEvent, Lane, Stamp } from '#shared/protocol/envelope.ts';

/** A kind of business row in the terminal's own store: rows are JSON, decoded by the schema whenever they are read. */
export interface Table<T> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
}

/** Declares a table. Names are `a-z_`; a table exists from its first row on. */
export const table = <T>(name: string, schema: z.ZodType<T>): Table<T> => ({ name, schema });

export interface StoredRow<T> {
  readonly key: string;
  readonly value: T;
}

/** Reading: sees what is committed, inside a transaction also what it wrote itself. */
export interface EdgeReader {
  get<T>(from: Table<T>, key: string): T | null;
  /** Rows in order of their keys, at most `limit` (default: all), only keys that begin with `prefix`. */
  list<T>(
    from: Table<T>,
    options?: { readonly prefix?: string; readonly limit?: number },
  ): readonly StoredRow<T>[];
}

/** An event on its way into the outbox; the store gives it its lane's next sequence. */
export interface NewEvent {
  readonly id: EventId;
  readonly kind: string;
  readonly lane: Lane;
  readonly stamp: Stamp;
  readonly data: unknown;
}

export interface EdgeTransaction extends EdgeReader {
  put<T>(into: Table<T>, key: string, value: T): void;
  remove<T>(from: Table<T>, key: string): void;
  /** Puts an event into the outbox and answers its sequence in its lane. */
  append(event: NewEvent): number;
}

/** Where a lane stands. All sequences begin at 0. */
export interface LanePosition {
  /** First sequence still held, acknowledged or not; `last + 1` when nothing is. */
  readonly firstHeld: number;
  /** Last sequence made; −1 before the first. */
  readonly last: number;
  /** Everything up to here is committed at the hub, as far as this terminal knows; −1 when nothing is. */
  readonly acked: number;
  /** How many events wait for the hub, and the device time of the oldest. */
  readonly queued: number;
  readonly oldestAt: EpochMs | null;
}

/**
 * The terminal's own durable store (DESIGN §3): business rows and outbox in one place, so that both are in one transaction.
 * Calls are synchronous: when `transaction` has returned, a power cut loses nothing of it. A disk that refuses throws `StoreFailure`.
 * Implementations: `memoryStore` (tests, simulation), `openLibsqlStore` (`drivers/libsql-store.ts`).
 */
export interface EdgeStore extends EdgeReader {
  /** All or nothing. Work must not be asynchronous, and transactions do not nest. */
  transaction<T>(work: (tx: EdgeTransaction) => T): T;
  /** Made when the store was born; a new one after a conflict (SYN-3). */
  epoch(): string;
  position(lane: Lane): LanePosition;
  /** Held events from sequence `from` on, in order, at most so many events and bytes of JSON (always at least one, if there is one). */
  read(
    lane: Lane,
    from: number,
    limits: { readonly events: number; readonly bytes: number },
  ): readonly EnvelopeEvent[];
  /** The hub has committed everything up to `contiguous`. Lane 1 forgets it at once, lane 0 keeps it (SYN-6). Never moves back. */
  acknowledge(lane: Lane, contiguous: number, at: EpochMs): void;
  /** The hub stands at `contiguous` only (restored from a backup, SYN-6): what is held beyond it is queued again. */
  rewind(lane: Lane, contiguous: number): void;
  /** Begins a new epoch: everything held, acknowledged or not, is queued again from sequence 0 on, in the old order, with the same ids. */
  beginEpoch(epoch: string): void;
  /** Forgets acknowledged events of lane 0 that were acknowledged before `before`. Answers how many. */
  purgeAcknowledged(before: EpochMs): number;
  /** Storage is short (SYN-5): drops the oldest telemetry until at most `keep` events of lane 1 are held. Answers how many went. */
  dropTelemetry(keep: number): number;
  close(): void;
}

/** The disk refused or holds something unreadable: what was to be recorded did not happen. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  readonly code:
    | 'store_full'
    | 'store_io_error'
    | 'store_row_malformed'
    | 'store_not_durable'
    | 'store_in_use';
  constructor(code: StoreFailure['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A row that the hub can bring again: one that an older or newer program wrote in another shape counts as absent, so that an update
 * never keeps a terminal from starting. Not for what only this terminal knows.
 */
export function getReplaceable<T>(reader: EdgeReader, from: Table<T>, key: string): T | null {
  try {
    return reader.get(from, key);
  } catch (failure) {
    if (failure instanceof StoreFailure && failure.code === 'store_row_malformed') return null;
    throw failure;
  }
}
