import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { CursorRow, InboxEventRow } from '#hub/ports/rows/index.ts';
import type { InboxKey, InboxStore, LaneKey, ReceivedEvent } from '#hub/ports/stores.ts';
import type { EventId, TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { type Db, query, whole } from './drizzle.ts';
import { inboxEvents } from './schema/index.ts';
import { guarded } from './trouble.ts';

const place = (key: InboxKey) => `${key.terminalId} ${key.epoch} ${key.lane} ${key.sequence}`;

/** How far back a moment of which the hub time is sure is looked for. */
export const LOOKED_AT = 1_000;

/** The inbox in whole sets: whatever the number of events, a batch group costs the same few statements. */
export function inboxStore(db: Db): InboxStore {
  return {
    async lockCursors(keys, now) {
      const lanes = json(keys.map(laneOf).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)));
      await query(
        db,
        sql`insert into cursors (terminal_id, epoch, lane, contiguous, first_held, last, created_at, updated_at)
        select terminal_id, epoch, lane, -1, 0, -1, ${now}::bigint, ${now}::bigint
        from json_to_recordset(${lanes}::json) as k(terminal_id text, epoch text, lane int) on conflict do nothing`,
      );
      const found = await query(
        db,
        sql`select c.terminal_id, c.epoch, c.lane, c.contiguous, c.first_held, c.last, c.created_at, c.updated_at from cursors c
        join json_to_recordset(${lanes}::json) as k(terminal_id text, epoch text, lane int) using (terminal_id, epoch, lane)
        order by c.terminal_id, c.epoch, c.lane for update of c`,
      );
      return found.map(readCursor);
    },

    async insert(events) {
      if (events.length === 0) return [];
      const places = json(events.map(recordOf));
      const made = await query(
        db,
        sql`insert into inbox_events (terminal_id, epoch, lane, sequence, event_id, kind, stamp, data, received_at)
        select terminal_id, epoch, lane, sequence, event_id, kind, stamp, data, received_at
        from json_to_recordset(${places}::json) as e(terminal_id text, epoch text, lane int, sequence bigint, event_id text,
          kind text, stamp jsonb, data jsonb, received_at bigint)
        on conflict do nothing returning terminal_id, epoch, lane, sequence`,
      );
      const created = new Set(made.map((row) => place(readPlace(row))));
      const answers: { row: InboxEventRow; created: boolean }[] = [];
      const repeated: ReceivedEvent[] = [];
      for (const event of events) {
        if (created.delete(place({ ...event, sequence: event.event.sequence })))
          answers.push({ row: rowOf(event), created: true });
        else repeated.push(event);
      }
      if (repeated.length === 0) return answers;
      const old = await query(
        db,
        sql`select distinct on (e.terminal_id, e.epoch, e.lane, e.sequence) e.terminal_id, e.epoch, e.lane,
          e.sequence, e.event_id, e.kind, e.stamp, e.data, e.received_at from inbox_events e
        join json_to_recordset(${json(repeated.map((event) => ({ ...laneOf(event), sequence: event.event.sequence })))}::json)
          as k(terminal_id text, epoch text, lane int, sequence bigint) using (terminal_id, epoch, lane, sequence)`,
      );
      return [...answers, ...old.map((row) => ({ row: readEvent(row), created: false }))];
    },

    async elsewhere(events) {
      if (events.length === 0) return [];
      const found = await query(
        db,
        sql`select e.terminal_id, e.event_id, e.epoch, e.sequence
        from json_to_recordset(${json(events.map(recordKey))}::json)
          as k(terminal_id text, epoch text, lane int, sequence bigint, event_id text)
        join inbox_events e on e.event_id = k.event_id and e.terminal_id = k.terminal_id
        join cursors c on c.terminal_id = e.terminal_id and c.epoch = e.epoch and c.lane = e.lane
        where (e.epoch, e.lane, e.sequence) <> (k.epoch, k.lane, k.sequence) and e.sequence <= c.contiguous`,
      );
      return found.map((row) => ({
        terminalId: String(row.terminal_id) as TerminalId,
        eventId: String(row.event_id),
        epoch: String(row.epoch),
        sequence: whole(row.sequence),
      }));
    },

    async after(key, sequence, limit) {
      return guarded(() =>
        db
          .select()
          .from(inboxEvents)
          .where(
            and(
              eq(inboxEvents.terminalId, key.terminalId),
              eq(inboxEvents.epoch, key.epoch),
              eq(inboxEvents.lane, key.lane),
              gt(inboxEvents.sequence, sequence),
            ),
          )
          .orderBy(asc(inboxEvents.sequence))
          .limit(limit),
      );
    },

    async lastDated(key, before, within) {
      const [row] = await query(
        db,
        sql`select stamp from (select stamp, sequence from inbox_events
          where terminal_id = ${key.terminalId} and epoch = ${key.epoch} and lane = ${key.lane}
            and sequence < ${before}::bigint and sequence >= ${before - LOOKED_AT}::bigint) as e
        where stamp ->> 'clockOffset' is not null and coalesce((stamp ->> 'clockError')::bigint, 0) <= ${within}::bigint
        order by sequence desc limit 1`,
      );
      if (row === undefined) return null;
      const { deviceTime, clockOffset } = readJson(row.stamp) as InboxEventRow['stamp'];
      return epochMs(deviceTime + (clockOffset ?? 0));
    },
    async moveCursors(cursors) {
      if (cursors.length === 0) return;
      const moved = cursors.map((cursor) => ({
        ...laneOf(cursor as LaneKey),
        contiguous: cursor.contiguous,
        first_held: cursor.firstHeld,
        last: cursor.last,
        updated_at: cursor.updatedAt,
      }));
      await query(
        db,
        sql`update cursors c set contiguous = k.contiguous, first_held = k.first_held, last = k.last, updated_at = k.updated_at
        from json_to_recordset(${json(moved)}::json)
          as k(terminal_id text, epoch text, lane int, contiguous bigint, first_held bigint, last bigint, updated_at bigint)
        where c.terminal_id = k.terminal_id and c.epoch = k.epoch and c.lane = k.lane`,
      );
    },
  };
}

