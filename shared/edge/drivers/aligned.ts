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

/**
 * Reads through an O_DIRECT descriptor in aligned windows and copies out what was asked for. Answers fewer bytes only at the end of
 * the file.
 */
export async function readDirect(
  file: FileHandle,
  scratch: Buffer,
  offset: number,
  length: number,
): Promise<Buffer> {
  const out = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const at = offset + done;
    const start = at - (at % BLOCK);
    const wanted = Math.min(WINDOW, Math.ceil((at - start + length - done) / BLOCK) * BLOCK);
    const { bytesRead } = await file.read(scratch, 0, wanted, start);
    const useful = Math.min(bytesRead - (at - start), length - done);
    if (useful <= 0) break;
    scratch.copy(out, done, at - start, at - start + useful);
    done += useful;
  }
  return out.subarray(0, done);
}

export const directScratch = (): Buffer => alignedBuffer(WINDOW);
