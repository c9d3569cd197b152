import { closeSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

const holderSchema = z.object({ pid: z.int().min(1), started: z.string().max(64) });
export type FolderLockFault = Fault<'database_folder_locked'>;

export interface FolderLock {
  release(): void;
}

/**
 * Takes a folder for this process alone (PGlite does not): a file with the holder's process id and start. A lock whose process is
 * gone, or whose id now belongs to a younger process, is stale and taken over.
 */
export function lockFolder(folder: string): Result<FolderLock, FolderLockFault> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'keyturn.lock');
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? '' }));
      closeSync(file);
      return ok({ release: () => removeIfOurs(path) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(path);
    if (holder !== null && startOf(holder.pid) === holder.started)
      return fault('database_folder_locked', `process ${holder.pid} has this data folder open`, {
        pid: holder.pid,
        folder,
      });
    // Renaming first: of two processes that find the same stale lock, only one takes it away.
    const aside = `${path}.stale-${process.pid}`;
    try {
      renameSync(path, aside);
      unlinkSync(aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return fault('database_folder_locked', 'the data folder is being taken by several processes', { folder });
}

function readHolder(path: string): z.infer<typeof holderSchema> | null {
  try {
    const parsed = holderSchema.safeParse(JSON.parse(readFileSync(path, 'utf8').slice(0, 4096)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** When a process began, so that a reused id is not taken for the old holder; null: no such process. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return aliveWithoutProc(pid) ? 'unknown' : null;
  }
}

/** Systems without /proc know only whether the process lives. */
function aliveWithoutProc(pid: number): boolean {
  try {
    readFileSync('/proc/self/stat');
    return false;
  } catch {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }
}

function removeIfOurs(path: string): void {
  if (readHolder(path)?.pid === process.pid) unlinkSync(path);
}
