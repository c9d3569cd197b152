import { invertPositiveDefinite } from '#hub/domain/recommender/positive-definite.ts';
import type { Rating } from './ratings.ts';

/** What every textbook has, on the same ratings: a score of each item for a user's training items. */
export type Scores = (items: readonly number[]) => Float64Array;

export function popularity(items: number, train: readonly Rating[]): Scores {
  const count = new Float64Array(items);
  for (const { item } of train) count[item] = (count[item] ?? 0) + 1;
  return () => count;
}

/** Item to item by cosine of the 0/1 columns, all neighbours. */
export function itemKnn(items: number, itemsOf: readonly (readonly number[])[]): Scores {
  const together = count(items, itemsOf);
  const length = Float64Array.from({ length: items }, (_, item) =>
    Math.sqrt(together[item * items + item] ?? 0),
  );
  return (own) => {
    const scores = new Float64Array(items);
    for (const from of own)
      for (let to = 0; to < items; to += 1) {
        const norm = (length[from] ?? 0) * (length[to] ?? 0);
        if (norm > 0 && from !== to)
          scores[to] = (scores[to] ?? 0) + (together[from * items + to] ?? 0) / norm;
      }
    return scores;
  };
}

/** EASE as published (Steck 2019) on 0/1 co-occurrence; the regularisation of 500 is the paper's own for a large set, and the best of 100, 300, 500, 1000 here or near it. */
export async function plainEase(
  items: number,
  itemsOf: readonly (readonly number[])[],
  regularisation = 500,
): Promise<Scores> {
  const inverse = count(items, itemsOf);
  for (let item = 0; item < items; item += 1)
    inverse[item * items + item] = (inverse[item * items + item] ?? 0) + regularisation;
  await invertPositiveDefinite(inverse, items, async () => {});
  return (own) => {
    const scores = new Float64Array(items);
    for (const from of own)
      for (let to = 0; to < items; to += 1)
        if (from !== to)
          scores[to] =
            (scores[to] ?? 0) - (inverse[from * items + to] ?? 0) / (inverse[to * items + to] ?? 1);
    return scores;
  };
}

function count(items: number, itemsOf: readonly (readonly number[])[]): Float64Array {
  const together = new Float64Array(items * items);
  for (const own of itemsOf)
    for (const one of own)
      for (const other of own) together[one * items + other] = (together[one * items + other] as number) + 1;
  return together;
}

/** The best `most` items that are not among `own`. */
export function bestOf(scores: Float64Array, own: readonly number[], most: number): number[] {
  const seen = new Set(own);
  return [...scores.keys()]
    .filter((item) => !seen.has(item))
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
    .slice(0, most);
}
