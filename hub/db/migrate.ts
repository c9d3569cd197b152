import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { DatabaseTrouble } from '#hub/ports/database.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { type Db, query } from './drizzle.ts';
import { atomically } from './transaction-life.ts';
import { asTrouble } from './trouble.ts';

/** The SQL files become part of the built program, so that a hub needs nothing beside itself to bring its database up to date. */
const files: Readonly<Record<string, string>> = import.meta.glob('./migrations/*.sql', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export interface Migration {
  readonly name: string;
  readonly text: string;
}
export const migrations: readonly Migration[] = Object.entries(files)
  .map(([path, text]) => ({ name: path.slice(path.lastIndexOf('/') + 1, -'.sql'.length), text }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

export type MigrationFault = Fault<'migration_changed'>;

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** Lock not available in time, deadlock: a running hub, or a backup, was faster. */
const CONTENDED = ['55P03', '40P01'];
/** With `LOCK_WAIT` some five minutes. */
const TRIES = 150;
const LOCK_WAIT = '2s';

/**
 * Applies what is missing, in order, in one transaction under an advisory lock: of several hubs that start at once one
 * migrates, the others wait and find nothing to do. Migrations that only a newer hub knows are left alone (OPS-3).
 * A change of a table waits for whoever reads it, and everybody else would wait behind it; so it waits for a short time only, lets them through and tries
 * again: hubs that run meanwhile go on.
 * Answers the names applied now. Fault `migration_changed`: an applied file is not what it was.
 */
export async function migrate(
  db: Db,
  now: EpochMs,
  all: readonly Migration[] = migrations,
): Promise<Result<readonly string[], MigrationFault>> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await migrateOnce(db, now, all);
    } catch (error) {
      const trouble = asTrouble(error);
      const contended = trouble instanceof DatabaseTrouble && CONTENDED.includes(trouble.state);
      if (!contended || attempt >= TRIES) throw error;
    }
}

function migrateOnce(
  db: Db,
  now: EpochMs,
  all: readonly Migration[],
): Promise<Result<readonly string[], MigrationFault>> {
  return atomically(db, async (tx) => {
    await query(tx, sql`select pg_advisory_xact_lock(7300)`);
    await query(tx, sql.raw(`set local lock_timeout = '${LOCK_WAIT}'`));
    await query(
      tx,
      sql`create table if not exists keyturn_migrations (name text primary key, sha256 text not null, applied_at bigint not null)`,
    );
    const rows = await query(tx, sql`select name, sha256 from keyturn_migrations`);
    const applied = new Map(rows.map((row) => [String(row.name), String(row.sha256)]));
    const changed = all.find(({ name, text }) => (applied.get(name) ?? digest(text)) !== digest(text));
    if (changed !== undefined)
      return fault('migration_changed', `${changed.name} was applied with other contents`, {
        name: changed.name,
      });
    const missing = all.filter(({ name }) => !applied.has(name));
    for (const { name, text } of missing) {
      for (const statement of text.split('--> statement-breakpoint')) await query(tx, sql.raw(statement));
      await query(
        tx,
        sql`insert into keyturn_migrations (name, sha256, applied_at) values (${name}, ${digest(text)}, ${now}::bigint)`,
      );
    }
    return ok(missing.map(({ name }) => name));
  });
}
