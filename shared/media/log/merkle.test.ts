import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  append,
  consistencyRanges,
  EMPTY_FRONTIER,
  EMPTY_ROOT,
  frontierOf,
  inclusionRanges,
  leafHash,
  type NodeLookup,
  nodeHash,
  placesOf,
  rangeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';

/** The leaves and roots that implementations of certificate transparency are checked with. */
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => leafHash(Buffer.from(hex, 'hex')));
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The definition of RFC 9162 §2.1.1, word for word. */
function definition(leaves: readonly string[]): string {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0] ?? '';
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(definition(leaves.slice(0, split)), definition(leaves.slice(split)));
}

/** A tree grown leaf by leaf, with all its stored nodes. */
function grown(leaves: readonly string[], parts: readonly number[] = [leaves.length]): NodeLookup {
  const stored = new Map(leaves.map((hash, position) => [`0 ${position}`, hash]));
  let frontier = EMPTY_FRONTIER;
  let from = 0;
  for (const part of [...parts, leaves.length]) {
    const made = append(frontier, leaves.slice(from, Math.max(from, part)));
    for (const node of made.nodes) stored.set(`${node.level} ${node.position}`, node.hash);
    frontier = made.frontier;
    from = frontier.size;
  }
  expect(rootOf(frontier)).toBe(definition(leaves));
  return ({ level, position }) => stored.get(`${level} ${position}`) ?? 'missing';
}

const manyLeaves = (size: number) =>
  Array.from({ length: size }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));

describe('the log’s tree', () => {
  it('MS-25 SEC-4: roots, inclusion and consistency are those of certificate transparency', () => {
    expect(ROOTS.map((_, size) => definition(INPUTS.slice(0, size)))).toEqual(ROOTS);
    const lookup = grown(INPUTS);
    for (const [size, root] of ROOTS.entries()) expect(rangeHash({ start: 0, end: size }, lookup)).toBe(root);
    expect(inclusionRanges(0, 8).map((range) => rangeHash(range, lookup))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(consistencyRanges(6, 8).map((range) => rangeHash(range, lookup))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('MS-27 SEC-4: every leaf of every tree up to 40 leaves has a proof that holds for it alone', () => {
    for (let size = 1; size <= 40; size += 1) {
      const leaves = manyLeaves(size);
      const lookup = grown(leaves);
      const root = definition(leaves);
      for (const [index, leaf] of leaves.entries()) {
        const path = inclusionRanges(index, size).map((range) => rangeHash(range, lookup));
        expect(verifyInclusion(leaf, index, size, path, root)).toBe(true);
        expect(verifyInclusion(leaf, (index + 1) % (size + 1), size, path, root)).toBe(false);
        expect(verifyInclusion(leafHash(Buffer.from('other')), index, size, path, root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, [...path, root], root)).toBe(false);
        if (path.length > 0) expect(verifyInclusion(leaf, index, size, path.slice(1), root)).toBe(false);
      }
      for (let from = 1; from <= size; from += 1) {
        const older = { size: from, root: definition(leaves.slice(0, from)) };
        const newer = { size, root };
        const path = consistencyRanges(from, size).map((range) => rangeHash(range, lookup));
        expect(verifyConsistency(older, newer, path)).toBe(true);
        expect(verifyConsistency({ ...older, root: ROOTS[3] ?? '' }, newer, path)).toBe(false);
        expect(verifyConsistency(older, newer, [...path, root])).toBe(false);
      }
    }
  });

  it('SEC-4: however leaves come in batches, the tree is the same, and no other leaf or order has its root', () => {
    const sizes = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(sizes, fc.array(sizes, { maxLength: 6 }), fc.nat(), (size, cuts, at) => {
        const leaves = manyLeaves(size);
        const lookup = grown(
          leaves,
          cuts.filter((cut) => cut <= size).sort((a, b) => a - b),
        );
        expect(rootOf(frontierOf(size, lookup))).toBe(definition(leaves));
        const index = at % size;
        const path = inclusionRanges(index, size).map((range) => rangeHash(range, lookup));
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        const forged = leaves.with(index, leafHash(Buffer.from('tampered')));
        expect(definition(forged)).not.toBe(definition(leaves));
        expect(verifyInclusion(forged[index] ?? '', index, size, path, definition(leaves))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('SEC-4: a verifier answers for any input, and never yes by accident', () => {
    const hash = fc.oneof(fc.constantFrom(...ROOTS), fc.string({ maxLength: 70 }));
    const number = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.double(), fc.constant(2 ** 60));
    fc.assert(
      fc.property(hash, number, number, fc.array(hash, { maxLength: 8 }), hash, (leaf, a, b, path, root) => {
        const trivial = a === 0 && b === 1 && path.length === 0 && leaf === root;
        expect(verifyInclusion(leaf, a, b, path, root) && !trivial).toBe(false);
        const older = { size: a, root: leaf };
        const same = a === b && leaf === root && path.length === 0;
        const nothing = a === 0 && leaf === EMPTY_ROOT && path.length === 0;
        expect(verifyConsistency(older, { size: b, root }, path) && !same && !nothing).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('SEC-4: a proof needs few stored subtrees, also in a log of a thousand million leaves', () => {
    const size = 1_000_000_007;
    const places = inclusionRanges(123_456_789, size).flatMap(placesOf);
    expect(places.length).toBeLessThan(60);
    expect(consistencyRanges(999_999_999, size).flatMap(placesOf).length).toBeLessThan(80);
  });
});
