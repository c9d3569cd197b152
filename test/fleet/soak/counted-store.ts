import { z } from 'zod';
import { type EdgeStore, table } from '#shared/edge/store.ts';

export interface CountedStore {
  readonly store: EdgeStore;
  /** Rows by table, and what is held of each lane as `lane 0`, `lane 1`. */
  rows(): ReadonlyMap<string, number>;
}

/** A terminal's store that can say how many rows it has: of every table into which anything was ever put. */
export function countedStore(store: EdgeStore): CountedStore {
  const names = new Set<string>();
  const rows = (): ReadonlyMap<string, number> => {
    const counts = new Map<string, number>();
    for (const name of [...names].sort()) counts.set(name, store.list(table(name, z.unknown())).length);
    for (const lane of [0, 1] as const) {
      const { last, firstHeld } = store.position(lane);
      counts.set(`lane ${lane}`, last - firstHeld + 1);
    }
    return counts;
  };
  return {
    rows,
    store: {
      ...store,
      transaction: (work) =>
        store.transaction((tx) =>
          work({
            ...tx,
            put: (into, key, value) => {
              names.add(into.name);
              tx.put(into, key, value);
            },
          }),
        ),
    },
  };
}
