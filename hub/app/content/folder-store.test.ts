import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testKeyRings, testStoreKeys } from '#test/support/hub-keys.ts';
import { openFolderStore, type SealedObjectStore } from './folder-store.ts';
import { SEALED_RECORD_BYTES } from './sealed-records.ts';

const content = Buffer.alloc(3 * 1024 * 1024 + 777, 'Keyturn turns keys. ');
const sha256 = createHash('sha256').update(content).digest('hex');
const anything = { limitBytes: 10_000_000, expectedSha256: null, expectedBytes: null };

async function* blocks(bytes: Uint8Array, size = 70_001): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function* tornBlocks(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes.subarray(0, 100_000);
  throw new Error('the sender went away');
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

describe('folder object store', () => {
  let folder = '';
  let store: SealedObjectStore;
  let rings: ReturnType<typeof testKeyRings>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyturn-objects-'));
    rings = testKeyRings();
    store = await openFolderStore(folder, testStoreKeys(rings.keys));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    await rings.end();
  });

  it('CNT-1: content comes back by any range, with the hashes of its chunks', async () => {
    const put = await store.put('object-one', blocks(content), { ...anything, expectedSha256: sha256 });
    expect(put.ok && put.value.sha256).toBe(sha256);
    expect(put.ok && put.value.chunks).toHaveLength(4);
    const firstChunk = createHash('sha256')
      .update(content.subarray(0, 1024 * 1024))
      .digest('hex');
    expect(put.ok && put.value.chunks[0]).toBe(firstChunk);
    for (const [from, until] of [
      [0, content.length],
      [5, 6],
      [17, 300_000],
      [1_048_575, 1_048_593],
    ] as const) {
      const read = await store.read('object-one', from, until);
      expect(read.ok && (await collect(read.value)).equals(content.subarray(from, until))).toBe(true);
    }
  });

  const keyOf = async (id: string): Promise<{ generation: string; wrapped: string }> =>
    JSON.parse(await readFile(join(folder, `${id}.key`), 'utf8'));
  const whole = async (of: SealedObjectStore, id: string, bytes = content.length): Promise<Buffer> => {
    const read = await of.read(id, 0, bytes);
    if (!read.ok) throw new Error(read.error.code);
    return collect(read.value);
  };

  it('SEC-3: what lies on disk is not the content, and each object has a key of its own', async () => {
    await store.put('object-one', blocks(content), anything);
    await store.put('object-two', blocks(content), anything);
    const [one, two] = await Promise.all(
      ['object-one', 'object-two'].map((id) => readFile(join(folder, `${id}.sealed`))),
    );
    expect(one?.length).toBe(content.length + 16 * Math.ceil(content.length / (256 * 1024)));
    expect(await store.stat('object-one')).toEqual({ bytes: content.length });
    expect(one?.includes('Keyturn')).toBe(false);
    expect(one?.subarray(0, 1000).equals(two?.subarray(0, 1000) ?? Buffer.alloc(0))).toBe(false);
  });

  it('SEC-3: an object’s key opens nothing else, nor with another secret of the hub', async () => {
    await store.put('object-one', blocks(content), anything);
    await store.put('object-two', blocks(content), anything);
    const key = await keyOf('object-one');
    expect(await rings.keys.unwrap('library', 'object-one', key)).toMatchObject({ ok: true });
    const foreign = { ok: false, error: { code: 'key_foreign' } };
    expect(await rings.keys.unwrap('library', 'object-two', key)).toMatchObject(foreign);
    expect(await rings.keys.unwrap('cache', 'object-one', key)).toMatchObject({
      error: { code: 'key_retired' },
    });
    const thief = rings.again(new Uint8Array(32).fill(8));
    await expect(thief.unwrap('library', 'object-one', key)).rejects.toThrow('another secret');
    await writeFile(join(folder, 'object-two.key'), JSON.stringify(key));
    await expect(whole(store, 'object-two')).rejects.toThrow('cannot be opened');
  });

  it('SEC-3: records that were changed, exchanged or cut off are noticed before a byte of them is given out', async () => {
    await store.put('object-one', blocks(content), anything);
    const path = join(folder, 'object-one.sealed');
    const disk = await readFile(path);
    const changes: Record<string, Buffer> = {
      flipped: Buffer.from(disk.map((byte, at) => (at === 300_000 ? byte ^ 1 : byte))),
      cut: disk.subarray(0, 4 * SEALED_RECORD_BYTES),
      exchanged: Buffer.concat([
        disk.subarray(SEALED_RECORD_BYTES, 2 * SEALED_RECORD_BYTES),
        disk.subarray(0, SEALED_RECORD_BYTES),
        disk.subarray(2 * SEALED_RECORD_BYTES),
      ]),
    };
    for (const [what, bytes] of Object.entries(changes)) {
      await writeFile(path, bytes);
      const { bytes: length } = (await store.stat('object-one')) ?? { bytes: 0 };
      await expect(whole(store, 'object-one', length), what).rejects.toThrow('changed on the disk');
    }
  });

  it('SEC-3: a rotation wraps the keys anew and leaves the content as it lies; reading goes on meanwhile', async () => {
    const ids = ['object-one', 'object-two', 'object-three'];
    for (const id of ids) await store.put(id, blocks(content), anything);
    const before = await readFile(join(folder, 'object-one.sealed'));
    const first = await keyOf('object-one');
    const running = await store.read('object-one', 0, content.length);
    const made = await rings.keys.rotate('library');
    expect(await store.rewrap(2)).toEqual({ rewrapped: 2, left: 1 });
    // The hub ended in the middle; the next one goes on where this one stood.
    const next = await openFolderStore(folder, testStoreKeys(rings.again()));
    expect(await next.rewrap(500)).toEqual({ rewrapped: 1, left: 0 });
    expect(await next.rewrap(500)).toEqual({ rewrapped: 0, left: 0 });
    for (const id of ids) expect((await keyOf(id)).generation).toBe(made.generation);
    await rings.keys.retire('library', first.generation);
    expect(running.ok && (await collect(running.value)).equals(content)).toBe(true);
    for (const id of ids) expect((await whole(next, id)).equals(content)).toBe(true);
    expect((await readFile(join(folder, 'object-one.sealed'))).equals(before)).toBe(true);
    expect(await rings.keys.unwrap('library', 'object-one', first)).toMatchObject({
      error: { code: 'key_retired' },
    });
    expect(JSON.stringify(await rings.keys.generations('library'))).toContain('"retiredAt":1');
  });

  it('SEC-3: a library of the first form is sealed under keys of its own at the start, also after a start that ended', async () => {
    const key = hkdfSync(
      'sha256',
      testStoreKeys(rings.keys).formerKey,
      'object-old',
      'keyturn library object',
      32,
    );
    const cipher = createCipheriv('aes-256-ctr', Buffer.from(key), Buffer.alloc(16));
    await writeFile(join(folder, 'object-old.bin'), cipher.update(content));
    await writeFile(join(folder, 'object-old.0011.part'), content.subarray(0, 1000));
    const upgraded = await openFolderStore(folder, testStoreKeys(rings.keys));
    expect((await whole(upgraded, 'object-old')).equals(content)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['object-old.key', 'object-old.sealed']);
  });

  it('SEC-3: an object of no bytes, of one record and of one byte more come back as they were', async () => {
    for (const length of [0, 1, 256 * 1024, 256 * 1024 + 1]) {
      const id = `object-${length}-bytes`;
      await store.put(id, blocks(content.subarray(0, length)), anything);
      expect(await store.stat(id)).toEqual({ bytes: length });
      expect((await whole(store, id, length)).equals(content.subarray(0, length))).toBe(true);
    }
  });

  it('SEC-8: an upload cut off, too large or not what its hash says leaves nothing', async () => {
    const torn = await store.put('object-torn', tornBlocks(content), anything);
    expect(!torn.ok && torn.error.code).toBe('object_cut_off');
    const short = await store.put('object-short', blocks(content), {
      ...anything,
      expectedBytes: content.length + 1,
    });
    expect(!short.ok && short.error.code).toBe('object_cut_off');
    const large = await store.put('object-large', blocks(content), { ...anything, limitBytes: 1000 });
    expect(!large.ok && large.error.code).toBe('object_too_large');
    const wrong = await store.put('object-wrong', blocks(content), {
      ...anything,
      expectedSha256: '0'.repeat(64),
    });
    expect(!wrong.ok && wrong.error.code).toBe('object_hash_mismatch');
    expect(await readdir(folder)).toEqual([]);
    expect(await store.stat('object-torn')).toBeNull();
  });

  it('SEC-8: a name that is a path is refused', async () => {
    await expect(store.read('../../../etc/passwd', 0, 1)).rejects.toThrow('object id');
  });
});
