import { readFileSync } from 'node:fs';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import type { LeaseFile } from '../content/lease-file.ts';
import { eraseFile, writeDurably } from './durable-file.ts';

const SEAL = 'content lease';

/** The lease as one file under the device's seal. */
export const sealedLeaseFile = (path: string, seal: DeviceSeal): LeaseFile => ({
  read: () => {
    try {
      return seal.unseal(SEAL, readFileSync(path));
    } catch {
      return null;
    }
  },
  write: (lease) => writeDurably(path, seal.seal(SEAL, lease)),
  erase: () => eraseFile(path),
});
