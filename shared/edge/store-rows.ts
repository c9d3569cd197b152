import { assert } from '#shared/kernel/assert.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { type EnvelopeEvent, envelopeEvent, type Lane } from '#shared/protocol/envelope.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { type LanePosition, type NewEvent, StoreFailure, type Table } from './store.ts';

/** What both implementations of the store share: how rows and events become text, and the arithmetic of a lane. */

export function encodeRow<T>(into: Table<T>, key: string, value: T): string {
  assert(/^[a-z_]{1,40}$/.test(into.name), `a table is named a-z_, not ${into.name}`);
  assert(key.length > 0 && key.length <= 200, 'a key has 1 to 200 characters');
  return JSON.stringify(value);
}

export function decodeRow<T>(from: Table<T>, key: string, text: string): T {
  const parsed = from.schema.safeParse(parseJson(text, `${from.name}/${key}`));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StoreFailure(
    'store_row_malformed',
    `${from.name}/${key} ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}

/** The event as it will stand in a batch. Longer than the protocol allows is a bug of whoever made it. */
export function encodeEvent(event: NewEvent, sequence: number): string {
  const text = JSON.stringify({
    sequence,
    id: event.id,
    kind: event.kind,
    stamp: event.stamp,
    data: event.data,
  });
  assert(
    Buffer.byteLength(text) <= LIMITS.eventBytes,
    `event ${event.kind} exceeds ${LIMITS.eventBytes} bytes`,
  );
  return text;
}

export function decodeStoredEvent(text: string, sequence: number): EnvelopeEvent {
  const value = parseJson(text, `event ${sequence}`);
  const parsed = envelopeEvent.safeParse(
    value !== null && typeof value === 'object' ? { ...value, sequence } : value,
  );
  if (!parsed.success) throw new StoreFailure('store_row_malformed', `event ${sequence}`);
  return parsed.data;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StoreFailure('store_row_malformed', `${what} is not JSON`);
  }
}

/** Counters of one lane; `position` is derived from them. */
export interface LaneBook {
  firstHeld: number;
  last: number;
  acked: number;
}

export const newLaneBook = (): LaneBook => ({ firstHeld: 0, last: -1, acked: -1 });

/** First sequence that waits for the hub: what was dropped unsent (lane 1) no longer waits. */
export const firstQueued = (book: LaneBook): number => Math.max(book.acked + 1, book.firstHeld);

export function positionOf(book: LaneBook, oldestAt: (sequence: number) => EpochMs | null): LanePosition {
  const from = firstQueued(book);
  const queued = Math.max(0, book.last - from + 1);
  return { ...book, queued, oldestAt: queued === 0 ? null : oldestAt(from) };
}

export function assertAcknowledgeable(lane: Lane, book: LaneBook, contiguous: number): void {
  assert(
    Number.isSafeInteger(contiguous) && contiguous <= book.last,
    `lane ${lane} has only made ${book.last}, ${contiguous} cannot be acknowledged`,
  );
}
