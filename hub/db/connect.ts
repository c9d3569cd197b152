import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { DatabaseTrouble, type HubDatabase, isPassing, type Transaction } from '#hub/ports/database.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { type Db, query } from './drizzle.ts';
import { type FolderLock, type FolderLockFault, lockFolder } from './folder-lock.ts';
import { type MigrationFault, migrate } from './migrate.ts';
import { storesOver } from './stores.ts';
import { atomically, boundToConnection, type TransactionLife, whileAlive } from './transaction-life.ts';
import { asTrouble } from './trouble.ts';

export interface DatabaseSettings {
  /** `postgres://…`; null: PGlite. */
  readonly url: string | null;
  /** Where PGlite keeps its files; null with no URL: in memory, for tests. */
  readonly folder: string | null;
  /** A dumped data directory of PGlite to begin with where there is none yet; making a new one takes seconds. */
  readonly image?: Blob | null;
  /** Connections of this hub to PostgreSQL. */
  readonly connections: number;
}
export interface DatabaseDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}
export type OpenFault = FolderLockFault | MigrationFault | Fault<'database_unreachable'>;

/**
 * Opens the hub's database and brings its schema up to date: PostgreSQL where a URL is given, else PGlite in a folder that is locked
 * for this process (DESIGN §2).
 */
export async function openDatabase(
  settings: DatabaseSettings,
  deps: DatabaseDeps,
): Promise<Result<HubDatabase, OpenFault>> {
  return settings.url === null ? openPglite(settings, deps) : openPostgres(settings.url, settings, deps);
}

async function openPglite(
  { folder, image = null }: DatabaseSettings,
  deps: DatabaseDeps,
): Promise<Result<HubDatabase, OpenFault>> {
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
  return opened('pglite', db, deps, async () => {
    await client.close();
    lock?.release();
  });
}

async function openPostgres(
  url: string,
  settings: DatabaseSettings,
  deps: DatabaseDeps,
): Promise<Result<HubDatabase, OpenFault>> {
  const client = postgres(url, {
    max: settings.connections,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: 'keyturn-hub' },
  });
  const db = drizzlePostgres({ client, casing: 'snake_case' }) as unknown as Db;
  return opened('postgresql', db, deps, () => client.end({ timeout: 5 }));
}

async function opened(
  engine: HubDatabase['engine'],
  db: Db,
  deps: DatabaseDeps,
  close: () => Promise<void>,
): Promise<Result<HubDatabase, OpenFault>> {
  try {
    const migrated = await migrate(db, deps.clock.now());
    if (!migrated.ok) {
      await close();
      return migrated;
    }
    if (migrated.value.length > 0)
      deps.log.info({ migrations: migrated.value }, 'database schema brought up to date');
  } catch (error) {
    await close().catch(() => {});
    const trouble = asTrouble(error);
    if (!(trouble instanceof DatabaseTrouble) || !trouble.passing) throw trouble;
    return fault('database_unreachable', trouble.message, { state: trouble.state });
  }
  return ok(databaseOver(engine, db, deps.log, close));
}

/** Times that a transaction is tried before its passing fault is thrown on: whoever called then waits by its own clock. */
const TRIES = 5;

function databaseOver(
  engine: HubDatabase['engine'],
  db: Db,
  log: Log,
  close: () => Promise<void>,
): HubDatabase {
  return {
    engine,
    stores: storesOver(db, 'autonomous'),
    async transaction(work) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await atomically(db, (tx, life) =>
            work(storesOver(tx, 'within'), transactionOver(tx, life)),
          );
        } catch (error) {
          const trouble = asTrouble(error);
          if (!isPassing(trouble) || attempt >= TRIES) throw trouble;
          log.debug({ state: (trouble as DatabaseTrouble).state, attempt }, 'transaction tried again');
        }
      }
    },
    async administer(statement) {
      await query(db, sql.raw(statement));
    },
    close,
  };
}

const transactionOver = (tx: Db, life: TransactionLife): Transaction => ({
  async savepoint(work) {
    try {
      return await tx.transaction((inner) =>
        whileAlive(work(storesOver(boundToConnection(inner, life), 'within')), life),
      );
    } catch (error) {
      throw asTrouble(error);
    }
  },
});
