import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFolderStore } from './folder-store.ts';
import type { ObjectStore } from './object-store.ts';

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
  let store: ObjectStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyturn-objects-'));
    store = await openFolderStore(folder, Buffer.alloc(32, 7));
  });
  afterEach(() => rm(folder, { recursive: true }));

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

  it('SEC-3: what lies on disk is not the content', async () => {
    await store.put('object-one', blocks(content), anything);
    const onDisk = await readFile(join(folder, 'object-one.bin'));
    expect(onDisk.length).toBe(content.length);
    expect(onDisk.includes('Keyturn')).toBe(false);
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
