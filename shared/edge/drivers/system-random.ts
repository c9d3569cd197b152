import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '#shared/ports/random.ts';

/** The operating system's generator. */
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  below: (limit) => randomInt(limit),
};
