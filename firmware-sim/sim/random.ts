import { assert } from '#shared/kernel/assert.ts';
import type { Random } from '#shared/ports/random.ts';

/** Chance from a seed (sfc32): the same seed gives the same fleet, the same faults, the same ids. Never for keys of a real terminal. */
export function seededRandom(seed: number | string): Random {
  const next = sfc32(seed);
  return {
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index += 1) bytes[index] = next() & 0xff;
      return bytes;
    },
    below: (limit) => {
      assert(Number.isSafeInteger(limit) && limit > 0 && limit <= 2 ** 32, 'below() takes 1 to 2^32');
      const fair = 2 ** 32 - (2 ** 32 % limit);
      let value = next();
      while (value >= fair) value = next();
      return value % limit;
    },
  };
}

function sfc32(seed: number | string): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const step = (): number => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + sum) >>> 0;
    return sum;
  };
  for (const character of String(seed)) {
    a = (a ^ Math.imul(character.charCodeAt(0), 0x01000193)) >>> 0;
    step();
  }
  for (let round = 0; round < 15; round += 1) step();
  return step;
}
