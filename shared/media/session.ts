import type { Random } from '#shared/ports/random.ts';

/** A fresh session nonce: 32 hex digits. */
export const newSession = (random: Pick<Random, 'bytes'>): string =>
  Buffer.from(random.bytes(16)).toString('hex');
