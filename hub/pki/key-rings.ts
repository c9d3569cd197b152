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
type Ring = z.infer<typeof ringFile>;

export interface KeyRingDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'bytes'>;
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
  const sealName = (purpose: KeyPurpose, generation: string): string =>
    `keyturn key ring ${purpose} ${generation}`;
  const wrapName = (purpose: KeyPurpose, generation: string, context: string): string =>
    `keyturn data key ${purpose} ${generation} ${context}`;

  const fresh = (purpose: KeyPurpose, number: number): Ring['generations'][number] => {
    const generation = `${number}-${Buffer.from(random.bytes(4)).toString('hex')}`;
    const key = random.bytes(KEY_BYTES);
    const sealed = Buffer.from(
      seal(sealingKey, sealName(purpose, generation), key, random.bytes(NONCE_BYTES)),
    ).toString('base64url');
    key.fill(0);
    return { generation, madeAt: clock.now(), retiredAt: null, sealed };
  };
  const load = async (purpose: KeyPurpose): Promise<Ring> => {
    const text = await readFile(path(purpose), 'utf8').catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await begin(purpose);
      return readFile(path(purpose), 'utf8');
    });
    const ring = ringFile.parse(JSON.parse(text));
    rings.set(purpose, ring);
    return ring;
  };
  /** Of two hubs that begin a ring at once, the first one's holds. */
  const begin = async (purpose: KeyPurpose): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const ring: Ring = { version: 1, generations: [fresh(purpose, 1)] };
    const beside = `${path(purpose)}.${Buffer.from(random.bytes(6)).toString('hex')}`;
    await writeFile(beside, JSON.stringify(ring), { mode: 0o600, flush: true });
    await link(beside, path(purpose)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(beside);
  };
  const keyOf = (purpose: KeyPurpose, ring: Ring, generation: string): Uint8Array | null => {
    const found = ring.generations.find((one) => one.generation === generation);
    if (found === undefined || found.sealed === null) return null;
    const key = unseal(sealingKey, sealName(purpose, generation), Buffer.from(found.sealed, 'base64url'));
    assert(key !== null, `the key ring ${purpose} belongs to another secret of the hub`);
    return key;
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
      assert(ring.generations[0]?.generation !== generation, 'the newest generation is never retired');
      const generations = ring.generations.map((one) =>
        one.generation === generation && one.sealed !== null
          ? { ...one, sealed: null, retiredAt: clock.now() }
          : one,
      );
      await save(purpose, { ...ring, generations });
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
