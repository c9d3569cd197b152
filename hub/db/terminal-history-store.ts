import { sql } from 'drizzle-orm';
import type { TerminalHistoryRow } from '#hub/ports/rows/index.ts';
import type { TerminalHistoryStore } from '#hub/ports/stores.ts';
import { type Db, query } from './drizzle.ts';
import { terminalHistory } from './schema/index.ts';
import { tableStore } from './table-store.ts';

/** How terminals were, over both databases: one statement looks at the whole fleet. */
export function terminalHistoryStore(db: Db): TerminalHistoryStore {
  return {
    ...tableStore<TerminalHistoryRow, 'terminalId' | 'at'>(db, terminalHistory, ['terminalId', 'at']),
    async sample(at) {
      const seen = await query(
        db,
        sql`insert into terminal_history as h
          (terminal_id, at, samples, online, queue, free_bytes, total_bytes, temperature)
        select terminal_id, ${at}::bigint, 1, online::int,
          coalesce((heartbeat->'queue'->>'lane0')::int + (heartbeat->'queue'->>'lane1')::int, 0),
          (heartbeat->'storage'->>'freeBytes')::bigint, (heartbeat->'storage'->>'totalBytes')::bigint,
          round((heartbeat->>'temperatureCelsius')::numeric * 10)::int
        from terminals where state = 'active'
        on conflict (terminal_id, at) do update set
          samples = h.samples + 1, online = h.online + excluded.online,
          queue = greatest(h.queue, excluded.queue),
          free_bytes = excluded.free_bytes, total_bytes = excluded.total_bytes,
          temperature = greatest(h.temperature, excluded.temperature)
        returning 1`,
      );
      return seen.length;
    },
  };
}
