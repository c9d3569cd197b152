import { assert } from '#shared/kernel/assert.ts';

/** Chance of one run: the same name and number give the same input, so that a failure is replayed by its number. */
export interface Chance {
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** Chances of a campaign by the number of the run. Cheap to make (mulberry32), since millions are. */
export function chancesOf(name: string): (run: number) => Chance {
  let base = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) base = Math.imul(base ^ name.charCodeAt(at), 0x01000193);
  return (run) => new RunChance((base ^ Math.imul(run + 1, 0x9e3779b1)) >>> 0);
}
export const chanceOf = (name: string, run: number): Chance => chancesOf(name)(run);

class RunChance implements Chance {
  #state: number;
  constructor(state: number) {
    this.#state = state;
  }
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * Math.max(1, limit));
  }
  once(times: number): boolean {
    return this.below(times) === 0;
  }
  pick<T>(from: readonly T[]): T {
    assert(from.length > 0, 'there is something to pick from');
    return from[this.below(from.length)] as T;
  }
}
