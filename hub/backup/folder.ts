import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type BackupNote, backupNote, LIBRARY, NOTE, SEALED } from './format.ts';

/** The backups in a folder, newest first; what cannot be read is none. */
export async function backupsIn(folder: string): Promise<readonly BackupNote[]> {
  const names = await readdir(folder).catch(() => []);
  const notes = await Promise.all(
    names
      .filter((name) => name.endsWith(NOTE))
      .map(async (name) => {
        const text = await readFile(join(folder, name), 'utf8').catch(() => '');
        const parsed = backupNote.safeParse(text.startsWith('{') ? safeJson(text) : null);
        return parsed.success && `${parsed.data.name}${NOTE}` === name ? parsed.data : null;
      }),
  );
  return notes.filter((note) => note !== null).sort((a, b) => b.madeAt - a.madeAt);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Makes sure that every sealed object of the library lies beside the backups; answers their names. Objects never change, so each is copied once. */
export async function mirrorLibrary(objects: string, folder: string): Promise<readonly string[]> {
  const target = join(folder, LIBRARY);
  await mkdir(target, { recursive: true, mode: 0o700 });
  const there = new Map<string, number>();
  for (const name of await readdir(target)) there.set(name, (await stat(join(target, name))).size);
  const names = (await readdir(objects).catch(() => [])).filter((name) => name.endsWith('.sealed')).sort();
  const mirrored: string[] = [];
  for (const name of names) {
    const size = await stat(join(objects, name)).then(
      (found) => found.size,
      () => null,
    );
    // Removed from the library between listing and looking.
    if (size === null) continue;
    if (there.get(name) !== size) await copyDurably(join(objects, name), target, name);
    mirrored.push(name);
  }
  await syncFolder(target);
  return mirrored;
}

/** Copies a file so that it stands under its name only when all of it is on the disk. */
export async function copyDurably(from: string, folder: string, name: string): Promise<void> {
  const partial = join(folder, `${name}.part`);
  await copyFile(from, partial);
  const file = await open(partial, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, join(folder, name));
}

/** Removes all but the newest backups, and what of the library no kept one names. */
export async function prune(folder: string, keep: number): Promise<number> {
  const notes = await backupsIn(folder);
  const old = notes.slice(keep);
  for (const { name } of old) {
    // The note goes last: without its backup it still says what is to be removed.
    await rm(join(folder, `${name}${SEALED}`), { force: true });
    await rm(join(folder, `${name}${NOTE}`), { force: true });
  }
  const named = new Set(notes.slice(0, keep).flatMap(({ library }) => library));
  for (const name of await readdir(join(folder, LIBRARY)).catch(() => []))
    if (!named.has(name)) await rm(join(folder, LIBRARY, name), { force: true });
  return old.length;
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** SHA-256 (hex) and length of a file as it lies on the disk. */
export async function digestOf(path: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    hash.update(piece as Uint8Array);
    bytes += (piece as Uint8Array).length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