const json = (value: unknown): string => JSON.stringify(value);
const laneOf = (key: LaneKey) => ({ terminal_id: key.terminalId, epoch: key.epoch, lane: key.lane });
const recordKey = (received: ReceivedEvent) => ({
  ...laneOf(received),
  sequence: received.event.sequence,
  event_id: received.event.id,
});
const recordOf = (received: ReceivedEvent) => ({
  ...recordKey(received),
  kind: received.event.kind,
  stamp: received.event.stamp,
  data: received.event.data ?? null,
  received_at: received.receivedAt,
});
const rowOf = (received: ReceivedEvent): InboxEventRow => ({
  terminalId: received.terminalId,
  epoch: received.epoch,
  lane: received.lane,
  sequence: received.event.sequence,
  eventId: received.event.id,
  kind: received.event.kind,
  stamp: received.event.stamp,
  data: received.event.data,
  receivedAt: received.receivedAt,
});

const readPlace = (row: Record<string, unknown>): InboxKey => ({
  terminalId: String(row.terminal_id) as TerminalId,
  epoch: String(row.epoch),
  lane: whole(row.lane) as 0 | 1,
  sequence: whole(row.sequence),
});
const readEvent = (row: Record<string, unknown>): InboxEventRow => ({
  ...readPlace(row),
  eventId: String(row.event_id) as EventId,
  kind: String(row.kind),
  stamp: readJson(row.stamp) as InboxEventRow['stamp'],
  data: readJson(row.data),
  receivedAt: whole(row.received_at) as EpochMs,
});
const readCursor = (row: Record<string, unknown>): CursorRow => ({
  terminalId: String(row.terminal_id) as TerminalId,
  epoch: String(row.epoch),
  lane: whole(row.lane),
  contiguous: whole(row.contiguous),
  firstHeld: whole(row.first_held),
  last: whole(row.last),
  createdAt: whole(row.created_at) as EpochMs,
  updatedAt: whole(row.updated_at) as EpochMs,
});
/** Drivers answer jsonb read by raw SQL parsed or as text. */
const readJson = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);
