import { constants } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  opendir,
  realpath,
  rename,
  rmdir,
  statfs,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err, fault, ok, type Result } from '#shared/kernel/result.ts';
import type {
  DriveFault,
  LargeFileReader,
  LargeFileWriter,
  MediumSpace,
  MountedMedium,
} from '#shared/ports/media-drive.ts';
import { type ReadInto, readCached, readDirect } from './aligned.ts';
import { type HeldFolder, holdFolder } from './beneath.ts';
import { driveFault, errnoOf } from './drive-errors.ts';
import { type FileSystemFacts, fileSystemFacts } from './file-system-kind.ts';
import { openLargeFile, syncFolder } from './large-file-writer.ts';

/** Names we ever make; anything else in a path is refused (MED-4). */
const PATH = /^KEYTURN(\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){0,3}$/;
/** A folder with more entries than this is not one of ours. */
const MOST_ENTRIES = 4096;

/** Which device and root folder a mounted path is: another pair is another medium. */
export interface RootIdentity {
  readonly device: number;
  readonly inode: number;
}

export async function rootIdentity(root: string): Promise<RootIdentity | null> {
  try {
    const stat = await lstat(root);
    return stat.isDirectory() ? { device: stat.dev, inode: stat.ino } : null;
  } catch {
    return null;
  }
}

export interface DirectoryOptions {
  /** Reads bypass the page cache: what they answer is on the device (after a "power cycle"). */
  readonly directReads: boolean;
  /** Told of each `medium_io_error` of the device. */
  readonly failed?: () => void;
}

/** A medium that is a mounted directory. Made by `mountDirectory`; `close` makes it absent for good. */
export interface MountedDirectory extends MountedMedium {
  readonly root: string;
  readonly identity: RootIdentity;
  close(): void;
}

/** Mounts a directory as a medium; null where there is none. */
export async function mountDirectory(
  root: string,
  options: DirectoryOptions,
): Promise<MountedDirectory | null> {
  const identity = await rootIdentity(root);
  if (identity === null) return null;
  try {
    return new DirectoryMedium(await realpath(root), identity, await fileSystemFacts(root), options);
  } catch {
    return null;
  }
}

class DirectoryMedium implements MountedDirectory {
  /** Files only: the way to a controller is a driver of its own (USB), which this is not. */
  readonly controller = null;
  readonly root: string;
  readonly identity: RootIdentity;
  readonly fileSystem: string;
  readonly copiesOnWrite: boolean;
  readonly readOnly: boolean;
  private readonly largestFileBytes: number;
  private readonly directReads: boolean;
  private readonly failed: () => void;
  private readonly readInto: ReadInto;
  private gone = false;

  constructor(root: string, identity: RootIdentity, facts: FileSystemFacts, options: DirectoryOptions) {
    this.root = root;
    this.identity = identity;
    this.fileSystem = facts.fileSystem;
    this.copiesOnWrite = facts.copiesOnWrite;
    this.readOnly = facts.readOnly;
    this.largestFileBytes = facts.largestFileBytes;
    this.directReads = options.directReads;
    this.failed = options.failed ?? (() => {});
    this.readInto = options.directReads ? readDirect : readCached;
  }

  present(): boolean {
    return !this.gone;
  }

  close(): void {
    this.gone = true;
  }

  space(): Promise<Result<MediumSpace, DriveFault>> {
    return this.guard(async () => {
      const { bsize, blocks, bavail } = await statfs(this.root);
      const { largestFileBytes } = this;
      return ok({ totalBytes: bsize * blocks, freeBytes: bsize * bavail, largestFileBytes });
    });
  }

  list(path: string): Promise<Result<readonly string[], DriveFault>> {
    return this.at(path, async (full) => {
      const names: string[] = [];
      const folder = await opendir(full);
      for await (const entry of folder) {
        if (names.length >= MOST_ENTRIES) return fault('medium_io_error', 'too many entries in one folder');
        names.push(entry.name);
      }
      return ok(names);
    });
  }

