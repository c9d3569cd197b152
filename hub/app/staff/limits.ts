import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { HubDeps } from '#hub/app/deps.ts';

/**
 * How often things may be tried (SEC-7; NIST SP 800-63B-4 3.2.2). A bucket is taken from before the attempt and given back when it was right, in the
 * database, so that neither several hubs nor attempts at the same time count apart. Nobody is locked out for ever: every window ends by itself, and a
 * browser on which the account was signed in before has a bucket of its own, which strangers cannot use up.
 */
export const LIMITS_OF = {
  /** All wrong passwords from one address. */
  address: { limit: 40, windowMs: 15 * 60_000 },
  /** One account from one address. */
  pair: { limit: 8, windowMs: 15 * 60_000 },
  /** One account from everywhere but known browsers: 100 in a row at most, says NIST; this is fewer, for an hour. */
  account: { limit: 60, windowMs: 60 * 60_000 },
  /** One account from a browser it was signed in on before. */
  device: { limit: 8, windowMs: 15 * 60_000 },
  /** Codes of the second factor for one account, of whoever knows its password. */
  second: { limit: 10, windowMs: 15 * 60_000 },
  /** Codes within one half sign-in; then it begins with the password again. */
  half: { limit: 5, windowMs: 60 * 60_000 },
  /** Passwords and codes that a signed-in person gives again. */
  prove: { limit: 8, windowMs: 15 * 60_000 },
  /** One-time codes from one address. */
  redeem: { limit: 20, windowMs: 15 * 60_000 },
} as const;
export type BucketKind = keyof typeof LIMITS_OF;
export interface Bucket {
  readonly kind: BucketKind;
  readonly of: string;
}

/** A name as it is looked up, whatever was typed. */
export const foldName = (name: string): string => name.normalize('NFKC').toLowerCase();

/** One customer of a provider has 2^64 addresses of IPv6: they count as one. */
export const addressGroup = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const all =
    tail === undefined
      ? left
      : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::/64`;
};

/** Names are hashed: what people type in the wrong field is now and then a password. */
export const hashedName = (name: string): string =>
  createHash('sha256').update(foldName(name)).digest('base64url').slice(0, 22);

type Deps = Pick<HubDeps, 'db' | 'clock'>;
const keyOf = ({ kind, of }: Bucket): string => `${kind}:${of}`;

/** Takes one attempt from each bucket in turn; the first that is used up is answered, and nothing is taken after it. */
export async function takeAttempts(deps: Deps, buckets: readonly Bucket[]): Promise<Bucket | null> {
  for (const bucket of buckets) {
    const { limit, windowMs } = LIMITS_OF[bucket.kind];
    if (!(await deps.db.stores.staffAttempts.take(keyOf(bucket), limit, windowMs, deps.clock.now())))
      return bucket;
  }
  return null;
}

/** The attempt was right: what was counted for it counts no more. An account's own buckets are emptied, an address's shrinks by one. */
export async function giveBack(deps: Deps, buckets: readonly Bucket[]): Promise<void> {
  const { staffAttempts } = deps.db.stores;
  for (const bucket of buckets) {
    const key = keyOf(bucket);
    if (bucket.kind !== 'address') await staffAttempts.removeWhere({ bucket: key });
    else {
      const row = await staffAttempts.find({ bucket: key });
      if (row !== null && row.failures > 0)
        await staffAttempts.patch({ bucket: key }, { failures: row.failures - 1 });
    }
  }
}
