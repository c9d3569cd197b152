import type { FileHandle } from 'node:fs/promises';

/** Devices want buffers, offsets and lengths of direct I/O in whole blocks; 4 KiB suits all of them. */
export const BLOCK = 4096;

/** Buffers that nobody uses now, by their length. A new one for each write would come back only with a collection of garbage, and their megabytes hurry none. */
const idle = new Map<number, Buffer[]>();

/** A buffer that begins at a page boundary, as O_DIRECT needs it, with whatever its last user left there. Who takes it gives it back (`giveAligned`) once nobody reads or writes it any more. */
export function takeAligned(bytes: number): Buffer {
  return idle.get(bytes)?.pop() ?? alignedBuffer(bytes);
}

export function giveAligned(buffer: Buffer): void {
  const alike = idle.get(buffer.length);
  if (alike === undefined) idle.set(buffer.length, [buffer]);
  else alike.push(buffer);
}

/** WebAssembly memory always begins at a page boundary. Whole 64 KiB pages. */
function alignedBuffer(bytes: number): Buffer {
  const pages = Math.ceil(bytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  return Buffer.from(memory.buffer, 0, bytes);
}

const WINDOW = 1024 * 1024;

/** Fills `into` with what stands at `offset`; answers how many bytes there were: fewer only at the end of the file. */
export type ReadInto = (file: FileHandle, offset: number, into: Uint8Array) => Promise<number>;

/** Through the page cache. */
export const readCached: ReadInto = async (file, offset, into) => {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
};

/** Most of what is read is a chunk of a copy, or less: room for that and for the blocks around it. */
const SMALL_WINDOW = 128 * 1024;
/** What is this short may be a key: it does not stay in the window. */
const SHORT = 32 * 1024;

/**
 * Through O_DIRECT descriptors, in aligned windows from which what was asked for is copied. Reads at the same time have a window each; as many windows are kept
 * as were ever in use at once.
 */
export const readDirect: ReadInto = async (file, offset, into) => {
  const window = takeAligned(into.length + 2 * BLOCK <= SMALL_WINDOW ? SMALL_WINDOW : WINDOW);
  try {
    return await fill(file, window, offset, into);
  } finally {
    if (into.length <= SHORT) window.fill(0, 0, SHORT + 2 * BLOCK);
    giveAligned(window);
  }
};

async function fill(file: FileHandle, window: Buffer, offset: number, into: Uint8Array): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const at = offset + done;
    const start = at - (at % BLOCK);
    const wanted = Math.min(window.length, Math.ceil((at - start + into.length - done) / BLOCK) * BLOCK);
    const { bytesRead } = await file.read(window, 0, wanted, start);
    const useful = Math.min(bytesRead - (at - start), into.length - done);
    if (useful <= 0) break;
    into.set(window.subarray(at - start, at - start + useful), done);
    done += useful;
  }
  return done;
}
