import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { EdgeStore } from '#shared/edge/store.ts';
import type { Lane } from '#shared/protocol/envelope.ts';

/**
 * What a terminal under fire knows by itself, in a file beside its store: each event right after the transaction that made it, each
 * acknowledgement of the hub before it counts. A kill may cost the last lines of made events, never one of an acknowledgement that the store has.
 */
export interface Journal {
  readonly epochs: ReadonlySet<string>;
  /** By lane: sequence → event id. */
  readonly made: readonly [Map<number, string>, Map<number, string>];
  /** By lane: the highest sequence that the hub acknowledged; −1: none. */
  readonly acknowledged: readonly [number, number];
}

/** Keeps a journal of `store` in `path`. */
export function journaled(store: EdgeStore, path: string): EdgeStore {
  const note = (line: string): void => appendFileSync(path, `${line}\n`);
  note(`epoch ${store.epoch()}`);
  return {
    ...store,
    transaction: (work) => {
      const lines: string[] = [];
      const value = store.transaction((tx) =>
        work({
          ...tx,
          append: (event) => {
            const sequence = tx.append(event);
            lines.push(`made ${event.lane} ${sequence} ${event.id}`);
            return sequence;
          },
        }),
      );
      for (const line of lines) note(line);
      return value;
    },
    acknowledge: (lane, contiguous, at) => {
      note(`acknowledged ${lane} ${contiguous}`);
      store.acknowledge(lane, contiguous, at);
    },
    beginEpoch: (epoch) => {
      store.beginEpoch(epoch);
      note(`epoch ${epoch}`);
    },
  };
}

export function readJournal(path: string): Journal {
  const epochs = new Set<string>();
  const made = [new Map<number, string>(), new Map<number, string>()] as const;
  const acknowledged: [number, number] = [-1, -1];
  if (!existsSync(path)) return { epochs, made, acknowledged };
  // The last line may be torn by a kill.
  for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    const [word, first = '', second, id = ''] = line.split(' ');
    if (word === 'epoch') epochs.add(first);
    const lane = Number(first) as Lane;
    if (word === 'made') made[lane].set(Number(second), id);
    if (word === 'acknowledged') acknowledged[lane] = Math.max(acknowledged[lane], Number(second));
  }
  return { epochs, made, acknowledged };
}
