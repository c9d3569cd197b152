import { assert } from '#shared/kernel/assert.ts';
import type { InteractionTable } from './interactions.ts';
import { type Breathe, invertPositiveDefinite } from './positive-definite.ts';

/**
 * What goes with what, learnt from all members at once: the linear item model EASE (H. Steck, "Embarrassingly Shallow Autoencoders", WWW 2019), whose
 * one formula is B = −P / diag(P) with P = (G + λ)⁻¹ and G the titles' co-occurrence. Ours counts two titles of one member the more the fewer others lie
 * between them (`togetherness`): what follows upon what is then in the same matrix as what belongs together, and `test/bench/recommend.ts` shows both better for it.
 */
export interface Association {
  readonly size: number;
  /** Place in this model → index of the title. */
  readonly titleOf: Int32Array;
  /** Index of the title → place in this model, −1 where nobody rented it yet. */
  readonly placeOf: Int32Array;
  /** P, `size`² entries of 8 bytes; changed in place by `learn`. */
  readonly inverse: Float64Array;
}

/** Up to so many titles that somebody rented: 200 MB kept, 400 MB and some 45 seconds of a core, in slices, while it is trained. */
export const ASSOCIATION_MOST_TITLES = 5000;

const REGULARISATION = 150;
/** Titles at opposite ends of a long history still belong to one taste. */
const SAME_TASTE = 0.3;
/** So many rentals apart, being near counts about a third. */
const NEAR_RENTALS = 20;

/** How much two rentals of one member say about each other, with `apart` steps from one to the other (0: the same). */
export const togetherness = (apart: number): number => SAME_TASTE + Math.exp(-apart / NEAR_RENTALS);

/** Trains over everything in the table; null for a catalogue that is too large for it. Repeatable: the same table, the same model. */
export async function associate(table: InteractionTable, breathe: Breathe): Promise<Association | null> {
  const { titleStart } = table;
  const rented = [...table.titles.keys()].filter(
    (title) => (titleStart[title + 1] ?? 0) > (titleStart[title] ?? 0),
  );
  if (rented.length > ASSOCIATION_MOST_TITLES) return null;
  const size = rented.length;
  const placeOf = new Int32Array(table.titles.length).fill(-1);
  rented.forEach((title, place) => {
    placeOf[title] = place;
  });
  const inverse = await countTogether(table, placeOf, size, breathe);
  for (let at = 0; at < size; at += 1)
    inverse[at * size + at] = (inverse[at * size + at] ?? 0) + REGULARISATION;
  await invertPositiveDefinite(inverse, size, breathe);
  return { size, titleOf: Int32Array.from(rented), placeOf, inverse };
}

/** G, the lower triangle of it. Rows of the table lie newest first, so places in a row are ranks in time. */
async function countTogether(
  table: InteractionTable,
  placeOf: Int32Array,
  size: number,
  breathe: Breathe,
): Promise<Float64Array> {
  const together = new Float64Array(size * size);
  let longest = 0;
  for (let member = 0; member < table.members; member += 1)
    longest = Math.max(longest, (table.memberStart[member + 1] ?? 0) - (table.memberStart[member] ?? 0));
  const weight = Float64Array.from({ length: longest }, (_, apart) => togetherness(apart));
  let pairs = 0;
  for (let member = 0; member < table.members; member += 1) {
    const end = table.memberStart[member + 1] ?? 0;
    for (let one = table.memberStart[member] ?? 0; one < end; one += 1) {
      const row = placeOf[table.memberTitle[one] ?? 0] ?? 0;
      for (let other = one; other < end; other += 1) {
        const column = placeOf[table.memberTitle[other] ?? 0] ?? 0;
        const at = row > column ? row * size + column : column * size + row;
        together[at] = (together[at] as number) + (weight[other - one] as number);
      }
      pairs += end - one;
    }
    if (pairs > 500_000) {
      pairs = 0;
      await breathe();
    }
  }
  return together;
}

/** One title of a history with what it counts. */
export interface Weighted {
  /** Place in the model. */
  readonly place: number;
  readonly weight: number;
}

/** Scores of all places for a history: Σ weight · B. A title's own past says nothing about itself. */
export function scoresFor(model: Association, history: readonly Weighted[]): Float64Array {
  const { size, inverse } = model;
  const scores = new Float64Array(size);
  for (const { place, weight } of history) {
    const row = place * size;
    for (let at = 0; at < size; at += 1)
      scores[at] = (scores[at] as number) - weight * (inverse[row + at] as number);
  }
  for (const { place, weight } of history)
    scores[place] = (scores[place] as number) + weight * (inverse[place * size + place] as number);
  for (let at = 0; at < size; at += 1)
    scores[at] = (scores[at] as number) / (inverse[at * size + at] as number);
  return scores;
}

/** How much one title of a history speaks for another one: the entry of B. */
export function pull(model: Association, from: number, to: number): number {
  const { size, inverse } = model;
  if (from === to) return 0;
  return -(inverse[from * size + to] as number) / (inverse[to * size + to] as number);
}

/**
 * Learns one more rental without training anew: the matrix that training over the longer history would make, by the formula of Sherman, Morrison
 * and Woodbury for the two vectors that a new last title adds. About 3 × `size`² multiplications. `before`: places of the member's earlier titles, newest first, without it.
 */
export function learn(model: Association, before: readonly number[], rented: number): void {
  const { size, inverse } = model;
  assert(!before.includes(rented), 'a title that was rented before is no new one');
  const one = inverse.slice(rented * size, (rented + 1) * size);
  const two = new Float64Array(size);
  const weights = before.map((_, index) => togetherness(index + 1));
  before.forEach((place, index) => {
    const weight = weights[index] as number;
    const row = place * size;
    for (let at = 0; at < size; at += 1)
      two[at] = (two[at] as number) + weight * (inverse[row + at] as number);
  });
  const dot = (vector: Float64Array): number =>
    before.reduce((sum, place, index) => sum + (weights[index] as number) * (vector[place] as number), 0);
  // G grows by e·vᵀ + v·eᵀ + d·e·eᵀ = [e v]·C·[e v]ᵀ; P shrinks by [Pe Pv]·(C⁻¹ + [e v]ᵀP[e v])⁻¹·[Pe Pv]ᵀ.
  const a = one[rented] as number;
  const b = 1 + (two[rented] as number);
  const c = dot(two) - togetherness(0);
  const determinant = a * c - b * b;
  const [m11, m12, m22] = [c / determinant, -b / determinant, a / determinant];
  for (let row = 0; row < size; row += 1) {
    const left = m11 * (one[row] as number) + m12 * (two[row] as number);
    const right = m12 * (one[row] as number) + m22 * (two[row] as number);
    const start = row * size;
    for (let at = 0; at < size; at += 1)
      inverse[start + at] =
        (inverse[start + at] as number) - left * (one[at] as number) - right * (two[at] as number);
  }
}
