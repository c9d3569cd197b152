import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyGeneration } from '#hub/ports/key-encryption.ts';
import {
  FIRST_GENERATION,
  SECRET_PURPOSES,
  type SecretKey,
  type SecretKeys,
  type SecretPurpose,
} from '#hub/ports/secret-keys.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { writeDurable } from './key-provider.ts';
import {
  beginRing,
  freshGeneration,
  type KeyRingDeps,
  type Ring,
  readRing,
  retiredIn,
  unsealGeneration,
} from './key-rings.ts';

/**
 * Secret keys in files, one per purpose, beside the key rings and sealed as they are. The first generation is `first`: what the hub's secret gave
 * before there were generations, so that a fleet from before goes on. Files of a few hundred bytes are read again at each use: of hubs
 * that share them, none makes anything under a generation that another has replaced.
 */
export async function fileSecretKeys(
  folder: string,
  sealingKey: Uint8Array,
  first: Readonly<Record<SecretPurpose, Uint8Array>>,
  deps: KeyRingDeps,
): Promise<SecretKeys> {
  const path = (purpose: SecretPurpose): string => join(folder, `${purpose}.keys.json`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const purpose of SECRET_PURPOSES)
    await beginRing(path(purpose), deps, () =>
      freshGeneration(purpose, FIRST_GENERATION, first[purpose], sealingKey, deps),
    );
  const load = (purpose: SecretPurpose): Ring => readRing(readFileSync(path(purpose), 'utf8'));
  const keyOf = (purpose: SecretPurpose, one: Ring['generations'][number] | undefined): SecretKey | null => {
    const key = one === undefined ? null : unsealGeneration(purpose, one, sealingKey);
    return key === null || one === undefined ? null : { generation: one.generation, key };
  };
  const told = ({ generation, madeAt, retiredAt }: Ring['generations'][number]): KeyGeneration => ({
    generation,
    madeAt: madeAt as EpochMs,
    retiredAt: retiredAt as EpochMs | null,
  });
  return {
    current(purpose) {
      const newest = keyOf(purpose, load(purpose).generations[0]);
      assert(newest !== null, 'the newest generation is never retired');
      return newest;
    },
    find: (purpose, generation) =>
      keyOf(
        purpose,
        load(purpose).generations.find((one) => one.generation === generation),
      ),
    generations: (purpose) => load(purpose).generations.map(told),
    async rotate(purpose) {
      const ring = load(purpose);
      const name = `${ring.generations.length + 1}-${Buffer.from(deps.random.bytes(4)).toString('hex')}`;
      const next = freshGeneration(purpose, name, deps.random.bytes(32), sealingKey, deps);
      await writeDurable(
        path(purpose),
        JSON.stringify({ ...ring, generations: [next, ...ring.generations] }),
      );
      return told(next);
    },
    async retire(purpose, generation) {
      await writeDurable(
        path(purpose),
        JSON.stringify(retiredIn(load(purpose), generation, deps.clock.now())),
      );
    },
  };
}
