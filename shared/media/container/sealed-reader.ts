import { fault, ok, type Result } from '#shared/kernel/result.ts';
import { CIPHER_CHUNK_BYTES, LIMITS } from '../layout.ts';
import { headerLength } from './age-header.ts';
import type { ContentReadFault, OpenContent, ReadRange } from './content-reader.ts';
import { chunkRange, PAYLOAD_NONCE_BYTES, plaintextBytesOf } from './payload.ts';

/** What can be said of a content file without its key: its length and the ciphertext of its chunks (RET-7). */
export async function openSealed(
  readRange: ReadRange,
  size: number,
): Promise<Result<Pick<OpenContent, 'plaintextBytes' | 'chunkCount' | 'readSealed'>, ContentReadFault>> {
  const start = await readRange(0, Math.min(size, LIMITS.ageHeaderBytes));
  if (!start.ok) return start;
  const headerBytes = headerLength(start.value);
  if (headerBytes === null) return fault('content_header_damaged', 'no age v1 header');
  const payloadStart = headerBytes + PAYLOAD_NONCE_BYTES;
  const payloadBytes = size - payloadStart;
  const plaintextBytes = plaintextBytesOf(payloadBytes);
  if (plaintextBytes === null) return fault('content_truncated', 'no age file has this length');
  return ok({
    plaintextBytes,
    chunkCount: Math.ceil(payloadBytes / CIPHER_CHUNK_BYTES),
    readSealed: async (index) => {
      const range = chunkRange(payloadBytes, index);
      if (range === null) return fault('content_damaged', 'there is no such chunk', { chunk: index });
      const bytes = await readRange(payloadStart + range.offset, range.length);
      return bytes.ok && bytes.value.length !== range.length
        ? fault('content_truncated', 'the file ends too early', { chunk: index })
        : bytes;
    },
  });
}
