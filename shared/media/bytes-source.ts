import { ok } from '#shared/kernel/result.ts';
import type { ByteSource } from '#shared/ports/byte-source.ts';

/** Bytes in memory as a source. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  bytes: bytes.length,
  read: async (offset, into) => {
    into.set(bytes.subarray(offset, offset + into.length));
    return ok(undefined);
  },
});
