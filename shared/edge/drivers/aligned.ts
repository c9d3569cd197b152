import type { FileHandle } from 'node:fs/promises';

/** Devices want buffers, offsets and lengths of direct I/O in whole blocks; 4 KiB suits all of them. */
export const BLOCK = 4096;

/** A buffer that begins at a page boundary, as O_DIRECT needs it: WebAssembly memory always does. Whole 64 KiB pages. */
export function alignedBuffer(bytes: number): Buffer {
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

/**
 * Through O_DIRECT descriptors, in aligned windows from which what was asked for is copied. Reads at the same time have a window each; as many windows are kept
 * as were ever in use at once.
 */
export function directReads(): ReadInto {
  const idle: Buffer[] = [];
  return async (file, offset, into) => {
    const scratch = idle.pop() ?? alignedBuffer(WINDOW);
    try {
      return await fill(file, scratch, offset, into);
    } finally {
      idle.push(scratch);
    }
  };
}

async function fill(file: FileHandle, scratch: Buffer, offset: number, into: Uint8Array): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const at = offset + done;
    const start = at - (at % BLOCK);
    const wanted = Math.min(WINDOW, Math.ceil((at - start + into.length - done) / BLOCK) * BLOCK);
    const { bytesRead } = await file.read(scratch, 0, wanted, start);
    const useful = Math.min(bytesRead - (at - start), into.length - done);
    if (useful <= 0) break;
    into.set(scratch.subarray(at - start, at - start + useful), done);
    done += useful;
  }
  return done;
}
