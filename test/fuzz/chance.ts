import { seededRandom } from '#firmware-sim/sim/random.ts';
import { assert } from '#shared/kernel/assert.ts';

/** Chance of one run: the same name and number give the same input, so that a failure is replayed by its number. */
export interface Chance {
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function chanceOf(name: string, run: number): Chance {
  const random = seededRandom(`${name} ${run}`);
  const below = (limit: number) => random.below(Math.max(1, limit));
  return {
    below,
    once: (times) => below(times) === 0,
    pick: (from) => {
      assert(from.length > 0, 'there is something to pick from');
      return from[below(from.length)] as (typeof from)[number];
    },
  };
}
