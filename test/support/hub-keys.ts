import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileKeyRings } from '#hub/pki/key-rings.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import type { SecretKey, SecretKeys } from '#hub/ports/secret-keys.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';

/** A hub's key rings in a folder of their own, for tests. */
export function testKeyRings(): {
  readonly folder: string;
  readonly keys: KeyEncryption;
  /** The same files, opened by another process or with another secret. */
  again(secret?: Uint8Array): KeyEncryption;
  end(): Promise<void>;
} {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-keys-'));
  const again = (secret = new Uint8Array(32).fill(7)): KeyEncryption =>
    fileKeyRings(folder, secret, { clock: systemClock, random: systemRandom });
  return { folder, keys: again(), again, end: () => rm(folder, { recursive: true, force: true }) };
}

/** What a folder store of the library takes beside its folder. */
export const testStoreKeys = (keys: KeyEncryption) => ({
  keys,
  random: systemRandom,
  formerKey: new Uint8Array(32).fill(9),
});

/** Secret keys in memory, all purposes alike: `keys` newest first; the list may be changed under way. */
export const heldKeys = (keys: readonly SecretKey[]): Pick<SecretKeys, 'current' | 'find'> => ({
  current: () => {
    const [newest] = keys;
    if (newest === undefined) throw new Error('there is a key');
    return newest;
  },
  find: (_purpose, generation) => keys.find((one) => one.generation === generation) ?? null,
});
export const oneKey = (filledWith: number, generation = '1'): SecretKey => ({
  generation,
  key: new Uint8Array(32).fill(filledWith),
});
