import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A folder on a device of a certain speed. */
export interface ThrottledMedium {
  readonly folder: string;
  remove(): void;
}

/** The folder that Linux keeps in memory. */
export const MEMORY = '/dev/shm';
const THROTTLE = '/sys/fs/cgroup/blkio';

/**
 * A file system (ext4) on a loop device in memory whose reads and writes the kernel holds to so many bytes a second (`blkio.throttle`, cgroup v1). Throws, with what
 * the machine did not allow, where that cannot be had; nothing is left behind then.
 */
export function throttledMedium(
  below: string,
  name: string,
  bytes: number,
  bytesPerSecond: number,
): ThrottledMedium {
  const image = join(MEMORY, `keyturn-bench-${process.pid}-${name}.img`);
  const folder = join(below, name);
  const undo: (() => void)[] = [];
  const remove = (): void => {
    for (const each of undo.splice(0).reverse()) each();
  };
  try {
    writeFileSync(image, '');
    undo.push(() => rmSync(image, { force: true }));
    truncateSync(image, bytes);
    const device = run('losetup', '-f', '--show', image).trim();
    undo.push(() => run('losetup', '-d', device));
    run('mkfs.ext4', '-q', '-F', '-m', '0', device);
    mkdirSync(folder, { recursive: true });
    run('mount', device, folder);
    undo.push(() => run('umount', folder));
    const number = readFileSync(`/sys/block/${basename(device)}/dev`, 'utf8').trim();
    for (const what of ['read', 'write']) {
      const file = join(THROTTLE, `blkio.throttle.${what}_bps_device`);
      writeFileSync(file, `${number} ${bytesPerSecond}`);
      undo.push(() => writeFileSync(file, `${number} 0`));
    }
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
