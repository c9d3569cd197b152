import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Writes beside, syncs, renames: the file is there whole or not at all, for this user alone (0600 in a folder of 0700). */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  // A folder that is new has its own name in its parent: without it the file is lost with the power, however well it was synced.
  if (made !== undefined)
    for (let at = folder; ; at = dirname(at)) {
      syncFolder(dirname(at));
      if (at === made) break;
    }
  const beside = `${path}.new`;
  const descriptor = openSync(beside, 'w', 0o600);
  try {
    writeWhole(descriptor, typeof content === 'string' ? Buffer.from(content, 'utf8') : content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(beside, path);
  syncFolder(folder);
}

/** Overwrites the file in place before it is removed. On flash that says nothing of spare blocks: what lay in it must have been sealed. */
export function eraseFile(path: string): void {
  if (!existsSync(path)) return;
  const descriptor = openSync(path, 'r+');
  try {
    writeWhole(descriptor, new Uint8Array(statSync(path).size));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  rmSync(path, { force: true });
  syncFolder(dirname(path));
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(descriptor, bytes, done, bytes.length - done, done);
}

function syncFolder(folder: string): void {
  const directory = openSync(folder, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