  async stat(path: string): Promise<Result<{ readonly bytes: number } | null, DriveFault>> {
    const found = await this.at(path, async (full) => {
      const stat = await lstat(full);
      if (!stat.isFile() && !stat.isDirectory())
        return fault('medium_path_refused', 'neither file nor folder');
      return ok({ bytes: stat.isFile() ? stat.size : 0 });
    });
    return missingIsNull(found);
  }

  async readSmall(path: string, limitBytes: number): Promise<Result<Uint8Array | null, DriveFault>> {
    const read = await this.at(path, (full) =>
      this.withFile(full, async (file) => {
        const { size } = await file.stat();
        if (size > limitBytes) return fault('medium_io_error', `longer than ${limitBytes} bytes`);
        const bytes = Buffer.allocUnsafe(size);
        return ok(bytes.subarray(0, await this.readInto(file, 0, bytes)));
      }),
    );
    return missingIsNull(read);
  }

  openLarge(path: string): Promise<Result<LargeFileReader, DriveFault>> {
    return this.at(path, async (full) => {
      const opened = await this.openToRead(full);
      if (!opened.ok) return opened;
      const { file } = opened.value;
      return ok({
        read: (offset, into) => this.guard(async () => ok(await this.readInto(file, offset, into))),
        close: () => file.close(),
      });
    });
  }

  replaceSmall(path: string, bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    return this.at(path, async (full) => {
      const beside = `${full}.new`;
      await unlink(beside).catch(() => undefined);
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const file = await open(beside, flags, 0o644);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, full);
      await syncFolder(dirname(full));
      return ok(undefined);
    });
  }

  overwrite(path: string, offset: number, bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    return this.at(path, async (full) => {
      const opened = await openPlain(full, constants.O_RDWR);
      if (!opened.ok) return opened;
      const { file, size } = opened.value;
      try {
        if (offset + bytes.length > size) return fault('medium_io_error', 'overwriting beyond the end');
        let done = 0;
        while (done < bytes.length) {
          const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
          done += bytesWritten;
        }
        await file.datasync();
      } finally {
        await file.close();
      }
      return ok(undefined);
    });
  }

  makeDirectory(path: string): Promise<Result<void, DriveFault>> {
    return this.at(path, async (full) => {
      try {
        await mkdir(full);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
        if (!(await lstat(full)).isDirectory()) return fault('medium_path_refused', 'a file is in the way');
        return ok(undefined);
      }
      await syncFolder(dirname(full));
      return ok(undefined);
    });
  }

  async remove(path: string): Promise<Result<void, DriveFault>> {
    const removed = await this.at<void>(path, async (full) => {
      if ((await lstat(full)).isDirectory()) {
        for (const leftover of await leftovers(full)) await unlink(join(full, leftover));
        await rmdir(full);
      } else await unlink(full);
      await syncFolder(dirname(full));
      return ok(undefined);
    });
    return !removed.ok && removed.error.code === 'medium_file_missing' ? ok(undefined) : removed;
  }

  createLarge(path: string, totalBytes: number): Promise<Result<LargeFileWriter, DriveFault>> {
    if (totalBytes > this.largestFileBytes)
      return Promise.resolve(
        fault('medium_file_too_large', `${this.fileSystem} cannot hold ${totalBytes} bytes in one file`),
      );
    return this.holding(path, async (full, folder) => {
      const faultOf = (error: unknown) => this.faultOf(error);
      try {
        return ok(holdingUntilDone(await openLargeFile(full, totalBytes, { direct: true, faultOf }), folder));
      } catch (error) {
        await folder.close();
        throw error;
      }
    });
  }

  /** Checks the path, holds its folder while `work` goes on, and turns errors of the system into faults. */
  private at<T>(
    path: string,
    work: (full: string) => Promise<Result<T, DriveFault>>,
  ): Promise<Result<T, DriveFault>> {
    return this.holding(path, async (full, folder) => {
      try {
        return await work(full);
      } finally {
        await folder.close();
      }
    });
  }

  /** As `at`, but `work` lets the folder go when it is done with it. */
  private holding<T>(
    path: string,
    work: (full: string, folder: HeldFolder) => Promise<Result<T, DriveFault>>,
  ): Promise<Result<T, DriveFault>> {
    return this.guard(async () => {
      if (!PATH.test(path)) return fault('medium_path_refused', 'outside of KEYTURN');
      const levels = path.split('/');
      const name = levels.pop() ?? '';
      const folder = await holdFolder({ root: this.root, ...this.identity }, levels);
      if (!folder.ok) {
        if (folder.error.code === 'medium_pulled') this.gone = true;
        return folder;
      }
      return work(folder.value.entry(name), folder.value);
    });
  }

  private async guard<T>(work: () => Promise<Result<T, DriveFault>>): Promise<Result<T, DriveFault>> {
    if (this.gone) return fault('medium_pulled', 'this medium was pulled');
    try {
      return await work();
    } catch (error) {
      return err(await this.faultOf(error));
    }
  }

  /** An error while another root (or none) is at the path means that the medium is gone. */
  private async faultOf(error: unknown): Promise<DriveFault> {
    const found = driveFault(error);
    const root = await rootIdentity(this.root);
    const same = root?.device === this.identity.device && root.inode === this.identity.inode;
    if (!same || found.code === 'medium_pulled') {
      this.gone = true;
      return { code: 'medium_pulled', message: 'this medium was pulled' };
    }
    if (found.code === 'medium_io_error') this.failed();
    return found;
  }

  /** Opens a plain file for reading, never a link, a device or a pipe. */
  private async withFile<T>(
    full: string,
    work: (file: FileHandle) => Promise<Result<T, DriveFault>>,
  ): Promise<Result<T, DriveFault>> {
    const opened = await this.openToRead(full);
    if (!opened.ok) return opened;
    const { file } = opened.value;
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  }

  private openToRead(full: string): ReturnType<typeof openPlain> {
    const direct = this.directReads ? constants.O_DIRECT : 0;
    return openPlain(full, constants.O_RDONLY | direct);
  }
}

