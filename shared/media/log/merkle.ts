import { createHash } from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';

/**
 * The Merkle tree of RFC 9162 §2.1 (the same as RFC 6962 §2.1) with SHA-256: leaves are hashed after a byte 0x00, inner nodes after 0x01, and an
 * incomplete tree is split at the largest power of two below its size. Hashes are 64 hex digits everywhere.
 */

/** Leaves `start` (included) to `end` (not included). */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}
/** A complete subtree: `level` 0 is a leaf, `level` k covers 2^k leaves from `position` × 2^k on. */
export interface Place {
  readonly level: number;
  readonly position: number;
}
export type TreeNode = Place & { readonly hash: string };
/** The hash of a complete subtree that the tree is known to have. */
export type NodeLookup = (place: Place) => string;

export const EMPTY_ROOT = createHash('sha256').digest('hex');
/** More leaves than any fleet writes; beyond it the arithmetic of places would no longer be exact. */
export const MAX_LEAVES = 2 ** 48;

export const leafHash = (data: Uint8Array): string =>
  createHash('sha256').update(Uint8Array.of(0)).update(data).digest('hex');

export const nodeHash = (left: string, right: string): string =>
  createHash('sha256')
    .update(Uint8Array.of(1))
    .update(Buffer.from(left, 'hex'))
    .update(Buffer.from(right, 'hex'))
    .digest('hex');

/** The largest power of two below `size`, for two leaves and more. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The complete subtrees that a range falls into, from left to right; a range of a proof starts where a complete subtree of its size could. */
export function placesOf({ start, end }: LeafRange): readonly Place[] {
  assert(start >= 0 && end >= start && end <= MAX_LEAVES, 'a range of leaves');
  const places: Place[] = [];
  for (let at = start; at < end; ) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      width *= 2;
      level += 1;
    }
    places.push({ level, position: at / width });
    at += width;
  }
  return places;
}

/** Hash of a range as the tree of just these leaves; the whole tree's root is that of `{start: 0, end: size}`. */
export function rangeHash(range: LeafRange, lookup: NodeLookup): string {
  const hashes = placesOf(range).map(lookup);
  const last = hashes.pop();
  return last === undefined ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right), last);
}

/** What an inclusion proof of leaf `index` in the tree of `size` consists of, from the leaf upwards (RFC 9162 §2.1.3.1). */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  assert(Number.isInteger(index) && index >= 0 && index < size && size <= MAX_LEAVES, 'a leaf of the tree');
  const path = (at: number, start: number, end: number): LeafRange[] => {
    if (end - start === 1) return [];
    const middle = start + splitOf(end - start);
    return at < middle
      ? [...path(at, start, middle), { start: middle, end }]
      : [...path(at, middle, end), { start, end: middle }];
  };
  return path(index, 0, size);
}

/** What a proof consists of that the tree of `from` leaves is the beginning of that of `to` (RFC 9162 §2.1.4.1). */
export function consistencyRanges(from: number, to: number): readonly LeafRange[] {
  assert(Number.isInteger(from) && from > 0 && from <= to && to <= MAX_LEAVES, 'an earlier size of the tree');
  const proof = (known: number, start: number, end: number, whole: boolean): LeafRange[] => {
    if (known === end - start) return whole ? [] : [{ start, end }];
    const split = splitOf(end - start);
    const middle = start + split;
    return known <= split
      ? [...proof(known, start, middle, whole), { start: middle, end }]
      : [...proof(known - split, middle, end, false), { start, end: middle }];
  };
  return from === to ? [] : proof(from, 0, to, true);
}

/** True where the leaf stands at `index` in the tree of this size and root (RFC 9162 §2.1.3.2). Total: any input has an answer. */
export function verifyInclusion(
  leaf: string,
  index: number,
  size: number,
  path: readonly string[],
  root: string,
): boolean {
  if (!isSize(size) || !Number.isInteger(index) || index < 0 || index >= size) return false;
  if (![leaf, root, ...path].every(isHash)) return false;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const step of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(step, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else hash = nodeHash(hash, step);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && hash === root;
}

/** True where the tree of `from` leaves is the beginning of the tree of `to` leaves (RFC 9162 §2.1.4.2). Total. */
export function verifyConsistency(
  from: { readonly size: number; readonly root: string },
  to: { readonly size: number; readonly root: string },
  path: readonly string[],
): boolean {
  if (!isSize(from.size) || !isSize(to.size) || from.size > to.size) return false;
  if (![from.root, to.root, ...path].every(isHash)) return false;
  if (from.size === 0) return path.length === 0 && from.root === EMPTY_ROOT;
  if (from.size === to.size) return path.length === 0 && from.root === to.root;
  const steps = isPowerOfTwo(from.size) ? [from.root, ...path] : [...path];
  let fn = from.size - 1;
  let sn = to.size - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  const first = steps.shift();
  if (first === undefined) return false;
  let older = first;
  let newer = first;
  for (const step of steps) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      older = nodeHash(step, older);
      newer = nodeHash(step, newer);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else newer = nodeHash(newer, step);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && older === from.root && newer === to.root;
}

const isSize = (size: number): boolean => Number.isInteger(size) && size >= 0 && size <= MAX_LEAVES;
const isHash = (hash: string): boolean => /^[0-9a-f]{64}$/.test(hash);
const isPowerOfTwo = (size: number): boolean => splitOf(size * 2) === size;

/** A tree as its right edge: the complete subtrees of its size, the largest first. All that appending needs. */
export interface Frontier {
  readonly size: number;
  readonly edge: readonly string[];
}
export const EMPTY_FRONTIER: Frontier = { size: 0, edge: [] };

export const frontierOf = (size: number, lookup: NodeLookup): Frontier => ({
  size,
  edge: placesOf({ start: 0, end: size }).map(lookup),
});

export const rootOf = ({ edge }: Frontier): string =>
  edge.length === 0 ? EMPTY_ROOT : edge.reduceRight((right, left) => nodeHash(left, right));

/** The tree with these leaves behind it, and the subtrees that became complete by them (level 1 and above): at most two a leaf on average. */
export function append(
  frontier: Frontier,
  leaves: readonly string[],
): { readonly frontier: Frontier; readonly nodes: readonly TreeNode[] } {
  const edge = [...frontier.edge];
  const nodes: TreeNode[] = [];
  let { size } = frontier;
  for (const leaf of leaves) {
    let hash = leaf;
    let level = 0;
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = edge.pop();
      assert(left !== undefined, 'an odd size has a subtree of every set bit');
      hash = nodeHash(left, hash);
      level += 1;
      nodes.push({ level, position: (rest - 1) / 2, hash });
    }
    edge.push(hash);
    size += 1;
  }
  return { frontier: { size, edge }, nodes };
}
