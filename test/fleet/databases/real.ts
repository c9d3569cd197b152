import { openDatabase } from '#hub/db/connect.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { assert } from '#shared/kernel/assert.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { openTestDatabase } from '#test/support/database-image.ts';
import { startPostgres } from '#test/support/real-parts.ts';

/** The clock only dates the migrations. */
const deps = { clock: { now: () => epochMs(0) }, log: silentLog };

/** Real databases, an empty one for each run. */
export interface RealDatabases {
  fresh<T>(use: (database: HubDatabase) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** `pglite`: in memory. `postgres`: a throw-away cluster of the distribution's PostgreSQL, with fsync. */
export async function realDatabases(engine: string): Promise<RealDatabases> {
  assert(engine === 'pglite' || engine === 'postgres', 'the database is pglite or postgres');
  const cluster = engine === 'postgres' ? await startPostgres() : null;
  return {
    async fresh(use) {
      const made = await cluster?.createDatabase();
      const opened = await (made === undefined
        ? openTestDatabase(deps)
        : openDatabase({ url: made.url, folder: null, connections: 4 }, deps));
      assert(opened.ok, 'an empty database opens');
      try {
        return await use(opened.value);
      } finally {
        await opened.value.close();
        await made?.drop();
      }
    },
    stop: async () => cluster?.stop(),
  };
}
