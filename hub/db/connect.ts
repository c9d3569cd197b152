import { sql } from 'drizzle-orm';
import { DatabaseTrouble, type HubDatabase, isPassing, type Transaction } from '#hub/ports/database.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Log } from '#shared/ports/log.ts';
import { type Db, query } from './drizzle.ts';
import { dumpTables } from './dump.ts';
import { type DatabaseDeps, type DatabaseSettings, type Engine, openEngine } from './engine.ts';
import type { FolderLockFault } from './folder-lock.ts';
import { type MigrationFault, migrate } from './migrate.ts';
import { storesOver } from './stores.ts';
import { atomically, boundToConnection, type TransactionLife, whileAlive } from './transaction-life.ts';
import { asTrouble } from './trouble.ts';

export type { DatabaseDeps, DatabaseSettings } from './engine.ts';
export type OpenFault = FolderLockFault | MigrationFault | Fault<'database_unreachable'>;

/**
 * Opens the hub's database and brings its schema up to date: PostgreSQL where a URL is given, else PGlite in a folder that is locked
 * for this process (DESIGN §2).
 */
export async function openDatabase(
  settings: DatabaseSettings,
  deps: DatabaseDeps,
): Promise<Result<HubDatabase, OpenFault>> {
  const engine = await openEngine(settings, deps);
  return engine.ok ? opened(engine.value, deps) : engine;
}

async function opened(
  { engine, db, close }: Engine,
  deps: DatabaseDeps,
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
    dump: (take) => dumpTables(db, take),
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
