import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert } from '#shared/kernel/assert.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import type { DriveFault, LargeFileWriter } from '#shared/ports/media-drive.ts';
import { BLOCK, giveAligned, takeAligned } from './aligned.ts';
import { errnoOf } from './drive-errors.ts';

const SEGMENT = 1024 * 1024;
const SEGMENTS = 4;
/** Without direct I/O the page cache is emptied this often, so that "written" means nearly written and memory stays flat. */
const SYNC_EVERY = 64 * 1024 * 1024;

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export interface LargeFileOptions {
  /** Whether to ask for O_DIRECT; a file system that refuses gets the same ring buffered. */
  readonly direct: boolean;
  /** Turns an error of the system into a fault; knows whether the medium is still there. */
  readonly faultOf: (error: unknown) => Promise<DriveFault>;
}

/**
 * Writes a file of known length front to back through one ring of 4 × 1 MiB, whatever its size: each full MiB goes to the device while the
 * next one fills. The name appears with `finish`, after the data is on the device.
 */
export async function openLargeFile(
  path: string,
  totalBytes: number,
  options: LargeFileOptions,
): Promise<LargeFileWriter> {
  const part = `${path}.part`;
  await unlink(part).catch(() => undefined);
  const { file, direct } = await openPart(part, options.direct);
  try {
    await file.truncate(totalBytes);
  } catch (error) {
    await discard(file, part);
    throw error;
  }
  return new RingWriter(path, part, file, direct, totalBytes, options.faultOf);
}

async function openPart(part: string, direct: boolean): Promise<{ file: FileHandle; direct: boolean }> {
  if (direct) {
    try {
      return { file: await open(part, FLAGS | constants.O_DIRECT, 0o644), direct: true };
    } catch (error) {
      if (errnoOf(error) !== 'EINVAL') throw error;
      // Some file systems create the file before they refuse the flag.
      await unlink(part).catch(() => undefined);
    }
  }
  return { file: await open(part, FLAGS, 0o644), direct: false };
}

async function discard(file: FileHandle, part: string): Promise<void> {
  await file.close().catch(() => undefined);
  await unlink(part).catch(() => undefined);
}

class RingWriter implements LargeFileWriter {
  private readonly ring = takeAligned(SEGMENT * SEGMENTS);
  private readonly pending: (Promise<void> | null)[] = Array.from({ length: SEGMENTS }, () => null);
  private segment = 0;
  private fill = 0;
  /** Where the current segment begins in the file. */
  private offset = 0;
  private unsynced = 0;
  private failure: unknown = null;
  private closed = false;
  private queue: Promise<void> = Promise.resolve();
  /** Writes that did not find room at once; order of calls is order in the file. */
  private waiting = 0;
  private readonly path: string;
  private readonly part: string;
  private file: FileHandle;
  private direct: boolean;
  private readonly directFile: FileHandle | null;
  private buffering: Promise<void> | null = null;
  private readonly totalBytes: number;
  private readonly faultOf: (error: unknown) => Promise<DriveFault>;

  constructor(
    path: string,
    part: string,
    file: FileHandle,
    direct: boolean,
    totalBytes: number,
    faultOf: (error: unknown) => Promise<DriveFault>,
  ) {
    this.path = path;
    this.part = part;
    this.file = file;
    this.direct = direct;
    this.directFile = direct ? file : null;
    this.totalBytes = totalBytes;
    this.faultOf = faultOf;
  }

  /** What finds room in the ring is copied within the call: most writes wait for nobody. */
  async write(bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    const taken = this.waiting === 0 ? this.copyNow(bytes) : 0;
    if (taken === bytes.length && this.failure === null) return ok(undefined);
    this.waiting += 1;
    const rest = bytes.subarray(taken);
    const turn = this.queue
      .then(() => this.take(rest))
      .finally(() => {
        this.waiting -= 1;
      });
    this.queue = turn.catch(() => undefined);
    return this.outcome(turn);
  }

  async finish(): Promise<Result<void, DriveFault>> {
    return this.outcome(this.queue.then(() => this.complete()));
  }

