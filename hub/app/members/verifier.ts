import { scrypt, timingSafeEqual } from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';
import type { Random } from '#shared/ports/random.ts';

/** Cost of one check: about 50 ms and 16 MiB on a small server. A stored verifier names its own cost, so this may grow. */
const COST = { N: 16_384, r: 8, p: 1 } as const;
const HASH_BYTES = 32;

interface Parts {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** A salted, slow verifier of a PIN, password or terminal secret: `scrypt$N$r$p$salt$hash` (MED-5). */
export async function makeVerifier(secret: string, random: Pick<Random, 'bytes'>): Promise<string> {
  const salt = Buffer.from(random.bytes(16));
  const hash = await derive(secret, { ...COST, salt });
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Whether `secret` is the one the verifier was made of; takes the same time either way. */
export async function verifySecret(secret: string, verifier: string): Promise<boolean> {
  const parts = readVerifier(verifier);
  const hash = await derive(secret, parts);
  return timingSafeEqual(hash, parts.hash);
}

/** A verifier that nothing fits: unknown names are checked against it, so that they take as long as known ones. */
export const NO_ONE: string = [
  'scrypt',
  COST.N,
  COST.r,
  COST.p,
  Buffer.alloc(16).toString('base64url'),
  Buffer.alloc(HASH_BYTES).toString('base64url'),
].join('$');

function readVerifier(text: string): Parts {
  const [kind, N, r, p, salt, hash] = text.split('$');
  assert(kind === 'scrypt' && salt !== undefined && hash !== undefined, 'a stored verifier is whole');
  const parts = {
    N: Number(N),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
  assert(parts.hash.length === HASH_BYTES, 'a stored verifier is whole');
  return parts;
}

function derive(secret: string, cost: { N: number; r: number; p: number; salt: Buffer }): Promise<Buffer> {
  const options = { N: cost.N, r: cost.r, p: cost.p, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(secret.normalize('NFKC'), cost.salt, HASH_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
