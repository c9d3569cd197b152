import * as schema from '#hub/db/schema/index.ts';
import type * as rows from '#hub/ports/rows/index.ts';
import type { TerminalHistoryStore } from '#hub/ports/stores.ts';
import { memoryTable } from './heap.ts';
import type { Heaps } from './heaps.ts';

/** How terminals were, in memory. */
export function memoryTerminalHistory(heaps: Heaps): TerminalHistoryStore {
  const heap = heaps(schema.terminalHistory);
  return {
    ...memoryTable<rows.TerminalHistoryRow, 'terminalId' | 'at'>(heap),
    async sample(at) {
      const fleet = heaps(schema.terminals).select({ state: 'active' }) as unknown as rows.TerminalRow[];
      for (const { terminalId, online, heartbeat } of fleet) {
        const before = heap.find({ terminalId, at }) as unknown as rows.TerminalHistoryRow | null;
        const seen = {
          terminalId,
          at,
          samples: (before?.samples ?? 0) + 1,
          online: (before?.online ?? 0) + (online ? 1 : 0),
          queue: Math.max(
            before?.queue ?? 0,
            heartbeat === null ? 0 : heartbeat.queue.lane0 + heartbeat.queue.lane1,
          ),
          freeBytes: heartbeat?.storage.freeBytes ?? null,
          totalBytes: heartbeat?.storage.totalBytes ?? null,
          temperature: highest(before?.temperature ?? null, heartbeat?.temperatureCelsius ?? null),
        };
        if (before === null) heap.insert(seen);
        else heap.replace(before as unknown as Record<string, unknown>, seen);
      }
      return fleet.length;
    },
  };
}

/** Rounded half away from zero, as the databases round. */
const tenths = (degrees: number): number => Math.sign(degrees) * Math.round(Math.abs(degrees) * 10);
const highest = (known: number | null, degrees: number | null): number | null => {
  if (degrees === null) return known;
  return known === null ? tenths(degrees) : Math.max(known, tenths(degrees));
};
