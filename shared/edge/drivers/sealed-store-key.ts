import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import { StoreFailure } from '../store.ts';
import { writeDurably } from './durable-file.ts';

const SEAL = 'store key';

/** The key under which the terminal's store lies (SEC-3), sealed by the device; made with the store. */
export function sealedStoreKey(path: string, seal: DeviceSeal): string {
  if (!existsSync(path)) {
    const key = randomBytes(32).toString('hex');
    writeDurably(path, seal.seal(SEAL, Buffer.from(key)));
    return key;
  }
  const key = seal.unseal(SEAL, readFileSync(path));
  if (key === null)
    throw new StoreFailure('store_io_error', 'the key of the store was sealed on another machine');
  return Buffer.from(key).toString('utf8');
}
