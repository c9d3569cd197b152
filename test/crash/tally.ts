import { appendFileSync } from 'node:fs';

/**
 * How much of a campaign runs: the tests take a sample spread evenly over all cases, `npm run crash` takes all of them. What ran is printed, and counted
 * into the file that the command names.
 */
export const ALL = process.env['KEYTURN_CRASH'] === 'all';
const COUNTS = process.env['KEYTURN_CRASH_COUNTS'] ?? null;

const [PART, PARTS] = (process.env['KEYTURN_CRASH_PART'] ?? '1/1').split('/').map(Number) as [number, number];
/** Only a part of the campaign runs: what its cases have in sum is not all there is. */
const IN_PARTS = PARTS > 1;

/** The cases of this part of the command's run: every so many-th. The tests are one part. */
export const mine = <T>(all: readonly T[]): readonly T[] =>
  IN_PARTS ? all.filter((_, index) => index % PARTS === PART - 1) : all;

/** All entries for the command; for the tests at most `most` of them, evenly spread, another set for each `shift`. */
export function sample<T>(all: readonly T[], most: number, shift = 0): readonly T[] {
  if (ALL || all.length <= most) return all;
  const stride = all.length / most;
  const from = (shift * 0.618034 * stride) % stride;
  return Array.from({ length: most }, (_, index) => all[Math.floor(index * stride + from)] as T);
}

export const upTo = (last: number): readonly number[] =>
  Array.from({ length: last }, (_, index) => index + 1);

/** Every pair of one of each. */
export const pairs = <A, B>(first: readonly A[], second: readonly B[]): readonly (readonly [A, B])[] =>
  first.flatMap((a) => second.map((b) => [a, b] as const));

/** What first stops left, and how many of them left the same. */
export interface Left<T> {
  readonly one: T;
  readonly times: number;
}

/**
 * The command recovers once from each state: from one that was seen already everything would come again as it came. The tests recover from each that they sampled, since they
 * sample the second stops by it.
 */
export function statesOf<T>(all: readonly T[], stateOf: (one: T) => string): readonly Left<T>[] {
  if (!ALL) return all.map((one) => ({ one, times: 1 }));
  const known = new Map<string, { readonly one: T; times: number }>();
  for (const one of all) {
    const state = stateOf(one);
    const same = known.get(state);
    if (same === undefined) known.set(state, { one, times: 1 });
    else same.times += 1;
  }
  return [...known.values()];
}

/** A campaign of second stops while it runs. */
export class SecondStops {
  #cases = 0;
  #of = 0;
  #equal = 0;
  readonly #states: number;
  constructor(states: readonly Left<unknown>[]) {
    this.#states = states.length;
  }

  /** Of all second stops after this state those that are tried: by the command its part of them, by the tests a sample of so many. */
  tried<S>({ times }: Left<unknown>, all: readonly S[], most: number, shift: number): readonly S[] {
    const own = mine(all);
    const chosen = sample(own, most, shift);
    this.#cases += chosen.length;
    this.#of += own.length * times;
    if (ALL) this.#equal += own.length * (times - 1);
    return chosen;
  }

  tally(steps: number): Tally {
    return { steps, cases: this.#cases, of: this.#of, states: this.#states, equal: this.#equal };
  }
}

export interface Tally {
  /** I/O steps of the undisturbed way. */
  readonly steps: number;
  /** Cases tried: a stop at a step, of one kind; with a second stop each pair. */
  readonly cases: number;
  /** All cases that there are. */
  readonly of: number;
  /** Different states that first stops left. */
  readonly states?: number;
  /** Cases that begin from the same state as one that was tried, with the same second stop. */
  readonly equal?: number;
}

/** Says what one campaign tried. */
export function tell(name: string, tally: Tally): void {
  const { steps, cases, of, equal = 0 } = tally;
  const same = equal === 0 ? '' : ` and ${equal} equal to one of them`;
  console.info(`${name}: ${steps} I/O steps, ${cases}${same} of ${of} cases, 0 violations`);
  if (COUNTS !== null) appendFileSync(COUNTS, `${JSON.stringify({ name, ...tally })}\n`);
}
