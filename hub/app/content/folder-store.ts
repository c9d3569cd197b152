import { type Cipher, createCipheriv, createHash, type Hash, hkdfSync } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#shared/kernel/assert.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { ObjectFault, ObjectStore, PutOptions, StoredObject } from './object-store.ts';

const CHUNK_BYTES = 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;
const HEAD_BYTES = 4096;
/** Ids are made by the hub; the pattern is what keeps a name from ever being a path. */
const OBJECT_ID = /^[a-z0-9][a-z0-9-]{7,99}$/;

/**
 * The object store of a single shop: one file per object, encrypted at rest with AES-256-CTR under a key derived from the
 * library key and the object's id (DESIGN §4). CTR keeps ranges cheap; that nothing was changed is checked against the hashes of
 * the chunks, which stand in the database. An object id is written once in its life, so no key stream is used twice.
 */
export async function openFolderStore(folder: string, libraryKey: Uint8Array): Promise<ObjectStore> {
  assert(libraryKey.length === 32, 'the library key has 32 bytes');
  await mkdir(folder, { recursive: true });
  await removeUnfinished(folder);
  const path = (objectId: string): string => {
    assert(OBJECT_ID.test(objectId), 'an object id is lower-case letters, digits and dashes');
    return join(folder, `${objectId}.bin`);
  };
  const keyOf = (objectId: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', libraryKey, objectId, 'keyturn library object', 32));

  return {
    async put(objectId, content, options) {
      const final = path(objectId);
      assert((await sizeOf(final)) === null, 'an object is written once');
      const partial = `${final}.part`;
      // Opened afresh: what a cut-off upload of the same id left is gone.
      const file = await open(partial, 'w', 0o600);
      let stored: Result<StoredObject, ObjectFault>;
      try {
        stored = await receive(file, objectId, keyOf(objectId), content, options);
        if (stored.ok) await file.sync();
      } catch {
        stored = fault('object_cut_off', 'the content ended before it was whole');
      } finally {
        await file.close();
      }
      if (!stored.ok) {
        await rm(partial, { force: true });
        return stored;
      }
      await rename(partial, final);
      await syncFolder(folder);
      return stored;
    },
    async read(objectId, from, until) {
      const bytes = await sizeOf(path(objectId));
      if (bytes === null) return fault('object_missing', 'no such object');
      assert(from >= 0 && from <= until && until <= bytes, 'the range lies within the object');
      return ok(decrypted(path(objectId), keyOf(objectId), from, until));
    },
    async stat(objectId) {
      const bytes = await sizeOf(path(objectId));
      return bytes === null ? null : { bytes };
    },
    async remove(objectId) {
      await rm(path(objectId), { force: true });
    },
  };
}

/** Uploads that were under way when the hub ended are never taken up again: their sender starts anew. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
}

async function receive(
  file: FileHandle,
  objectId: string,
  key: Uint8Array,
  content: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<Result<StoredObject, ObjectFault>> {
  const cipher = cipherAt(key, 0);
  const whole = createHash('sha256');
  const chunks = new ChunkHasher();
  const head: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of content) {
    if (bytes < HEAD_BYTES) head.push(block.slice(0, HEAD_BYTES - bytes));
    bytes += block.length;
    if (bytes > options.limitBytes)
      return fault('object_too_large', `more than ${options.limitBytes} bytes`, {
        limitBytes: options.limitBytes,
      });
    whole.update(block);
    chunks.update(block);
    await file.write(cipher.update(block));
  }
  if (options.expectedBytes !== null && bytes !== options.expectedBytes)
    return fault('object_cut_off', `${bytes} bytes came of ${options.expectedBytes}`, { bytes });
  const sha256 = whole.digest('hex');
  if (options.expectedSha256 !== null && sha256 !== options.expectedSha256)
    return fault('object_hash_mismatch', 'the content is not what its hash says', { sha256 });
  return ok({
    objectId,
    bytes,
    sha256,
    chunks: chunks.finish(),
    chunkBytes: CHUNK_BYTES,
    head: Buffer.concat(head),
  });
}

/** Hashes a stream in chunks of fixed size, however it comes cut into blocks. */
class ChunkHasher {
  private readonly done: string[] = [];
  private current: Hash = createHash('sha256');
  private filled = 0;

  update(block: Uint8Array): void {
    let offset = 0;
    while (offset < block.length) {
      const take = Math.min(block.length - offset, CHUNK_BYTES - this.filled);
      this.current.update(block.subarray(offset, offset + take));
      offset += take;
      this.filled += take;
      if (this.filled === CHUNK_BYTES) this.turn();
    }
  }

  finish(): readonly string[] {
    if (this.filled > 0) this.turn();
    return this.done;
  }

  private turn(): void {
    this.done.push(this.current.digest('hex'));
    this.current = createHash('sha256');
    this.filled = 0;
  }
}

/** AES-CTR from byte `offset` on: the counter is set to its block, the rest of the block is skipped. */
function cipherAt(key: Uint8Array, offset: number): Cipher {
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(Math.floor(offset / 16)), 8);
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  const skip = offset % 16;
  if (skip > 0) cipher.update(Buffer.alloc(skip));
  return cipher;
}

async function* decrypted(
  path: string,
  key: Uint8Array,
  from: number,
  until: number,
): AsyncIterable<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const cipher = cipherAt(key, from);
    let at = from;
    while (at < until) {
      const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, until - at));
      const { bytesRead } = await file.read(block, 0, block.length, at);
      assert(bytesRead > 0, 'an object does not shrink while it is read');
      at += bytesRead;
      yield cipher.update(block.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
