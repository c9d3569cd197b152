import { scrypt, timingSafeEqual } from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';
import type { Random } from '#shared/ports/random.ts';

/** What one check costs; a stored verifier names its own cost, so it may grow. */
export interface VerifierCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}
/** OWASP Password Storage Cheat Sheet, scrypt: N=2^14, r=8, p=5: 16 MiB and about a fifth of a second on a small server. */
export const PIN_COST: VerifierCost = { N: 16_384, r: 8, p: 5 };
/** Of passwords with many words and of secrets that a machine made. */
const COST: VerifierCost = { N: 16_384, r: 8, p: 1 };
const HASH_BYTES = 32;

interface Parts extends VerifierCost {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** A salted, slow verifier of a password or secret, or of a keyed PIN (`pins.ts`): `scrypt$N$r$p$salt$hash` (MED-5). */
export async function makeVerifier(
  secret: string,
  random: Pick<Random, 'bytes'>,
  cost: VerifierCost = COST,
): Promise<string> {
  const salt = Buffer.from(random.bytes(16));
  return written(cost, salt, await derive(secret, { ...cost, salt }));
}

const written = ({ N, r, p }: VerifierCost, salt: Buffer, hash: Buffer): string =>
  ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');

/** Whether `secret` is the one the verifier was made of; takes the same time either way. */
export async function verifySecret(secret: string, verifier: string): Promise<boolean> {
  const parts = readVerifier(verifier);
  const hash = await derive(secret, parts);
  return timingSafeEqual(hash, parts.hash);
}

/** A verifier that nothing fits: unknown names are checked against it, so that they take as long as known ones. */
export const verifierOfNobody = (cost: VerifierCost): string =>
  written(cost, Buffer.alloc(16), Buffer.alloc(HASH_BYTES));
export const NO_ONE: string = verifierOfNobody(COST);

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

function derive(secret: string, cost: VerifierCost & { readonly salt: Buffer }): Promise<Buffer> {
  const options = { N: cost.N, r: cost.r, p: cost.p, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(secret.normalize('NFKC'), cost.salt, HASH_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
