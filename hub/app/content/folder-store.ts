import { createDecipheriv, createHash, type Hash, hkdfSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { KeyEncryption, WrappedKey } from '#hub/ports/key-encryption.ts';
import { assert } from '#shared/kernel/assert.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Random } from '#shared/ports/random.ts';
import type { ObjectFault, ObjectStore, PutOptions, StoredObject } from './object-store.ts';
import {
  inRecords,
  openRecord,
  plainBytesOf,
  RECORD_BYTES,
  SEALED_RECORD_BYTES,
  sealRecord,
} from './sealed-records.ts';

const CHUNK_BYTES = 1024 * 1024;
const HEAD_BYTES = 4096;
const KEY_BYTES = 32;
/** Ids are made by the hub; the pattern is what keeps a name from ever being a path. */
const OBJECT_ID = /^[a-z0-9][a-z0-9-]{7,99}$/;
const SEALED = '.sealed';
const KEY = '.key';
const PART = '.part';
/** The system's names for a disk, a quota or a limit that is used up. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const keyFile = z.object({ generation: z.string().max(40), wrapped: z.string().max(200) });

/** An object store whose data keys can be wrapped anew without touching the content (SEC-3). */
export interface SealedObjectStore extends ObjectStore {
  /** Wraps data keys of older generations under the newest, at most so many; the content is not read. */
  rewrap(most: number): Promise<{ readonly rewrapped: number; readonly left: number }>;
}

export interface FolderStoreKeys {
  readonly keys: KeyEncryption;
  readonly random: Pick<Random, 'bytes'>;
  /** From the library's first form (files `.bin`): sealed anew when the store is opened. */
  readonly formerKey: Uint8Array;
}

/**
 * The object store of a single shop: per object one sealed file under a random key of its own (`sealed-records.ts`) and beside it a
 * key file with that key wrapped by a key-encryption key (SEC-3). Both survive a restore of the database, since neither lies in it.
 * An object id is written once in its life.
 */
export async function openFolderStore(folder: string, deps: FolderStoreKeys): Promise<SealedObjectStore> {
  const { keys, random } = deps;
  await mkdir(folder, { recursive: true });
  const place = (objectId: string): string => {
    assert(OBJECT_ID.test(objectId), 'an object id is lower-case letters, digits and dashes');
    return join(folder, objectId);
  };
  const wrapped = async (objectId: string): Promise<WrappedKey> =>
    keyFile.parse(JSON.parse(await readFile(`${place(objectId)}${KEY}`, 'utf8')));
  const keep = (objectId: string, key: WrappedKey): Promise<void> =>
    writeWhole(folder, `${place(objectId)}${KEY}`, JSON.stringify(key));
  const dataKeyOf = async (objectId: string): Promise<Uint8Array> => {
    // Read again where its generation was retired in between: then it was wrapped anew meanwhile.
    for (let attempt = 0; ; attempt += 1) {
      const key = await keys.unwrap('library', objectId, await wrapped(objectId));
      if (key.ok) return key.value;
      assert(attempt === 0, `the key of object ${objectId} cannot be opened: ${key.error.code}`);
    }
  };

  /** Key first, then content: visible under its id only when both are durable. Whoever comes second finds it done. */
  let turn: Promise<void> = Promise.resolve();
  const settle = (objectId: string, partial: string, key: Uint8Array): Promise<void> => {
    const final = `${place(objectId)}${SEALED}`;
    turn = turn
      .catch(() => undefined)
      .then(async () => {
        if ((await sizeOf(final)) !== null) return rm(partial, { force: true });
        await keep(objectId, await keys.wrap('library', objectId, key));
        await rename(partial, final);
        await syncFolder(folder);
      });
    return turn;
  };

  const put: ObjectStore['put'] = async (objectId, content, options) => {
    assert((await sizeOf(`${place(objectId)}${SEALED}`)) === null, 'an object is written once');
    const key = random.bytes(KEY_BYTES);
    const partial = `${place(objectId)}.${Buffer.from(random.bytes(6)).toString('hex')}${PART}`;
    const file = await open(partial, 'w', 0o600);
    let stored: Result<StoredObject, ObjectFault>;
    try {
      stored = await receive(file, objectId, key, content, options);
      if (stored.ok) await file.sync();
    } catch (error) {
      stored = FULL.has(String(Reflect.get(Object(error), 'code')))
        ? fault('storage_full', 'the library’s disk is full')
        : fault('object_cut_off', 'the content ended before it was whole');
    } finally {
      await file.close();
    }
    if (stored.ok) await settle(objectId, partial, key);
    else await rm(partial, { force: true });
    key.fill(0);
    return stored;
  };

  const store: SealedObjectStore = {
    put,
    async read(objectId, from, until) {
      const path = `${place(objectId)}${SEALED}`;
      const fileBytes = await sizeOf(path);
      if (fileBytes === null) return fault('object_missing', 'no such object');
      const bytes = plainBytesOf(fileBytes);
      assert(
        bytes !== null && from >= 0 && from <= until && until <= bytes,
        'the range lies within the object',
      );
      return ok(opened({ path, fileBytes, objectId, key: await dataKeyOf(objectId) }, from, until));
    },
    async stat(objectId) {
      const fileBytes = await sizeOf(`${place(objectId)}${SEALED}`);
      const bytes = fileBytes === null ? null : plainBytesOf(fileBytes);
      return bytes === null ? null : { bytes };
    },
    async remove(objectId) {
      await rm(`${place(objectId)}${KEY}`, { force: true });
      await rm(`${place(objectId)}${SEALED}`, { force: true });
    },
    async rewrap(most) {
      const [newest] = await keys.generations('library');
      let rewrapped = 0;
      let left = 0;
      for (const name of await readdir(folder)) {
        if (!name.endsWith(KEY)) continue;
        const objectId = name.slice(0, -KEY.length);
        // Removed while this goes on: nothing is left to wrap.
        const before = await wrapped(objectId).catch(() => null);
        if (before === null || before.generation === newest?.generation) continue;
        if (rewrapped === most) left += 1;
        else {
          const key = await dataKeyOf(objectId);
          await keep(objectId, await keys.wrap('library', objectId, key));
          key.fill(0);
          rewrapped += 1;
        }
      }
      return { rewrapped, left };
    },
  };
  await removeUnfinished(folder);
  await sealFormer(folder, deps.formerKey, store);
  return store;
}

/** Uploads that were under way when the hub ended are never taken up again: their sender starts anew. */
async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names)
    if (name.endsWith(PART) || name.endsWith('.new')) await rm(join(folder, name), { force: true });
  const here = new Set(names);
  for (const name of names)
    if (name.endsWith(KEY) && !here.has(`${name.slice(0, -KEY.length)}${SEALED}`))
      await rm(join(folder, name), { force: true });
}

