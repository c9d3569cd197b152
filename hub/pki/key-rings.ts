import { createCipheriv, createDecipheriv } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { KeyEncryption, KeyGeneration, KeyPurpose } from '#hub/ports/key-encryption.ts';
import { assert } from '#shared/kernel/assert.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import { writeDurable } from './key-provider.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const ringFile = z.object({
  version: z.literal(1),
  /** Newest first. `sealed`: the generation's key under the hub's own secret, base64url; null once it is retired. */
  generations: z
    .array(
      z.object({
        generation: z.string().max(40),
        madeAt: z.int(),
        retiredAt: z.int().nullable(),
        sealed: z.string().max(200).nullable(),
      }),
    )
    .min(1),
});
export type Ring = z.infer<typeof ringFile>;
type Generation = Ring['generations'][number];

export interface KeyRingDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'bytes'>;
}

const sealName = (purpose: string, generation: string): string => `keyturn key ring ${purpose} ${generation}`;

export const readRing = (text: string): Ring => ringFile.parse(JSON.parse(text));

/** A generation as its file holds it; `key` is wiped. */
export function freshGeneration(
  purpose: string,
  generation: string,
  key: Uint8Array,
  sealingKey: Uint8Array,
  { clock, random }: KeyRingDeps,
): Generation {
  const bytes = seal(sealingKey, sealName(purpose, generation), key, random.bytes(NONCE_BYTES));
  key.fill(0);
  const sealed = Buffer.from(bytes).toString('base64url');
  return { generation, madeAt: clock.now(), retiredAt: null, sealed };
}

/** Its key; null once it is retired. */
export function unsealGeneration(
  purpose: string,
  one: Generation,
  sealingKey: Uint8Array,
): Uint8Array | null {
  if (one.sealed === null) return null;
  const key = unseal(sealingKey, sealName(purpose, one.generation), Buffer.from(one.sealed, 'base64url'));
  assert(key !== null, `the key ring ${purpose} belongs to another secret of the hub`);
  return key;
}

/** Begins a file that is not there yet. Of two hubs that begin one at once, the first one's holds. */
export async function beginRing(
  path: string,
  { random }: Pick<KeyRingDeps, 'random'>,
  first: () => Generation,
): Promise<void> {
  if (
    await readFile(path).then(
      () => true,
      () => false,
    )
  )
    return;
  const ring: Ring = { version: 1, generations: [first()] };
  const beside = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}`;
  await writeFile(beside, JSON.stringify(ring), { mode: 0o600, flush: true });
  await link(beside, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(beside);
}

/** The ring without the key of a generation. */
export function retiredIn(ring: Ring, generation: string, now: EpochMs): Ring {
  assert(ring.generations[0]?.generation !== generation, 'the newest generation is never retired');
  const generations = ring.generations.map((one) =>
    one.generation === generation && one.sealed !== null ? { ...one, sealed: null, retiredAt: now } : one,
  );
  return { ...ring, generations };
}

/**
 * Key-encryption keys in files, one per purpose, each key sealed under a key derived from the hub's secret (AES-256-GCM, NIST SP 800-38D).
 * Hubs that share the folder see each other's generations: a file is read again whenever it may be newer.
 */
export function fileKeyRings(folder: string, sealingKey: Uint8Array, deps: KeyRingDeps): KeyEncryption {
  assert(sealingKey.length === KEY_BYTES, 'a sealing key has 32 bytes');
  const { clock, random } = deps;
  const rings = new Map<KeyPurpose, Ring>();
  const path = (purpose: KeyPurpose): string => join(folder, `${purpose}.keys.json`);
  const wrapName = (purpose: KeyPurpose, generation: string, context: string): string =>
    `keyturn data key ${purpose} ${generation} ${context}`;

  const fresh = (purpose: KeyPurpose, number: number): Ring['generations'][number] => {
    const generation = `${number}-${Buffer.from(random.bytes(4)).toString('hex')}`;
    return freshGeneration(purpose, generation, random.bytes(KEY_BYTES), sealingKey, deps);
  };
  const load = async (purpose: KeyPurpose): Promise<Ring> => {
    const text = await readFile(path(purpose), 'utf8').catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await begin(purpose);
      return readFile(path(purpose), 'utf8');
    });
    const ring = readRing(text);
    rings.set(purpose, ring);
    return ring;
  };
  const begin = async (purpose: KeyPurpose): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await beginRing(path(purpose), deps, () => fresh(purpose, 1));
  };
  const keyOf = (purpose: KeyPurpose, ring: Ring, generation: string): Uint8Array | null => {
    const found = ring.generations.find((one) => one.generation === generation);
    return found === undefined ? null : unsealGeneration(purpose, found, sealingKey);
  };
  const save = async (purpose: KeyPurpose, ring: Ring): Promise<void> => {
    await writeDurable(path(purpose), JSON.stringify(ring));
    rings.set(purpose, ring);
  };

  return {
    async wrap(purpose, context, dataKey) {
      assert(dataKey.length === KEY_BYTES, 'a data key has 32 bytes');
      const ring = await load(purpose);
      const generation = ring.generations[0]?.generation ?? '';
      const key = keyOf(purpose, ring, generation);
      assert(key !== null, 'the newest generation is never retired');
      const sealed = seal(key, wrapName(purpose, generation, context), dataKey, random.bytes(NONCE_BYTES));
      key.fill(0);
      return { generation, wrapped: Buffer.from(sealed).toString('base64url') };
    },
    async unwrap(purpose, context, { generation, wrapped }) {
      const known = rings.get(purpose);
      const key =
        (known === undefined ? null : keyOf(purpose, known, generation)) ??
        keyOf(purpose, await load(purpose), generation);
      if (key === null) return fault('key_retired', `there is no key of generation ${generation}`);
      const dataKey = unseal(key, wrapName(purpose, generation, context), Buffer.from(wrapped, 'base64url'));
      key.fill(0);
      return dataKey === null ? fault('key_foreign', 'wrapped for something else, or changed') : ok(dataKey);
    },
    async generations(purpose) {
      const ring = await load(purpose);
      return ring.generations.map(
        ({ generation, madeAt, retiredAt }): KeyGeneration => ({
          generation,
          madeAt: madeAt as EpochMs,
          retiredAt: retiredAt as EpochMs | null,
        }),
      );
    },
    async rotate(purpose) {
      const ring = await load(purpose);
      const next = fresh(purpose, ring.generations.length + 1);
      await save(purpose, { ...ring, generations: [next, ...ring.generations] });
      return { generation: next.generation, madeAt: next.madeAt as EpochMs, retiredAt: null };
    },
    async retire(purpose, generation) {
      const ring = await load(purpose);
      await save(purpose, retiredIn(ring, generation, clock.now()));
    },
  };
}

function seal(key: Uint8Array, name: string, plain: Uint8Array, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: Uint8Array, name: string, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
  cipher.setAAD(Buffer.from(name));
  cipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([
      cipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)),
      cipher.final(),
    ]);
  } catch {
    return null;
  }
}