  async abort(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.allSettled(this.pending);
    giveAligned(this.ring);
    if (this.directFile !== null && this.directFile !== this.file)
      await this.directFile.close().catch(() => undefined);
    await discard(this.file, this.part);
  }

  private async outcome(work: Promise<void>): Promise<Result<void, DriveFault>> {
    try {
      await work;
      if (this.failure !== null) throw this.failure;
      return ok(undefined);
    } catch (error) {
      return err(await this.faultOf(error));
    }
  }

  /** Copies into the ring; waits only where the next segment is still on its way to the device. */
  private async take(bytes: Uint8Array): Promise<void> {
    for (let at = 0; ; await this.room()) {
      at += this.copyNow(bytes.subarray(at));
      if (at === bytes.length || this.failure !== null) return;
    }
  }

  /** Copies as much as there is room for at this moment, and sends each full segment on its way. */
  private copyNow(bytes: Uint8Array): number {
    assert(!this.closed, 'nothing is written after the end');
    assert(
      this.offset + this.fill + bytes.length <= this.totalBytes,
      'a file gets the length it was opened for',
    );
    let at = 0;
    while (at < bytes.length && this.failure === null && this.pending[this.segment] === null) {
      if (!this.direct && this.unsynced >= SYNC_EVERY) break;
      const length = Math.min(SEGMENT - this.fill, bytes.length - at);
      this.ring.set(bytes.subarray(at, at + length), this.segment * SEGMENT + this.fill);
      this.fill += length;
      at += length;
      if (this.fill === SEGMENT) this.launch();
    }
    return at;
  }

  /** Until there is room again. */
  private async room(): Promise<void> {
    await this.pending[this.segment];
    if (this.direct || this.unsynced < SYNC_EVERY) return;
    await Promise.all(this.pending);
    await this.file.datasync();
    this.unsynced = 0;
  }

  private launch(): void {
    const { segment, offset } = this;
    this.pending[segment] = this.put(segment * SEGMENT, SEGMENT, offset)
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.pending[segment] = null;
      });
    this.segment = (segment + 1) % SEGMENTS;
    this.fill = 0;
    this.offset += SEGMENT;
    this.unsynced += SEGMENT;
  }

  private async put(start: number, length: number, offset: number): Promise<void> {
    const { file } = this;
    try {
      await writeAll(file, this.ring, start, length, offset);
    } catch (error) {
      if (file !== this.directFile || errnoOf(error) !== 'EINVAL') throw error;
      await this.goBuffered();
      await writeAll(this.file, this.ring, start, length, offset);
    }
  }

  /** O_DIRECT was granted at the opening and refused at a write: the same file again, buffered; once for all that are on their way. */
  private goBuffered(): Promise<void> {
    this.buffering ??= open(this.part, constants.O_WRONLY | constants.O_NOFOLLOW).then((file) => {
      this.direct = false;
      this.file = file;
    });
    return this.buffering;
  }

  private async complete(): Promise<void> {
    await Promise.all(this.pending);
    if (this.failure !== null) return;
    assert(this.offset + this.fill === this.totalBytes, 'the file is complete');
    const start = this.segment * SEGMENT;
    const whole = this.direct ? this.fill - (this.fill % BLOCK) : this.fill;
    if (whole > 0) await this.put(start, whole, this.offset);
    if (whole < this.fill) await this.putTail(start + whole, this.fill - whole, this.offset + whole);
    await this.file.datasync();
    this.closed = true;
    giveAligned(this.ring);
    await this.file.close();
    if (this.directFile !== null && this.directFile !== this.file) await this.directFile.close();
    await rename(this.part, this.path);
    await syncFolder(dirname(this.path));
  }

  /** The last bytes do not fill a block: through a second, buffered descriptor. */
  private async putTail(start: number, length: number, offset: number): Promise<void> {
    const tail = await open(this.part, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      await writeAll(tail, this.ring, start, length, offset);
      await tail.datasync();
    } finally {
      await tail.close();
    }
  }
}

async function writeAll(
  file: FileHandle,
  buffer: Buffer,
  start: number,
  length: number,
  offset: number,
): Promise<void> {
  for (let done = 0; done < length; ) {
    const { bytesWritten } = await file.write(buffer, start + done, length - done, offset + done);
    done += bytesWritten;
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
