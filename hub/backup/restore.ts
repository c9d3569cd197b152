import { access, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadDatabase } from '#hub/db/load.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { copyDurably, syncFolder } from './folder.ts';
import { LIBRARY } from './format.ts';
import { BackupDamage, type OpenBackup, openBackup } from './read.ts';
import { RESTORED_MARK } from './restored-mark.ts';

export interface RestoreTarget {
  /** KEYTURN_HOME. */
  readonly home: string;
  /** PostgreSQL; null: PGlite in the hub's folder. */
  readonly databaseUrl: string | null;
  /** Whether HUB_SECRET is set here. */
  readonly secretSet: boolean;
}

export interface Restored {
  readonly fleetId: string;
  readonly madeAt: number;
  readonly rows: number;
  readonly files: number;
  readonly objects: number;
}

/**
 * Puts a hub back from a backup onto a machine that has none (OPS-2): database, authority, keys and library. The folder appears under its name only when it is whole; a
 * database that is not empty, or a folder with a hub in it, is never touched. Faults: `hub_not_empty`, `hub_secret_missing`, `library_incomplete`, and
 * those of `openBackup` and `loadDatabase`.
 */
export async function restoreBackup(
  deps: { readonly clock: Pick<Clock, 'now'>; readonly log: Log },
  backup: { readonly path: string; readonly identities: readonly string[] },
  target: RestoreTarget,
): Promise<Result<Restored, Fault>> {
  const folder = join(target.home, 'hub');
  if ((await readdir(folder).catch(() => [])).length > 0)
    return fault('hub_not_empty', `${folder} is not empty; move it away first`, { folder });
  const opened = await openBackup(backup.path, backup.identities);
  if (!opened.ok) return opened;
  if (opened.value.header.secret === 'setting' && !target.secretSet)
    return fault(
      'hub_secret_missing',
      'this fleet’s secret does not lie in the backup: set HUB_SECRET as it was',
    );
  const staging = `${folder}.restoring`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    const done = await fill(deps, opened.value, join(dirname(backup.path), LIBRARY), staging, target);
    if (!done.ok) return done;
    await writeFile(join(staging, RESTORED_MARK), Buffer.from(`${opened.value.header.madeAt}\n`), 0o600);
    // Takes the place of an empty folder, of nothing else.
    await rename(staging, folder);
    await syncFolder(target.home);
    return done;
  } catch (error) {
    if (!(error instanceof BackupDamage)) throw error;
    return fault('backup_damaged', error.message);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function fill(
  deps: { readonly clock: Pick<Clock, 'now'>; readonly log: Log },
  backup: OpenBackup,
  library: string,
  staging: string,
  target: RestoreTarget,
): Promise<Result<Restored, Fault>> {
  let files = 0;
  let objects = 0;
  const missing: string[] = [];
  for (const name of backup.header.library) if (!(await exists(join(library, name)))) missing.push(name);
  if (missing.length > 0) return gap(library, missing);
  /** Rows for the database; files are put in place as they come by. */
  async function* parts() {
    for await (const line of backup.lines()) {
      if ('migrations' in line) throw new BackupDamage('the backup says twice how its database was made');
      if (!('file' in line)) {
        yield line;
        continue;
      }
      const path = join(staging, line.file);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, Buffer.from(line.content, 'base64'), line.mode).catch(() => {
        throw new BackupDamage(`${line.file} stands in the backup twice, or cannot be written`);
      });
      files += 1;
    }
    // What came into the library while the backup was made.
    const keys = (await readdir(join(staging, 'objects')).catch(() => [])).filter((name) =>
      name.endsWith('.key'),
    );
    for (const name of keys.map((key) => key.replace(/\.key$/, '.sealed')))
      if (await exists(join(library, name))) {
        await copyDurably(join(library, name), join(staging, 'objects'), name);
        objects += 1;
      } else missing.push(name);
    // Thrown, so that the database's transaction comes to nothing as well.
    if (missing.length > 0) throw new LibraryGap();
  }
  try {
    const loaded = await loadDatabase({ url: target.databaseUrl, folder: staging, connections: 2 }, deps, {
      migrations: backup.migrations,
      parts: parts(),
    });
    if (!loaded.ok) return loaded;
    const { fleetId, madeAt } = backup.header;
    return ok({ fleetId, madeAt, rows: loaded.value.rows, files, objects });
  } catch (error) {
    if (!(error instanceof LibraryGap)) throw error;
    return gap(library, missing);
  }
}

const gap = (library: string, missing: readonly string[]) =>
  fault(
    'library_incomplete',
    `${missing.length} contents are missing in ${library}: it belongs beside the backup`,
    { first: missing[0] ?? '' },
  );

class LibraryGap extends Error {}

async function writeFile(path: string, content: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The identities in a key file as `age-keygen` writes it: its comments are left out. */
export async function identitiesIn(path: string): Promise<Result<readonly string[], Fault>> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return fault('identity_missing', `there is no key file ${path}`);
  const found = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/.test(line));
  return found.length === 0 ? fault('identity_missing', `${path} has no line AGE-SECRET-KEY-1…`) : ok(found);
}
