import { createCipheriv, createDecipheriv } from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';
import type { EditionId } from '#shared/kernel/ids.ts';
import { releaseBuffer } from '#shared/media/container/spent.ts';
import type { Random } from '#shared/ports/random.ts';

/**
 * Content at rest (CNT-1): AES-256-GCM, one record per chunk. Each edition has its own random key, so a record's nonce is its number; number and
 * edition are authenticated with it, so records cannot change places. The edition's key lies wrapped under the cache key, which only a lease of the hub brings (`lease.ts`).
 */
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** Bytes that a sealed chunk is longer than the plain one. */
export const SEAL_BYTES = TAG_BYTES;

export const sealedOffset = (index: number, chunkBytes: number): number => index * (chunkBytes + TAG_BYTES);

export function sealChunk(key: Uint8Array, edition: EditionId, index: number, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index));
  cipher.setAAD(nameOf(edition, index));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The cipher makes a new buffer of each piece it is given: pieces of this size stay in the processor's cache until they are copied out. */
const SLICE_BYTES = 65_536;

/** Fills `into` with the plain chunk (`SEAL_BYTES` shorter); false, and nothing but zeros in it, when the record is not what was sealed. */
export function openChunk(
  key: Uint8Array,
  edition: EditionId,
  index: number,
  sealed: Uint8Array,
  into: Uint8Array,
): boolean {
  assert(into.length === sealed.length - TAG_BYTES, 'a chunk is as long as its record without the tag');
  const cipher = createDecipheriv('aes-256-gcm', key, nonceOf(index));
  cipher.setAAD(nameOf(edition, index));
  cipher.setAuthTag(sealed.subarray(into.length));
  for (let at = 0; at < into.length; at += SLICE_BYTES) {
    const plain = cipher.update(sealed.subarray(at, Math.min(at + SLICE_BYTES, into.length)));
    into.set(plain, at);
    releaseBuffer(plain);
  }
  try {
    cipher.final();
    return true;
  } catch {
    into.fill(0);
    return false;
  }
}

/** A fresh key for one edition, and the same wrapped under the cache key (base64). */
export function newEditionKey(
  cacheKey: Uint8Array,
  edition: EditionId,
  random: Random,
): { readonly key: Uint8Array; readonly wrapped: string } {
  const key = random.bytes(KEY_BYTES);
  return { key, wrapped: wrapEditionKey(cacheKey, edition, key, random) };
}

export function wrapEditionKey(
  cacheKey: Uint8Array,
  edition: EditionId,
  key: Uint8Array,
  random: Random,
): string {
  assert(cacheKey.length === KEY_BYTES && key.length === KEY_BYTES, 'keys of the cache have 32 bytes');
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', cacheKey, nonce);
  cipher.setAAD(Buffer.from(`keyturn-edition-key ${edition}`));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** Null when it was wrapped under another cache key or for another edition. */
export function unwrapEditionKey(
  cacheKey: Uint8Array,
  edition: EditionId,
  wrapped: string,
): Uint8Array | null {
  const bytes = Buffer.from(wrapped, 'base64');
  if (bytes.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) return null;
  const cipher = createDecipheriv('aes-256-gcm', cacheKey, bytes.subarray(0, NONCE_BYTES));
  cipher.setAAD(Buffer.from(`keyturn-edition-key ${edition}`));
  cipher.setAuthTag(bytes.subarray(NONCE_BYTES + KEY_BYTES));
  try {
    return Buffer.concat([
      cipher.update(bytes.subarray(NONCE_BYTES, NONCE_BYTES + KEY_BYTES)),
      cipher.final(),
    ]);
  } catch {
    return null;
  }
}

function nonceOf(index: number): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUIntBE(index, NONCE_BYTES - 6, 6);
  return nonce;
}

const nameOf = (edition: EditionId, index: number): Uint8Array =>
  Buffer.from(`keyturn-chunk ${edition} ${index}`);