/** The library's first form had one key for all: what still lies so is sealed under a key of its own, then removed. */
async function sealFormer(folder: string, formerKey: Uint8Array, store: ObjectStore): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.bin')) continue;
    const objectId = name.slice(0, -'.bin'.length);
    const path = join(folder, name);
    if ((await store.stat(objectId)) === null) {
      const done = await store.put(objectId, formerContent(path, formerKey, objectId), {
        limitBytes: Number.POSITIVE_INFINITY,
        expectedSha256: null,
        expectedBytes: await sizeOf(path),
      });
      assert(done.ok, `object ${objectId} of the former library cannot be read`);
    }
    await rm(path, { force: true });
  }
}

async function* formerContent(
  path: string,
  formerKey: Uint8Array,
  objectId: string,
): AsyncIterable<Uint8Array> {
  const key = new Uint8Array(hkdfSync('sha256', formerKey, objectId, 'keyturn library object', 32));
  const cipher = createDecipheriv('aes-256-ctr', key, Buffer.alloc(16));
  for await (const block of createReadStream(path)) yield cipher.update(block as Buffer);
}

async function receive(
  file: FileHandle,
  objectId: string,
  key: Uint8Array,
  content: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<Result<StoredObject, ObjectFault>> {
  const whole = createHash('sha256');
  const chunks = new ChunkHasher();
  const head: Uint8Array[] = [];
  let bytes = 0;
  let index = 0;
  for await (const { plain, last } of inRecords(content)) {
    if (bytes < HEAD_BYTES) head.push(plain.slice(0, HEAD_BYTES - bytes));
    bytes += plain.length;
    if (bytes > options.limitBytes)
      return fault('object_too_large', `more than ${options.limitBytes} bytes`, {
        limitBytes: options.limitBytes,
      });
    whole.update(plain);
    chunks.update(plain);
    await file.write(sealRecord(key, objectId, index, last, plain));
    index += 1;
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

interface SealedObject {
  readonly path: string;
  readonly fileBytes: number;
  readonly objectId: string;
  readonly key: Uint8Array;
}

/** Plain bytes of a range, record by record; a record that is not what was sealed ends the stream with an error. */
async function* opened(object: SealedObject, from: number, until: number): AsyncIterable<Uint8Array> {
  const { path, fileBytes, objectId, key } = object;
  const lastIndex = Math.max(0, Math.ceil(fileBytes / SEALED_RECORD_BYTES) - 1);
  const file = await open(path, 'r');
  try {
    for (let at = from; at < until; ) {
      const index = Math.floor(at / RECORD_BYTES);
      const start = index * SEALED_RECORD_BYTES;
      const sealed = Buffer.allocUnsafe(Math.min(SEALED_RECORD_BYTES, fileBytes - start));
      const { bytesRead } = await file.read(sealed, 0, sealed.length, start);
      assert(bytesRead === sealed.length, 'an object does not shrink while it is read');
      const plain = openRecord(key, objectId, index, index === lastIndex, sealed);
      assert(plain !== null, `object ${objectId} was changed on the disk`);
      const part = plain.subarray(at - index * RECORD_BYTES, until - index * RECORD_BYTES);
      at += part.length;
      yield part;
    }
  } finally {
    key.fill(0);
    await file.close();
  }
}

async function writeWhole(folder: string, path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(folder);
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
