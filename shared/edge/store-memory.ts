import { assert } from '#shared/kernel/assert.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { EnvelopeEvent, Lane } from '#shared/protocol/envelope.ts';
import type { EdgeReader, EdgeStore, EdgeTransaction, NewEvent, Table } from './store.ts';
import {
  assertAcknowledgeable,
  decodeRow,
  decodeStoredEvent,
  encodeEvent,
  encodeRow,
  firstQueued,
  type LaneBook,
  newLaneBook,
  positionOf,
} from './store-rows.ts';

interface HeldEvent {
  readonly text: string;
  readonly at: EpochMs;
  /** As it was read last: made once, since batches are sent again and again. */
  decoded?: EnvelopeEvent;
  ackedAt: EpochMs | null;
}

/** A row as it was written, with what was read of it last: frozen, since everybody who reads gets the same. */
interface HeldRow {
  readonly text: string;
  decoded?: { readonly table: unknown; readonly value: unknown };
}

function frozen<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value) || ArrayBuffer.isView(value))
    return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

function readRow<T>(from: Table<T>, key: string, row: HeldRow): T {
  if (row.decoded?.table !== from)
    row.decoded = { table: from, value: frozen(decodeRow(from, key, row.text)) };
  return row.decoded.value as T;
}

interface MemoryLane {
  book: LaneBook;
  readonly events: Map<number, HeldEvent>;
}

export interface MemoryStoreOptions {
  readonly epoch: string;
  /** Called before a transaction becomes visible; throws to play a disk that refuses or a power cut. */
  readonly beforeCommit?: () => void;
}

/**
 * The terminal's store in memory: for tests and the simulated fleet. Behaves like the one on disk (same contract suite); a restart is
 * played by giving the same store to a new runtime, since `close` keeps what is held.
 */
