import { assert } from '#shared/kernel/assert.ts';
import type { EventId } from '#shared/kernel/ids.ts';
import { madeStorable } from '#shared/kernel/storable.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { newId, type Random } from '#shared/ports/random.ts';
import type { Stamp } from '#shared/protocol/envelope.ts';
import { type DomainEvent, decodeEvent, laneOf } from '#shared/protocol/events.ts';
import type { EdgeStore } from './store.ts';
import type { RecordTransaction } from './terminal.ts';

export type Record = <T>(work: (tx: RecordTransaction) => T) => T;

interface RecorderDeps {
  readonly store: EdgeStore;
  readonly clock: Clock;
  readonly random: Random;
  stamp(): Stamp;
  /** Called after a transaction that made events: there is something to send. */
  appended(): void;
  /** Called for each event of a transaction that stands: a line for the log (OPS-4). */
  noted?(id: EventId, event: DomainEvent): void;
}

/** Business rows and stamped events in one transaction (SYN-1, SYN-4). */
export function createRecorder(deps: RecorderDeps): Record {
  return (work) => {
    const emitted: { readonly id: EventId; readonly event: DomainEvent }[] = [];
    const emit = (id: EventId, append: (event: DomainEvent) => void, event: DomainEvent): void => {
      // A text from a medium or a device must not make the hub refuse the whole batch, and with it all that follows (SYN-3).
      const storable = { ...event, data: madeStorable(event.data) } as DomainEvent;
      const checked = decodeEvent(storable.kind, storable.data);
      assert(checked.ok, `a terminal reports well-formed events: ${checked.ok ? '' : checked.error.message}`);
      append(storable);
      emitted.push({ id, event: storable });
    };
    const value = deps.store.transaction((tx) =>
      work({
        get: tx.get,
        list: tx.list,
        put: tx.put,
        remove: tx.remove,
        emit: (event) => {
          const id = newId<EventId>(deps.clock, deps.random);
          emit(
            id,
            ({ kind, data }) => tx.append({ id, kind, lane: laneOf(kind), stamp: deps.stamp(), data }),
            event,
          );
          return id;
        },
      }),
    );
    for (const { id, event } of emitted) deps.noted?.(id, event);
    if (emitted.length > 0) deps.appended();
    return value;
  };
}
