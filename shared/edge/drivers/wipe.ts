import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { signJws } from '#shared/media/signing.ts';
import { WIPED, type WipeReceipt } from '#shared/media/wipe-receipt.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import { readIdentity, type StoredIdentity } from './identity-files.ts';
import { LEFT_FILE, type Left, writeLeft } from './left-file.ts';

/** The disk as the wiping needs it; a test lets every one of these steps fail. */
export interface WipeDisk {
  /** Files below the folder, in no order; links are named and not followed. */
  files(folder: string): readonly { readonly path: string; readonly bytes: number }[];
  /** Overwrites the file's own bytes, then removes it. */
  erase(path: string): void;
  /** Removes a file without overwriting: what lies sealed under an erased key. */
  remove(path: string): void;
  /** Removes every empty folder below this one. */
  removeFolders(folder: string): void;
  write(home: string, left: Left): void;
}

export interface WipeJob {
  readonly home: string;
  readonly seal: DeviceSeal;
  readonly clock: Pick<Clock, 'now'>;
  /** A file of the settings that may lie inside the home by mistake: never touched. */
  readonly spare: string | null;
  readonly disk?: WipeDisk;
}

const IDENTITY = join('identity', 'identity.json');
/** Whatever opens the rest goes first: a wipe that is cut off right after these leaves nothing that anybody can read. */
const FIRST = ['store-key', 'content-lease', 'next-key', 'enrolling'].map((name) => join('identity', name));

/**
 * Wipes a terminal's home (FLT-3, SEC-9): all but the file that says so and the own key, then signs the receipt, which stands in the answer. Every start
 * repeats it from where it stood; with a receipt already signed it only removes what has come back. No identity to sign with: over without a receipt.
 */
export async function wipeHome(job: WipeJob, before: Left): Promise<Left> {
  const disk = job.disk ?? realDisk;
  const keep = (left: Left): Left => {
    disk.write(job.home, left);
    return left;
  };
  const identity = identityIn(job);
  let left = before;
  if (left.counted === null) {
    const all = disk.files(job.home).filter(({ path }) => !stays(job, path));
    const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    const codeDigest = identity?.codeDigest ?? null;
    left = keep({ ...left, counted: { files: all.length, bytes }, codeDigest });
  }
  for (const path of inOrder(disk.files(job.home).map((one) => relative(job.home, one.path)))) {
    if (stays(job, join(job.home, path))) continue;
    if (path.startsWith(`content${sep}`)) disk.remove(join(job.home, path));
    else disk.erase(join(job.home, path));
  }
  disk.removeFolders(job.home);
  if (left.receipt !== null || left.over) return left;
  if (identity === null) return keep({ ...left, over: true });
  return keep({ ...left, receipt: await signedReceipt(job, left, identity) });
}

/** The last of it: the hub has the receipt, so the key goes too. */
export function wipeKey({ home, disk = realDisk }: WipeJob): void {
  for (const { path } of disk.files(join(home, 'identity'))) disk.erase(path);
  disk.removeFolders(home);
}

/** The terminal's own identity while it is there; null where it is gone, damaged, or sealed on another machine. */
export function identityIn({ home, seal }: Pick<WipeJob, 'home' | 'seal'>): StoredIdentity | null {
  const read = readIdentity(join(home, 'identity'), seal);
  return read.ok ? read.value : null;
}

function signedReceipt({ clock }: WipeJob, left: Left, identity: StoredIdentity): Promise<string> {
  const { facts, counted } = left;
  const at = clock.now();
  const receipt: WipeReceipt = {
    version: 1,
    terminal: left.terminalId,
    role: left.role,
    ...facts,
    wiped: [...WIPED],
    files: counted?.files ?? 0,
    bytes: counted?.bytes ?? 0,
    at,
  };
  return signJws('keyturn-wipe', receipt, identity.signer, at);
}

const stays = ({ home, spare }: WipeJob, path: string): boolean => {
  const name = relative(home, path);
  // Half a file of the last step, which the next one writes over.
  if (name === `${LEFT_FILE}.new`) return true;
  return name === LEFT_FILE || name === IDENTITY || (spare !== null && resolve(spare) === resolve(path));
};

const rank = (path: string): number => (FIRST.includes(path) ? 0 : path.startsWith('store.db') ? 1 : 2);
const inOrder = (paths: readonly string[]): readonly string[] =>
  [...paths].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));

const ZEROS = new Uint8Array(1 << 20);

export const realDisk: WipeDisk = {
  files: (folder) => {
    let entries: ReturnType<typeof listed>;
    try {
      entries = listed(folder);
    } catch (error) {
      if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return [];
      throw error;
    }
    return entries;
  },
  erase: (path) => {
    if (lstatSync(path).isFile()) {
      const descriptor = openSync(path, 'r+');
      try {
        const { size } = lstatSync(path);
        for (let at = 0; at < size; )
          at += writeSync(descriptor, ZEROS, 0, Math.min(ZEROS.length, size - at), at);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }
    unlinkSync(path);
    syncFolder(dirname(path));
  },
  remove: (path) => rmSync(path, { force: true }),
  removeFolders: (folder) => {
    const below = (at: string): void => {
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        if (!entry.isDirectory()) continue;
        const path = join(at, entry.name);
        below(path);
        if (readdirSync(path).length === 0) rmdirSync(path);
      }
    };
    below(folder);
    syncFolder(folder);
  },
  write: writeLeft,
};

function listed(folder: string): { path: string; bytes: number }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listed(path) : [{ path, bytes: lstatSync(path).size }];
  });
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
