import { generateKeyPairSync, type KeyObject } from 'node:crypto';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const made = new Map<number, KeyPair[]>();
/** By size, how many of the stock the present world has; null: there is no world. */
let taken: Map<number, number> | null = null;

/** No world: every key is a fresh one, for what several worlds are made of. */
export function restKeyStock(): void {
  taken = null;
}

/** A world begins: it may have every key of the stock once. */
export function beginKeyStock(): void {
  taken = new Map();
}

/**
 * An RSA key pair of `bits` that nobody else in this world has. Finding primes would be a tenth of a world's work: what former worlds of this process had
 * is had again, in the same order, and only what is missing is made. Outside worlds every key is a fresh one.
 */
export function rsaPair(bits: number): KeyPair {
  const fresh = (): KeyPair => generateKeyPairSync('rsa', { modulusLength: bits });
  if (taken === null) return fresh();
  const stock = made.get(bits) ?? [];
  made.set(bits, stock);
  const at = taken.get(bits) ?? 0;
  taken.set(bits, at + 1);
  const pair = stock[at] ?? fresh();
  stock[at] = pair;
  return pair;
}
