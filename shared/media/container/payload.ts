import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { CHUNK_BYTES, CIPHER_CHUNK_BYTES, TAG_BYTES } from '../layout.ts';

export const PAYLOAD_NONCE_BYTES = 16;

/** The payload's key, as age v1 derives it from file key and payload nonce. */
export const payloadKey = (fileKey: Uint8Array, nonce: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));

/** STREAM nonce: 11 bytes of big-endian chunk counter, one byte that flags the last chunk. */
export function chunkNonce(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

export function sealChunk(
  key: Uint8Array,
  index: number,
  last: boolean,
  plaintext: Uint8Array,
): { readonly body: Buffer; readonly tag: Buffer } {
  const cipher = createCipheriv('chacha20-poly1305', key, chunkNonce(index, last), {
    authTagLength: TAG_BYTES,
  });
  const body = cipher.update(plaintext);
  cipher.final();
  return { body, tag: cipher.getAuthTag() };
}

/** Plaintext of one chunk (ciphertext with tag), or null when it is not exactly what was sealed at this place. */
export function openChunk(key: Uint8Array, index: number, last: boolean, sealed: Uint8Array): Buffer | null {
  if (sealed.length < TAG_BYTES) return null;
  const decipher = createDecipheriv('chacha20-poly1305', key, chunkNonce(index, last), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    return plaintext;
  } catch {
    return null;
  }
}

/** Chunks of a file of this many plaintext bytes: an empty file has one, empty chunk. */
export const chunksOf = (plaintextBytes: number): number =>
  Math.max(1, Math.ceil(plaintextBytes / CHUNK_BYTES));

export const cipherBytesOf = (plaintextBytes: number): number =>
  plaintextBytes + chunksOf(plaintextBytes) * TAG_BYTES;

/** Where chunk `index` lies in a payload of `payloadBytes` (without nonce), or null where there is no such chunk. */
export function chunkRange(payloadBytes: number, index: number): { offset: number; length: number } | null {
  const offset = index * CIPHER_CHUNK_BYTES;
  if (index < 0 || offset >= payloadBytes) return null;
  return { offset, length: Math.min(CIPHER_CHUNK_BYTES, payloadBytes - offset) };
}

/** Plaintext length of a payload, or null for a length no age file can have. */
export function plaintextBytesOf(payloadBytes: number): number | null {
  if (payloadBytes < TAG_BYTES) return null;
  const chunks = Math.ceil(payloadBytes / CIPHER_CHUNK_BYTES);
  const lastChunk = payloadBytes - (chunks - 1) * CIPHER_CHUNK_BYTES;
  if (lastChunk < TAG_BYTES || (lastChunk === TAG_BYTES && chunks > 1)) return null;
  return payloadBytes - chunks * TAG_BYTES;
}
