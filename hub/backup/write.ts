import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Encrypter } from 'age-encryption';
import type { HubDatabase } from '#hub/ports/database.ts';
import { lastingEnd } from '#shared/kernel/lasting.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { digestOf, mirrorLibrary, prune, syncFolder } from './folder.ts';
import {
  BACKUP_VERSION,
  type BackupHeader,
  type BackupLine,
  type BackupNote,
  backupPath,
  LEFT_OUT,
  NOTE,
  SEALED,
} from './format.ts';

export interface BackupPlace {
  /** Where backups lie; made where it is missing. */
  readonly folder: string;
  /** `age1…`: who can open them. The hub has no key to its own backups. */
  readonly recipient: string;
  /** How many are kept. */
  readonly keep: number;
}

export interface BackupSource {
  readonly db: Pick<HubDatabase, 'dump'>;
  /** The hub's own folder: authority, keys, secret, library. */
  readonly home: string;
  readonly fleetId: string;
  readonly secret: BackupHeader['secret'];
}

const LARGEST = 64 * 1024 * 1024;

/**
 * Makes a backup (OPS-2): database, authority, keys and secret in one `age` file for the recipient, gzipped lines of JSON inside; sealed objects of the library beside it, each
 * once. It stands under its name only when it is whole, durable and read back. Old ones beyond `keep` are removed afterwards. Rejects where
 * folder or database fail; then nothing stands there that was not there before.
 */
export async function writeBackup(
  source: BackupSource,
  place: BackupPlace,
  now: EpochMs,
): Promise<BackupNote> {
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').replace('.', '-');
  const name = `keyturn-${source.fleetId.slice(0, 8)}-${stamp}`;
  const partial = join(place.folder, `${name}${SEALED}.part`);
  try {
    // The library first: whatever the database names was in it before.
    const library = await mirrorLibrary(join(source.home, 'objects'), place.folder);
    const rows = await sealInto(partial, source, place.recipient, { madeAt: now, library });
    // A removal from the library while the database was read leaves a name too many, never one too few.
    const again = await mirrorLibrary(join(source.home, 'objects'), place.folder);
    const file = await open(partial, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    const note: BackupNote = {
      version: BACKUP_VERSION,
      name,
      madeAt: now,
      fleetId: source.fleetId,
      ...(await digestOf(partial)),
      rows,
      library: [...new Set([...library, ...again])],
    };
    await rename(partial, join(place.folder, `${name}${SEALED}`));
    await writeFile(join(place.folder, `${name}${NOTE}`), `${JSON.stringify(note, null, 2)}\n`, {
      mode: 0o600,
      flush: true,
    });
    await syncFolder(place.folder);
    await prune(place.folder, place.keep);
    return note;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

interface Begun {
  readonly madeAt: EpochMs;
  readonly library: readonly string[];
}

async function sealInto(
  path: string,
  source: BackupSource,
  recipient: string,
  begun: Begun,
): Promise<number> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const lines = new PassThrough();
  const zipped = createGzip();
  const zipping = pipeline(lines, zipped);
  const sealed = await encrypter.encrypt(Readable.toWeb(zipped) as ReadableStream<Uint8Array>);
  const writing = pipeline(
    Readable.fromWeb(sealed as Parameters<typeof Readable.fromWeb>[0]),
    createWriteStream(path, { mode: 0o600 }),
  );
  const written = Promise.all([zipping, writing]);
  // Awaited below; a failure meanwhile is no unhandled one.
  const broken = lastingEnd<Error>();
  written.catch((error: Error) => broken.end(error));
  const say = async (line: BackupLine | BackupHeader): Promise<void> => {
    if (lines.write(`${JSON.stringify(line)}\n`)) return;
    const why = await broken.orWhy(new Promise<null>((resolve) => lines.once('drain', () => resolve(null))));
    if (why !== null) throw why;
  };
  try {
    const total = await writeLines(source, begun, say);
    lines.end();
    await written;
    return total;
  } catch (error) {
    lines.destroy();
    await written.catch(() => {});
    throw error;
  }
}

async function writeLines(
  source: BackupSource,
  begun: Begun,
  say: (line: BackupLine | BackupHeader) => Promise<void>,
): Promise<number> {
  const { fleetId, secret } = source;
  const { madeAt, library } = begun;
  await say({
    format: 'keyturn-backup',
    version: BACKUP_VERSION,
    madeAt,
    fleetId,
    secret,
    library: [...library],
  });
  const rows: Record<string, number> = {};
  let total = 0;
  await source.db.dump(async (part) => {
    if ('table' in part) {
      rows[part.table] = (rows[part.table] ?? 0) + part.rows.length;
      total += part.rows.length;
      await say({ table: part.table, rows: [...part.rows] });
    } else if ('migrations' in part) await say({ migrations: [...part.migrations] });
    else await say(part);
  });
  // Files after rows: a generation of keys that a row names is there by then.
  let files = 0;
  for (const file of await smallFiles(source.home)) {
    const path = join(source.home, file);
    const [content, { mode }] = await Promise.all([readFile(path), stat(path)]);
    await say({ file, mode: mode & 0o777, content: content.toString('base64') });
    files += 1;
  }
  await say({ end: { files, rows } });
  return total;
}

/** Everything of the hub's folder that belongs to a backup, by path below it. */
async function smallFiles(home: string): Promise<readonly string[]> {
  const found = await readdir(home, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name).slice(home.length + 1))
    .filter((path) => !LEFT_OUT.test(path))
    .sort();
  for (const path of paths) {
    const { size } = await stat(join(home, path));
    if (!backupPath.safeParse(path).success || size > LARGEST)
      throw new Error(`the file ${path} in the hub's folder is none that a backup can hold`);
  }
  return paths;
}
