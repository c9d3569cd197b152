import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from '../support/processes.ts';

/** A disk of its own (tmpfs) that can be full. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes every byte that is left. */
  fill(): void;
  /** Gives them back. */
  free(): void;
  remove(): void;
}

const MIB = 2 ** 20;

/** Mounts one of so many MiB; null where this machine lets nobody do that (not root, or a container without the right). */
export function mountSmallDisk(mebibytes: number): SmallDisk | null {
  if (process.platform !== 'linux' || !isRoot()) return null;
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=755`, 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) {
    rmSync(folder, { recursive: true });
    return null;
  }
  mkdirSync(join(folder, 'data'));
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a');
      try {
        for (const size of [MIB, 4096])
          for (const piece = Buffer.alloc(size); ; )
            try {
              if (writeSync(file, piece) < size) break;
            } catch (error) {
              if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
              break;
            }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      // What still looks at a file in it holds the mount: it goes when the last of them ends.
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
