import { constants } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { DriveFault, MediaDrive, MountedMedium, ReadBackKind } from '#shared/ports/media-drive.ts';
import { errnoOf } from './drive-errors.ts';
import { type MountedDirectory, mountDirectory, rootIdentity } from './mounted-directory.ts';

/** A drive whose path may change with what is plugged in: `shared/edge/drivers/usb-detection.ts` tells it. */
export interface DirectoryDrive extends MediaDrive {
  /** Looks for the medium once more, now. */
  scan(): Promise<void>;
  stop(): void;
}

/** How often the path is looked at while somebody watches. */
const POLL = milliseconds(1000);

/**
 * A drive over a mounted directory (KEYTURN_MEDIA, or the mount point of a USB stick). `where` answers the path at each look, null for none. It cannot
 * take power off a port: after `powerCycle` reads bypass the cache (`direct-io`), or the cache was dropped where the file system refuses direct I/O;
 * where neither can be had, the read-back fails rather than lie (RET-3).
 */
export async function createDirectoryDrive(deps: {
  readonly name: string;
  readonly clock: Clock;
  readonly where: () => Promise<string | null>;
}): Promise<DirectoryDrive> {
  let medium: MountedDirectory | null = null;
  let errors = 0;
  const failed = (): void => {
    errors += 1;
  };
  let cancel: (() => void) | null = null;
  const listeners = new Set<(medium: MountedMedium | null) => void>();

  const replace = (next: MountedDirectory | null): void => {
    if (next === medium) return;
    medium?.close();
    medium = next;
    for (const listener of listeners) listener(medium);
  };
  const scan = async (): Promise<void> => {
    const path = await deps.where();
    const identity = path === null ? null : await rootIdentity(path);
    if (path === null || identity === null) return replace(null);
    const same = medium?.identity.device === identity.device && medium.identity.inode === identity.inode;
    if (same && medium?.present() === true) return;
    replace(await mountDirectory(path, { directReads: false, failed }));
  };
  const schedule = (): void => {
    cancel = deps.clock.after(POLL, () => {
      void scan().finally(() => {
        if (cancel !== null) schedule();
      });
    });
  };
  const stop = (): void => {
    cancel?.();
    cancel = null;
  };

  await scan();
  return {
    name: deps.name,
    current: () => (medium?.present() === true ? medium : null),
    ioErrors: () => errors,
    watch: (listener) => {
      listeners.add(listener);
      if (cancel === null) schedule();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    powerCycle: async () => {
      await scan();
      if (medium === null || !medium.present()) return fault('medium_missing', 'no medium in the drive');
      const readBack = await strongestReadBack(medium);
      if (!readBack.ok) {
        if (readBack.error.code === 'medium_io_error') failed();
        return readBack;
      }
      const again = await mountDirectory(medium.root, {
        directReads: readBack.value === 'direct-io',
        failed,
      });
      if (again === null) return fault('medium_pulled', 'the medium went away');
      medium.close();
      medium = again;
      return ok({ medium: again, readBack: readBack.value });
    },
    scan,
    stop,
  };
}

/** Which read-back this file system allows; tried on a file of our own. */
async function strongestReadBack(medium: MountedDirectory): Promise<Result<ReadBackKind, DriveFault>> {
  const probe = join(medium.root, 'KEYTURN', 'medium.jws');
  try {
    const file = await open(probe, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECT);
    await file.close();
    return ok('direct-io');
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL')
      return fault('medium_io_error', `reading back failed: ${errnoOf(error)}`);
  }
  try {
    await writeFile('/proc/sys/vm/drop_caches', '1\n');
    return ok('cache-dropped');
  } catch {
    return fault(
      'medium_io_error',
      'this drive cannot read back from the device: no direct I/O, cache not droppable',
    );
  }
}
