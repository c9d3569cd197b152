import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemberId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { associate, learn, pull, scoresFor } from './association.ts';
import { DAY_MS, type Interaction, tabulate } from './interactions.ts';
import { invertPositiveDefinite } from './positive-definite.ts';

const NOW = epochMs(1_800_000_000_000);
const atOnce = async (): Promise<void> => {};
const name = (title: number): TitleId => `t${title}` as TitleId;
const rented = (member: number, title: number, daysAgo: number): Interaction => ({
  memberId: `m${member}` as MemberId,
  titleId: name(title),
  stars: null,
  at: epochMs(NOW - daysAgo * DAY_MS),
});
const model = async (titles: number, past: readonly Interaction[]) => {
  const table = tabulate(
    Array.from({ length: titles }, (_, title) => name(title)),
    past,
    NOW,
  );
  const made = await associate(table, atOnce);
  if (made === null) throw new Error('so few titles are associated');
  return made;
};

/** Every member with a row of different titles, oldest first. */
const pasts = fc.array(fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 9 }), {
  minLength: 3,
  maxLength: 12,
});
const toInteractions = (rows: readonly (readonly number[])[]): Interaction[] =>
  rows.flatMap((row, member) => row.map((title, step) => rented(member, title, 500 - step)));

describe('association', () => {
  it('REC-1: inverts a positive definite matrix of any size, blocks and rests alike', async () => {
    for (const size of [1, 2, 5, 63, 64, 65, 130]) {
      let seed = size;
      const next = (): number => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return seed / 2 ** 32 - 0.5;
      };
      const root = Float64Array.from({ length: size * size }, next);
      const matrix = new Float64Array(size * size);
      const product = (
        a: Float64Array,
        b: Float64Array,
        row: number,
        column: number,
        flip: boolean,
      ): number => {
        let sum = 0;
        for (let at = 0; at < size; at += 1)
          sum += (a[row * size + at] ?? 0) * (b[flip ? column * size + at : at * size + column] ?? 0);
        return sum;
      };
      for (let row = 0; row < size; row += 1)
        for (let column = 0; column < size; column += 1)
          matrix[row * size + column] = product(root, root, row, column, true) + (row === column ? 1 : 0);
      const inverse = matrix.slice();
      await invertPositiveDefinite(inverse, size, atOnce);
      for (let row = 0; row < size; row += 1)
        for (let column = 0; column < size; column += 1)
          expect(product(matrix, inverse, row, column, false)).toBeCloseTo(row === column ? 1 : 0, 8);
    }
  });

  it('REC-1: breathes while it calculates, so that a hub goes on answering', async () => {
    const size = 512;
    const matrix = new Float64Array(size * size);
    for (let at = 0; at < size; at += 1) matrix[at * size + at] = 2;
    let breaths = 0;
    await invertPositiveDefinite(matrix, size, async () => {
      breaths += 1;
    });
    expect(breaths).toBeGreaterThan(5);
  });

  it('REC-1: a rental learnt at once makes the model that training anew would make', async () => {
    await fc.assert(
      fc.asyncProperty(pasts, fc.nat(11), fc.nat(11), async (rows, who, title) => {
        const member = who % rows.length;
        const row = rows[member] ?? [];
        const everything = [...rows, Array.from({ length: 12 }, (_, each) => each)];
        fc.pre(!row.includes(title));
        const before = await model(12, toInteractions(everything));
        learn(
          before,
          [...row].reverse().map((each) => before.placeOf[each] ?? -1),
          before.placeOf[title] ?? -1,
        );
        const after = await model(
          12,
          toInteractions(everything.map((each, index) => (index === member ? [...each, title] : each))),
        );
        for (let at = 0; at < after.inverse.length; at += 1)
          expect(before.inverse[at]).toBeCloseTo(after.inverse[at] ?? 0, 10);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('REC-1: the score of a title is the sum of what each title of the history says for it', async () => {
    const made = await model(
      12,
      toInteractions([
        [0, 1, 2],
        [1, 2, 3],
        [4, 5, 0],
        [2, 3],
      ]),
    );
    const history = [
      { place: 0, weight: 1 },
      { place: 2, weight: 0.4 },
    ];
    const scores = scoresFor(made, history);
    for (let to = 0; to < made.size; to += 1) {
      const sum = history.reduce((all, { place, weight }) => all + weight * pull(made, place, to), 0);
      expect(scores[to]).toBeCloseTo(sum, 12);
    }
  });

  it('REC-1: titles rented one after the other speak more for each other than titles rented long apart', async () => {
    const between = Array.from({ length: 40 }, (_, step) => step + 3);
    const rows = Array.from({ length: 30 }, () => [0, 1, ...between, 2]);
    const made = await model(43, toInteractions(rows));
    expect(pull(made, 0, 1)).toBeGreaterThan(pull(made, 0, 2));
  });
});
