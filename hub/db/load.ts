import { DatabaseTrouble } from '#hub/ports/database.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { isEmpty, loadTables, type RowsPart } from './dump.ts';
import { type DatabaseDeps, type DatabaseSettings, openEngine } from './engine.ts';
import type { FolderLockFault } from './folder-lock.ts';
import { migrate, migrations } from './migrate.ts';
import { atomically } from './transaction-life.ts';
import { asTrouble } from './trouble.ts';

export type LoadFault =
  | FolderLockFault
  | Fault<'database_unreachable' | 'database_not_empty' | 'backup_newer'>;

/**
 * Reads a backup's rows into an empty database (OPS-2), whichever engine they came from: the schema is made by the migrations that the
 * backup names; what is newer follows at the hub's next start. All or nothing. Faults: `database_not_empty`; `backup_newer` (made by a hub with
 * migrations that this one does not know); those of opening.
 */
export async function loadDatabase(
  settings: DatabaseSettings,
  deps: DatabaseDeps,
  backup: { readonly migrations: readonly string[]; readonly parts: AsyncIterable<RowsPart> },
): Promise<Result<{ readonly rows: number }, LoadFault>> {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = backup.migrations.find((name) => !known.has(name));
  if (unknown !== undefined)
    return fault('backup_newer', `a newer hub made this backup: ${unknown} is not known here`, {
      migration: unknown,
    });
  const engine = await openEngine(settings, deps);
  if (!engine.ok) return engine;
  const { db, close } = engine.value;
  try {
    if (!(await isEmpty(db))) return fault('database_not_empty', 'there are tables in the database already');
    const wanted = migrations.filter(({ name }) => backup.migrations.includes(name));
    const rows = await atomically(db, async (tx) => {
      const made = await migrate(tx, deps.clock.now(), wanted);
      assert(made.ok, 'an empty database takes every migration');
      return loadTables(tx, backup.parts);
    });
    return ok({ rows });
  } catch (error) {
    const trouble = asTrouble(error);
    if (!(trouble instanceof DatabaseTrouble) || !trouble.passing) throw trouble;
    return fault('database_unreachable', trouble.message, { state: trouble.state });
  } finally {
    await close().catch(() => {});
  }
}
