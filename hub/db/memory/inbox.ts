import { cursors, inboxEvents } from '#hub/db/schema/index.ts';
import { compare } from '#hub/ports/match.ts';
import type { CursorRow, InboxEventRow } from '#hub/ports/rows/index.ts';
import type { InboxKey, InboxStore, LaneKey, ReceivedEvent } from '#hub/ports/stores.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { LOOKED_AT } from '../inbox-store.ts';
import type { Heaps } from './heaps.ts';

const laneOf = ({ terminalId, epoch, lane }: LaneKey): LaneKey => ({ terminalId, epoch, lane });
const nameOf = (key: LaneKey): string => JSON.stringify([key.terminalId, key.epoch, key.lane]);
const placeOf = (received: ReceivedEvent): InboxKey => ({
  ...laneOf(received),
  sequence: received.event.sequence,
});

/** The inbox in memory (SYN-2). */
export function memoryInbox(heaps: Heaps): InboxStore {
  const events = heaps(inboxEvents);
  const lanes = heaps(cursors);
  /** No event of a lane stands above this sequence; undone inserts leave it too high, which costs a look. */
  const highest = new Map<string, number>();
  const find = (key: InboxKey) => events.find({ ...key }) as InboxEventRow | null;

  return {
    async lockCursors(keys, now) {
      const named = new Map(keys.map((key) => [nameOf(key), laneOf(key)]));
      for (const key of named.values())
        lanes.insert({ ...key, contiguous: -1, firstHeld: 0, last: -1, createdAt: now, updatedAt: now });
      const found = [...named.values()].map((key) => ({ ...lanes.find({ ...key }) }) as unknown as CursorRow);
      return found.sort(
        (a, b) => compare(a.terminalId, b.terminalId) || compare(a.epoch, b.epoch) || compare(a.lane, b.lane),
      );
    },
    async insert(received) {
      const fresh: { row: InboxEventRow; created: boolean }[] = [];
      const repeated = new Map<string, InboxKey>();
      for (const one of received) {
        const place = placeOf(one);
        const { id: eventId, kind, stamp, data } = one.event;
        const row = { ...place, eventId, kind, stamp, data, receivedAt: one.receivedAt };
        if (events.insert(row) === null) repeated.set(`${nameOf(place)} ${place.sequence}`, place);
        else {
          fresh.push({ row, created: true });
          highest.set(nameOf(place), Math.max(highest.get(nameOf(place)) ?? -1, place.sequence));
        }
      }
      const old = [...repeated.values()].map((place) => ({
        row: { ...(find(place) as InboxEventRow) },
        created: false,
      }));
      return [...fresh, ...old];
    },
    async elsewhere(received) {
      return received.flatMap((one) => {
        const place = placeOf(one);
        const same = events.select({ eventId: one.event.id, terminalId: place.terminalId });
        return (same as unknown as InboxEventRow[]).flatMap(
          ({ terminalId, eventId, epoch, lane, sequence }) => {
            const here = epoch === place.epoch && lane === place.lane && sequence === place.sequence;
            const cursor = lanes.find({ terminalId, epoch, lane }) as CursorRow | null;
            const applied = cursor !== null && sequence <= cursor.contiguous;
            return here || !applied ? [] : [{ terminalId, eventId, epoch, sequence }];
          },
        );
      });
    },
    async after(key, sequence, limit) {
      const found: InboxEventRow[] = [];
      const until = highest.get(nameOf(key)) ?? -1;
      for (let at = sequence + 1; at <= until && found.length < limit; at += 1) {
        const row = find({ ...laneOf(key), sequence: at });
        if (row !== null) found.push({ ...row });
      }
      return found;
    },
    async lastDated(key, before, within) {
      const from = Math.min(before - 1, highest.get(nameOf(key)) ?? -1);
      for (let at = from; at >= 0 && at >= before - LOOKED_AT; at -= 1) {
        const stamp = find({ ...laneOf(key), sequence: at })?.stamp;
        if (stamp !== undefined && stamp.clockOffset !== null && (stamp.clockError ?? 0) <= within)
          return epochMs(stamp.deviceTime + stamp.clockOffset);
      }
      return null;
    },
    async moveCursors(moved) {
      for (const { contiguous, firstHeld, last, updatedAt, ...key } of moved) {
        const present = lanes.find({ ...laneOf(key as LaneKey) });
        if (present !== null) lanes.replace(present, { contiguous, firstHeld, last, updatedAt });
      }
    },
  };
}
