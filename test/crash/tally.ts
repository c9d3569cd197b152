import { appendFileSync } from 'node:fs';

/**
 * How much of a campaign runs: the tests take a sample spread evenly over all cases, `npm run crash` takes all of them. What ran is printed, and counted
 * into the file that the command names.
 */
export const ALL = process.env['KEYTURN_CRASH'] === 'all';
const COUNTS = process.env['KEYTURN_CRASH_COUNTS'] ?? null;

const [PART, PARTS] = (process.env['KEYTURN_CRASH_PART'] ?? '1/1').split('/').map(Number) as [number, number];
/** Only a part of the campaign runs: what its cases have in sum is not all there is. */
export const IN_PARTS = PARTS > 1;

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

export interface Tally {
  /** I/O steps of the undisturbed way. */
  readonly steps: number;
  /** Cases tried: a stop at a step, of one kind; with a second stop each pair. */
  readonly cases: number;
  /** All cases that there are. */
  readonly of: number;
}

/** Says what one campaign tried. */
export function tell(name: string, { steps, cases, of }: Tally): void {
  console.info(`${name}: ${steps} I/O steps, ${cases} of ${of} cases, 0 violations`);
  if (COUNTS !== null) appendFileSync(COUNTS, `${JSON.stringify({ name, steps, cases, of })}\n`);
}
