import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { ok, type Result } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Db } from './drizzle.ts';
import { type FolderLock, type FolderLockFault, lockFolder } from './folder-lock.ts';

export interface DatabaseSettings {
  /** `postgres://…`; null: PGlite. */
  readonly url: string | null;
  /** Where PGlite keeps its files; null with no URL: in memory, for tests. */
  readonly folder: string | null;
  /** A dumped data directory of PGlite to begin with where there is none yet; making a new one takes seconds. */
  readonly image?: Blob | null;
  /** Connections of this hub to PostgreSQL. */
  readonly connections: number;
  /** Hears every statement that the stores send, with its values: for tests that judge them. */
  readonly overhear?: (statement: string, values: readonly unknown[]) => void;
}
export interface DatabaseDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** A database that is open, whatever stands in it. */
export interface Engine {
  readonly engine: 'pglite' | 'postgresql';
  readonly db: Db;
  close(): Promise<void>;
}

/** PostgreSQL where a URL is given, else PGlite in a folder that is locked for this process (DESIGN §2). The schema is nobody's business here. */
export const openEngine = async (
  settings: DatabaseSettings,
  deps: Pick<DatabaseDeps, 'log'>,
): Promise<Result<Engine, FolderLockFault>> =>
  settings.url === null ? openPglite(settings, deps) : ok(openPostgres(settings.url, settings));

async function openPglite(
  { folder, image = null }: DatabaseSettings,
  deps: Pick<DatabaseDeps, 'log'>,
): Promise<Result<Engine, FolderLockFault>> {
  let lock: FolderLock | null = null;
  if (folder !== null) {
    const locked = lockFolder(folder);
    if (!locked.ok) return locked;
    lock = locked.value;
    mkdirSync(join(folder, 'pglite'), { recursive: true });
    deps.log.warn(
      { folder },
      'PGlite does not sync to disk: good for trying out and for one shop. What terminals reported is kept by them for 30 days and sent again; what the hub itself books (top-ups, refunds) needs PostgreSQL (DATABASE_URL).',
    );
  }
  const path = folder === null ? null : join(folder, 'pglite');
  const begun = path !== null && readdirSync(path).length > 0;
  const client = await PGlite.create({
    ...(path === null ? {} : { dataDir: path }),
    ...(image === null || begun ? {} : { loadDataDir: image }),
  });
  const db = drizzlePglite({ client, casing: 'snake_case' }) as unknown as Db;
  return ok({
    engine: 'pglite',
    db,
    close: async () => {
      await client.close();
      lock?.release();
    },
  });
}

/**
 * Seconds until a lost connection is tried again, by the failed tries of all connections since the last good one. The driver's own rule waits up to 20 s,
 * which is longer than a lease: a database that is back would be waited for in vain.
 */
export const reconnectAfter = (failures: number): number => Math.min(0.05 * 2 ** Math.min(failures, 10), 1);

function openPostgres(url: string, settings: DatabaseSettings): Engine {
  const { overhear } = settings;
  const logger = overhear === undefined ? false : { logQuery: overhear };
  const pool = renewedPool((lost) => {
    const client = postgres(url, {
      max: settings.connections,
      connect_timeout: 10,
      backoff: reconnectAfter,
      // A connection ends where it is lost, or with the hub.
      max_lifetime: null,
      onclose: lost,
      onnotice: () => {},
      connection: { application_name: 'keyturn-hub' },
    });
    // Drizzle tells a client how values are read.
    drizzlePostgres({ client });
    return preparing(client);
  });
  const db = drizzlePostgres({ client: pool.client, casing: 'snake_case', logger }) as unknown as Db;
  return { engine: 'postgresql', db, close: pool.close };
}

/** Statements of whole sets (`whole-sets.ts`): one text, however many rows or places they bring. */
const WHOLE_SET = /\bjson_(?:to_recordset|populate_recordset|array_elements_text)\(/;

/**
 * The same client, of which statements of whole sets are prepared once a connection. Of one that is not prepared postgres.js asks the server first what it is and waits, before it sends the
 * values: twice the way, and nothing behind it meanwhile, so that calls which are made together go one after the other. Drizzle prepares only what is given a name. Other statements have as many
 * texts as lists have lengths, and the server would keep them all.
 */
function preparing<Client extends postgres.Sql | postgres.TransactionSql>(client: Client): Client {
  const unsafe = (text: string, values?: never[], options?: postgres.UnsafeQueryOptions) =>
    client.unsafe(text, values, { ...options, prepare: options?.prepare === true || WHOLE_SET.test(text) });
  type Work = (inner: postgres.TransactionSql) => unknown;
  const within = (name: 'begin' | 'savepoint') => {
    const enter = Reflect.get(client, name) as (...given: unknown[]) => unknown;
    return (...given: unknown[]) => {
      const work = given.pop() as Work;
      return enter(...given, (inner: postgres.TransactionSql) => work(preparing(inner)));
    };
  };
  return new Proxy(client, {
    get: (of, name) => {
      if (name === 'unsafe') return unsafe;
      return name === 'begin' || name === 'savepoint' ? within(name) : Reflect.get(of, name);
    },
  });
}

/**
 * Connections that are replaced as a whole as soon as one of them is lost. postgres.js 3.4.9 would use it again with what its former life left behind
 * (its issues 1208 and 1216): what was sent between the error and the end of a socket is neither answered nor refused, for ever, or answered by the next life
 * (a `begin` that never began); and a write that was put off keeps all later ones from the wire. What runs at that moment is refused as with a lost connection.
 */
function renewedPool(make: (lost: () => void) => postgres.Sql): {
  readonly client: postgres.Sql;
  close(): Promise<void>;
} {
  let closing = false;
  const open = (): postgres.Sql => {
    const made: postgres.Sql = make(() => {
      if (closing || current !== made) return;
      current = open();
      void made.end({ timeout: 0 });
    });
    return made;
  };
  let current = open();
  return {
    client: new Proxy(current, { get: (_first, name) => Reflect.get(current, name) }),
    close: () => {
      closing = true;
      return current.end({ timeout: 5 });
    },
  };
}