export function memoryStore(options: MemoryStoreOptions): EdgeStore {
  let epoch = options.epoch;
  const rows = new Map<string, Map<string, HeldRow>>();
  const lanes: Record<Lane, MemoryLane> = {
    0: { book: newLaneBook(), events: new Map() },
    1: { book: newLaneBook(), events: new Map() },
  };
  let inTransaction = false;

  const reader = (pending: ReadonlyMap<string, Map<string, HeldRow | null>>): EdgeReader => ({
    get: <T>(from: Table<T>, key: string): T | null => {
      const changed = pending.get(from.name)?.get(key);
      const row = changed === undefined ? rows.get(from.name)?.get(key) : changed;
      return row === undefined || row === null ? null : readRow(from, key, row);
    },
    list: <T>(from: Table<T>, choice: { prefix?: string; limit?: number } = {}) => {
      const prefix = choice.prefix ?? '';
      const merged = new Map<string, HeldRow>();
      for (const [key, row] of rows.get(from.name) ?? []) if (key.startsWith(prefix)) merged.set(key, row);
      for (const [key, row] of pending.get(from.name) ?? [])
        if (row === null) merged.delete(key);
        else if (key.startsWith(prefix)) merged.set(key, row);
      return [...merged]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .slice(0, choice.limit ?? Number.POSITIVE_INFINITY)
        .map(([key, row]) => ({ key, value: readRow(from, key, row) }));
    },
  });

  const change = (): { pending: Map<string, Map<string, HeldRow | null>>; events: NewEvent[] } => ({
    pending: new Map(),
    events: [],
  });

  const writer = (changes: ReturnType<typeof change>): EdgeTransaction => {
    const set = (name: string, key: string, row: HeldRow | null): void => {
      const table = changes.pending.get(name) ?? new Map<string, HeldRow | null>();
      changes.pending.set(name, table.set(key, row));
    };
    return {
      ...reader(changes.pending),
      put: (into, key, value) => set(into.name, key, { text: encodeRow(into, key, value) }),
      remove: (from, key) => set(from.name, key, null),
      append: (event) => {
        const ahead = changes.events.filter(({ lane }) => lane === event.lane).length;
        const sequence = lanes[event.lane].book.last + 1 + ahead;
        encodeEvent(event, sequence);
        changes.events.push(event);
        return sequence;
      },
    };
  };

  const apply = (changes: ReturnType<typeof change>): void => {
    for (const [name, table] of changes.pending) {
      const target = rows.get(name) ?? new Map<string, HeldRow>();
      rows.set(name, target);
      for (const [key, row] of table) {
        if (row === null) target.delete(key);
        else target.set(key, row);
      }
    }
    for (const event of changes.events) {
      const { book, events } = lanes[event.lane];
      if (events.size === 0) book.firstHeld = book.last + 1;
      book.last += 1;
      events.set(book.last, {
        text: encodeEvent(event, book.last),
        at: event.stamp.deviceTime,
        ackedAt: null,
      });
    }
  };

  const forget = (lane: Lane, sequences: readonly number[]): number => {
    const { book, events } = lanes[lane];
    for (const sequence of sequences) events.delete(sequence);
    book.firstHeld = events.size === 0 ? book.last + 1 : Math.min(...events.keys());
    return sequences.length;
  };

  return {
    ...reader(new Map()),
    transaction: (work) => {
      assert(!inTransaction, 'transactions of the store do not nest');
      inTransaction = true;
      try {
        const changes = change();
        const value = work(writer(changes));
        assert(!(value instanceof Promise), 'a transaction of the store is not asynchronous');
        options.beforeCommit?.();
        apply(changes);
        return value;
      } finally {
        inTransaction = false;
      }
    },
    epoch: () => epoch,
    position: (lane) =>
      positionOf(lanes[lane].book, (sequence) => lanes[lane].events.get(sequence)?.at ?? null),
    read: (lane, from, limits) => {
      const { book, events } = lanes[lane];
      const found = [];
      let bytes = 0;
      for (let sequence = Math.max(from, book.firstHeld); sequence <= book.last; sequence += 1) {
        const held = events.get(sequence);
        assert(held !== undefined, `lane ${lane} lacks ${sequence}`);
        bytes += Buffer.byteLength(held.text) + 1;
        if (found.length === limits.events || (found.length > 0 && bytes > limits.bytes)) break;
        if (held.decoded?.sequence !== sequence) held.decoded = decodeStoredEvent(held.text, sequence);
        found.push(held.decoded);
      }
      return found;
    },
    acknowledge: (lane, contiguous, at) => {
      const { book, events } = lanes[lane];
      assertAcknowledgeable(lane, book, contiguous);
      if (contiguous <= book.acked) return;
      for (let sequence = firstQueued(book); sequence <= contiguous; sequence += 1) {
        const held = events.get(sequence);
        if (held !== undefined) held.ackedAt ??= at;
      }
      book.acked = contiguous;
      if (lane === 1)
        forget(
          1,
          [...events.keys()].filter((sequence) => sequence <= contiguous),
        );
    },
    rewind: (lane, contiguous) => {
      const { book } = lanes[lane];
      book.acked = Math.min(book.acked, contiguous);
    },
    beginEpoch: (next) => {
      epoch = next;
      for (const lane of Object.values(lanes)) {
        const held = [...lane.events].sort(([a], [b]) => a - b).map(([, event]) => event);
        lane.events.clear();
        for (const [sequence, event] of held.entries())
          lane.events.set(sequence, { ...event, ackedAt: null });
        lane.book = { firstHeld: 0, last: held.length - 1, acked: -1 };
      }
    },
    purgeAcknowledged: (before) => {
      const { book, events } = lanes[0];
      const gone: number[] = [];
      for (let sequence = book.firstHeld; sequence <= book.acked; sequence += 1) {
        const ackedAt = events.get(sequence)?.ackedAt ?? null;
        if (ackedAt === null || ackedAt >= before) break;
        gone.push(sequence);
      }
      return forget(0, gone);
    },
    dropTelemetry: (keep) => {
      const held = [...lanes[1].events.keys()].sort((a, b) => a - b);
      return forget(1, held.slice(0, Math.max(0, held.length - keep)));
    },
    close: () => {},
  };
}
