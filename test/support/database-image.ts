import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { type DatabaseDeps, type DatabaseSettings, openDatabase } from '#hub/db/connect.ts';
import type { Db } from '#hub/db/drizzle.ts';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import { migrate, migrations } from '#hub/db/migrate.ts';
import { ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, '.build', 'test-database');

let image: Promise<Blob> | null = null;

/**
 * The data directory of an empty hub's database with every migration applied, for PGlite: made once for a version of PGlite and a text of the
 * migrations, then read from disk. Founding a database takes some five seconds of computing, this a fraction of one.
 */
export function databaseImage(): Promise<Blob> {
  image ??= read();
  return image;
}

async function read(): Promise<Blob> {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const of = createHash('sha256')
    .update(JSON.stringify([dependencies['@electric-sql/pglite'], process.arch, migrations]))
    .digest('hex');
  const path = join(FOLDER, `${of}.tar`);
  const kept = await readFile(path).catch(() => null);
  if (kept !== null) return new Blob([kept]);
  const bytes = await make();
  // Several workers may make it at the same time: whichever is last in place is as good as the others.
  await mkdir(FOLDER, { recursive: true });
  await writeFile(`${path}.${process.pid}`, Buffer.from(bytes));
  await rename(`${path}.${process.pid}`, path);
  return new Blob([bytes]);
}

async function make(): Promise<ArrayBuffer> {
  const client = await PGlite.create();
  const db = drizzle({ client, casing: 'snake_case' }) as unknown as Db;
  const done = await migrate(db, epochMs(0));
  if (!done.ok) throw new Error(done.error.message);
  await client.query('checkpoint');
  const dump = await client.dumpDataDir('none');
  await client.close();
  return dump.arrayBuffer();
}

/** A real database with an empty hub's tables: PGlite in memory, or what the settings say. */
const openReal = async (deps: DatabaseDeps, settings: Partial<DatabaseSettings>) =>
  openDatabase({ url: null, folder: null, connections: 4, image: await databaseImage(), ...settings }, deps);

/** PGlite with an empty hub's database, in memory or in a hub's folder. */
export const openTestDatabase = (deps: DatabaseDeps, folder: string | null = null) =>
  openReal(deps, { folder });

/**
 * The database of a hub whose test is not about the database: the one in memory, which one suite and random scripts of calls hold to what PGlite and PostgreSQL
 * answer, at a tenth of PGlite's computing. `KEYTURN_TEST_DATABASE=pglite` gives these tests PGlite as well; any setting (`folder: null`) a real one.
 */
export const openQuickDatabase = async (deps: DatabaseDeps, settings: Partial<DatabaseSettings> = {}) =>
  Object.keys(settings).length === 0 && process.env.KEYTURN_TEST_DATABASE !== 'pglite'
    ? ok(memoryDatabase())
    : openReal(deps, settings);