/**
 * Opens a plain file that has this one name only: never a link, a device or a pipe (looked at before opening, since opening a device does
 * things, and at what was opened). A second name could be a file of the customer's own (MED-4).
 */
async function openPlain(
  full: string,
  flags: number,
): Promise<Result<{ readonly file: FileHandle; readonly size: number }, DriveFault>> {
  if (!(await lstat(full)).isFile()) return fault('medium_path_refused', 'not a file');
  const file = await open(full, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  const found = await file.stat();
  if (found.isFile() && found.nlink <= 1) return ok({ file, size: found.size });
  await file.close();
  return fault('medium_path_refused', 'not a file of one name');
}

function holdingUntilDone(writer: LargeFileWriter, folder: HeldFolder): LargeFileWriter {
  let held = true;
  const letGo = async (): Promise<void> => {
    if (held) await folder.close();
    held = false;
  };
  return {
    write: (bytes) => writer.write(bytes),
    finish: async () => {
      const done = await writer.finish();
      if (done.ok) await letGo();
      return done;
    },
    abort: async () => {
      await writer.abort();
      await letGo();
    },
  };
}

/** Files that a write cut short left beside their names. */
async function leftovers(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of await opendir(folder))
    if (entry.isFile() && /\.(part|new)$/.test(entry.name)) names.push(entry.name);
  return names;
}

const missingIsNull = <T>(result: Result<T, DriveFault>): Result<T | null, DriveFault> =>
  !result.ok && result.error.code === 'medium_file_missing' ? ok(null) : result;
