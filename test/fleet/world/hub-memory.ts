import { createHash } from 'node:crypto';
import type { SealedObjectStore } from '#hub/app/content/folder-store.ts';
import type { CheckpointKeep } from '#hub/ports/checkpoint-keep.ts';
import type { KeyEncryption, KeyGeneration, KeyPurpose } from '#hub/ports/key-encryption.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';

const CHUNK_BYTES = 1024 * 1024;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The library in memory; it outlives the hub's process as a disk does. */
export function memoryObjects(): SealedObjectStore {
  const objects = new Map<string, Buffer>();
  return {
    async put(objectId, content, options) {
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part);
      const bytes = Buffer.concat(parts);
      const hash = sha256(bytes);
      if (options.expectedSha256 !== null && options.expectedSha256 !== hash)
        return fault('object_hash_mismatch', 'the content is not what its hash says');
      objects.set(objectId, bytes);
      const chunks: string[] = [];
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
        chunks.push(sha256(bytes.subarray(at, at + CHUNK_BYTES)));
      const head = new Uint8Array(bytes.subarray(0, 4096));
      return ok({ objectId, bytes: bytes.length, sha256: hash, chunks, chunkBytes: CHUNK_BYTES, head });
    },
    async read(objectId, from, until) {
      const bytes = objects.get(objectId);
      if (bytes === undefined) return fault('object_missing', 'no such object');
      return ok(
        (async function* () {
          yield new Uint8Array(bytes.subarray(from, until));
        })(),
      );
    },
    stat: async (objectId) => {
      const bytes = objects.get(objectId);
      return bytes === undefined ? null : { bytes: bytes.length };
    },
    remove: async (objectId) => {
      objects.delete(objectId);
    },
    rewrap: async () => ({ rewrapped: 0, left: 0 }),
  };
}

/** Key-encryption keys in memory: each wrapped key names its generation and its context, and opens for nothing else. */
export function memoryKeyEncryption(clock: Pick<Clock, 'now'>): KeyEncryption {
  const rings = new Map<KeyPurpose, KeyGeneration[]>();
  const ring = (purpose: KeyPurpose): KeyGeneration[] => {
    const known = rings.get(purpose);
    if (known !== undefined) return known;
    const first = [{ generation: '1', madeAt: clock.now(), retiredAt: null }];
    rings.set(purpose, first);
    return first;
  };
  return {
    wrap: async (purpose, context, dataKey) => {
      const { generation } = ring(purpose)[0] as KeyGeneration;
      const wrapped = `${Buffer.from(context).toString('base64url')}-${Buffer.from(dataKey).toString('base64url')}`;
      return { generation, wrapped };
    },
    async unwrap(purpose, context, { generation, wrapped }) {
      const known = ring(purpose).find((one) => one.generation === generation);
      if (known === undefined || known.retiredAt !== null) return fault('key_retired', 'no such generation');
      const mark = `${Buffer.from(context).toString('base64url')}-`;
      if (!wrapped.startsWith(mark)) return fault('key_foreign', 'wrapped for something else');
      return ok(new Uint8Array(Buffer.from(wrapped.slice(mark.length), 'base64url')));
    },
    generations: async (purpose) => ring(purpose),
    async rotate(purpose) {
      const next = { generation: String(ring(purpose).length + 1), madeAt: clock.now(), retiredAt: null };
      ring(purpose).unshift(next);
      return next;
    },
    async retire(purpose, generation) {
      const at = ring(purpose).findIndex((one) => one.generation === generation);
      const one = ring(purpose)[at];
      if (one !== undefined) ring(purpose)[at] = { ...one, retiredAt: clock.now() };
    },
  };
}

export function memoryCheckpoints(): CheckpointKeep {
  let kept: string[] = [];
  return {
    add: async (jws) => {
      kept.push(jws);
    },
    all: async () => kept,
    setAside: async () => {
      kept = [];
    },
  };
}
