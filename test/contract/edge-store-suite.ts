import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type EdgeStore, type NewEvent, StoreFailure, table } from '#shared/edge/store.ts';
import type { EventId } from '#shared/kernel/ids.ts';
import { uuidv7 } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Lane } from '#shared/protocol/envelope.ts';

export interface StoreUnderTest {
  readonly store: EdgeStore;
  /** Ends the process in mind and opens what it left. */
  reopen(): EdgeStore;
  /** The next commit is refused by the disk. */
  failNextCommit(): void;
}

const intents = table('intents', z.object({ step: z.string() }));
const rentals = table('rentals', z.object({ open: z.boolean() }));

const DAY = 86_400_000;
let made = 0;
export function anEvent(lane: Lane, at = 1_000): NewEvent {
  made += 1;
  const id = uuidv7(
    1_700_000_000_000,
    new Uint8Array(10).map((_, i) => (made >> (8 * (i % 4))) & 0xff),
  );
  return {
    id: id as EventId,
    kind: 'return.repeated',
    lane,
    stamp: { deviceTime: epochMs(at), monotonic: made, bootId: 'boot', clockOffset: null, clockError: null },
    data: { number: made },
  };
}

/** What every implementation of the edge store promises. */
export function edgeStoreSuite(name: string, make: () => StoreUnderTest): void {
  const append = (store: EdgeStore, lane: Lane, times: number, at = 1_000): NewEvent[] =>
    Array.from({ length: times }, () => {
      const event = anEvent(lane, at);
      store.transaction((tx) => tx.append(event));
      return event;
    });
  const all = { events: 1_000, bytes: 10_000_000 };

  describe(`edge store: ${name}`, () => {
    it('SYN-1: a business row and its event are both there after reopening', () => {
      const subject = make();
      const event = anEvent(0);
      const sequence = subject.store.transaction((tx) => {
        tx.put(intents, 'a', { step: 'begun' });
        return tx.append(event);
      });
      const store = subject.reopen();
      expect(sequence).toBe(0);
      expect(store.get(intents, 'a')).toEqual({ step: 'begun' });
      expect(store.read(0, 0, all)).toEqual([
        { sequence: 0, id: event.id, kind: event.kind, stamp: event.stamp, data: event.data },
      ]);
      store.close();
    });

    it('SYN-1: when the work throws, neither row nor event is there, and the sequence is not spent', () => {
      const { store } = make();
      append(store, 0, 2);
      expect(() =>
        store.transaction((tx) => {
          tx.put(intents, 'a', { step: 'begun' });
          tx.append(anEvent(0));
          throw new Error('pulled');
        }),
      ).toThrow('pulled');
      expect(store.get(intents, 'a')).toBeNull();
      expect(store.position(0)).toMatchObject({ last: 1, queued: 2 });
      expect(store.transaction((tx) => tx.append(anEvent(0)))).toBe(2);
      store.close();
    });

    it('SYN-1: a disk that refuses the commit leaves the old state and says so', () => {
      const subject = make();
      append(subject.store, 0, 1);
      subject.failNextCommit();
      expect(() =>
        subject.store.transaction((tx) => {
          tx.put(intents, 'a', { step: 'begun' });
          tx.append(anEvent(0));
        }),
      ).toThrow(StoreFailure);
      expect(subject.store.get(intents, 'a')).toBeNull();
      expect(subject.store.position(0).last).toBe(0);
      subject.store.close();
    });

    it('SYN-1: a transaction sees its own rows; lists are in order of keys, by prefix and limit', () => {
      const { store } = make();
      store.transaction((tx) => {
        for (const key of ['b/2', 'a/1', 'b/1', 'b%']) tx.put(rentals, key, { open: true });
        expect(tx.get(rentals, 'b/2')).toEqual({ open: true });
        tx.remove(rentals, 'b/2');
        expect(tx.get(rentals, 'b/2')).toBeNull();
        expect(tx.list(rentals).map(({ key }) => key)).toEqual(['a/1', 'b%', 'b/1']);
      });
      store.transaction((tx) => tx.put(rentals, 'b/1', { open: false }));
      expect(store.list(rentals, { prefix: 'b/' })).toEqual([{ key: 'b/1', value: { open: false } }]);
      expect(store.list(rentals, { prefix: 'b' }).map(({ key }) => key)).toEqual(['b%', 'b/1']);
      expect(store.list(rentals, { limit: 1 }).map(({ key }) => key)).toEqual(['a/1']);
      expect(store.list(intents)).toEqual([]);
      store.close();
    });

    it('SYN-1: a row that is not of its table’s shape is refused, not guessed', () => {
      const { store } = make();
      store.transaction((tx) => tx.put(table('rentals', z.unknown()), 'a', { open: 'perhaps' }));
      expect(() => store.get(rentals, 'a')).toThrow(StoreFailure);
      store.close();
    });

    it('SYN-1: transactions do not nest and are not asynchronous', () => {
      const { store } = make();
      expect(() => store.transaction(() => store.transaction(() => 1))).toThrow(/nest/);
      expect(() => store.transaction(async () => 1)).toThrow(/asynchronous/);
      expect(store.transaction(() => 1)).toBe(1);
      store.close();
    });

    it('SYN-2: lanes number for themselves; reading is bounded by events and bytes, never empty', () => {
      const { store } = make();
      append(store, 0, 3);
      append(store, 1, 2);
      expect(store.position(0)).toMatchObject({ firstHeld: 0, last: 2, acked: -1, queued: 3 });
      expect(store.position(1)).toMatchObject({ firstHeld: 0, last: 1, acked: -1, queued: 2 });
      expect(store.read(0, 1, all).map(({ sequence }) => sequence)).toEqual([1, 2]);
      expect(store.read(0, 0, { events: 2, bytes: 1_000_000 })).toHaveLength(2);
      expect(store.read(0, 0, { events: 9, bytes: 1 })).toHaveLength(1);
      expect(store.read(1, 2, all)).toEqual([]);
      store.close();
    });

    it('SYN-2: an empty store stands before the first sequence', () => {
      const { store } = make();
      const empty = { firstHeld: 0, last: -1, acked: -1, queued: 0, oldestAt: null };
      expect([store.position(0), store.position(1)]).toEqual([empty, empty]);
      store.close();
    });

    it('SYN-6: acknowledged money stays, acknowledged telemetry goes; positions survive reopening', () => {
      const subject = make();
      append(subject.store, 0, 3, 5_000);
      append(subject.store, 1, 3, 6_000);
      subject.store.acknowledge(0, 1, epochMs(9_000));
      subject.store.acknowledge(1, 2, epochMs(9_000));
      const store = subject.reopen();
      expect(store.position(0)).toEqual({ firstHeld: 0, last: 2, acked: 1, queued: 1, oldestAt: 5_000 });
      expect(store.position(1)).toEqual({ firstHeld: 3, last: 2, acked: 2, queued: 0, oldestAt: null });
      expect(store.transaction((tx) => tx.append(anEvent(1)))).toBe(3);
      expect(store.read(0, 0, all)).toHaveLength(3);
      store.close();
    });

    it('SYN-6: an acknowledgement never moves back and never beyond what was made', () => {
      const { store } = make();
      append(store, 0, 3);
      store.acknowledge(0, 2, epochMs(1));
      store.acknowledge(0, 0, epochMs(2));
      expect(store.position(0).acked).toBe(2);
      expect(() => store.acknowledge(0, 3, epochMs(3))).toThrow(/cannot be acknowledged/);
      store.close();
    });

    it('SYN-6: a rewind queues again what is held beyond the hub’s position', () => {
      const subject = make();
      append(subject.store, 0, 5);
      subject.store.acknowledge(0, 4, epochMs(9));
      subject.store.rewind(0, 1);
      subject.store.rewind(0, 3);
      const store = subject.reopen();
      expect(store.position(0)).toMatchObject({ acked: 1, queued: 3, last: 4 });
      store.close();
    });

    it('SYN-6: only what was acknowledged long ago is forgotten', () => {
      const { store } = make();
      append(store, 0, 4);
      store.acknowledge(0, 0, epochMs(DAY));
      store.acknowledge(0, 1, epochMs(2 * DAY));
      store.acknowledge(0, 2, epochMs(40 * DAY));
      expect(store.purgeAcknowledged(epochMs(2 * DAY))).toBe(1);
      expect(store.purgeAcknowledged(epochMs(30 * DAY))).toBe(1);
      expect(store.position(0)).toMatchObject({ firstHeld: 2, last: 3, acked: 2, queued: 1 });
      expect(store.purgeAcknowledged(epochMs(99 * DAY))).toBe(1);
      expect(store.read(0, 0, all).map(({ sequence }) => sequence)).toEqual([3]);
      store.close();
    });

    it('SYN-6: what a rewind queued again is not forgotten', () => {
      const { store } = make();
      append(store, 0, 3);
      store.acknowledge(0, 2, epochMs(DAY));
      store.rewind(0, 0);
      expect(store.purgeAcknowledged(epochMs(99 * DAY))).toBe(1);
      expect(store.position(0)).toMatchObject({ firstHeld: 1, queued: 2 });
      store.close();
    });

    it('SYN-5: short storage drops the oldest telemetry and never touches money', () => {
      const subject = make();
      append(subject.store, 0, 4);
      append(subject.store, 1, 10);
      expect(subject.store.dropTelemetry(3)).toBe(7);
      expect(subject.store.dropTelemetry(3)).toBe(0);
      const store = subject.reopen();
      expect(store.position(1)).toMatchObject({ firstHeld: 7, last: 9, acked: -1, queued: 3 });
      expect(store.read(1, 0, all).map(({ sequence }) => sequence)).toEqual([7, 8, 9]);
      expect(store.position(0).queued).toBe(4);
      store.close();
    });

    it('SYN-3: a new epoch queues everything held from 0 on, same order, same ids', () => {
      const subject = make();
      const events = append(subject.store, 0, 5);
      const telemetry = append(subject.store, 1, 3);
      const before = subject.store.epoch();
      subject.store.acknowledge(0, 1, epochMs(DAY));
      subject.store.purgeAcknowledged(epochMs(2 * DAY));
      subject.store.acknowledge(0, 2, epochMs(DAY));
      subject.store.beginEpoch('second-epoch');
      const store = subject.reopen();
      expect(before).not.toBe(store.epoch());
      expect(store.epoch()).toBe('second-epoch');
      expect(store.position(0)).toMatchObject({ firstHeld: 0, last: 2, acked: -1, queued: 3 });
      const held = store.read(0, 0, all);
      expect(held.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
      expect(held.map(({ id }) => id)).toEqual(events.slice(2).map(({ id }) => id));
      expect(store.read(1, 0, all).map(({ id }) => id)).toEqual(telemetry.map(({ id }) => id));
      expect(store.purgeAcknowledged(epochMs(99 * DAY))).toBe(0);
      store.close();
    });

    it('SYN-1: the epoch is made once, at birth', () => {
      const subject = make();
      const epoch = subject.store.epoch();
      const store = subject.reopen();
      expect(store.epoch()).toBe(epoch);
      store.close();
    });
  });
}
