import type { TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { type Association, associate, learn } from './association.ts';
import { DAY_MS, type Interaction, liking, recency, tabulate } from './interactions.ts';
import { type Neighbours, nearest, strongest } from './neighbours.ts';
import type { Breathe } from './positive-definite.ts';

/** What the recommender knows of a title. */
export interface TitleFacts {
  readonly titleId: TitleId;
  readonly genres: readonly string[];
  readonly releaseAt: EpochMs;
}

/** Everything that training made. Plain data, swapped in as a whole; only `association` goes on learning between two trainings. */
export interface RecommenderModel {
  readonly trainedAt: EpochMs;
  readonly interactions: number;
  readonly members: number;
  readonly titles: readonly TitleFacts[];
  readonly titleIndex: ReadonlyMap<TitleId, number>;
  /** What goes with what; null for a catalogue beyond `ASSOCIATION_MOST_TITLES`, which is served by `near` alone. */
  readonly association: Association | null;
  readonly near: Neighbours;
  /** Recency-weighted demand of each title; 0 for one that nobody rented. */
  readonly popularity: Float64Array;
  /** Title indices by falling popularity; of equals the newer release first. */
  readonly byPopularity: Int32Array;
  /** How many interactions a title has: few ones make it new (REC-1). */
  readonly known: Int32Array;
}

export const NEIGHBOURS_KEPT = 40;
/** What is popular changes quicker than taste: a rental of a month ago counts half. */
const POPULARITY_HALF_LIFE_DAYS = 30;
/** Fewer interactions than this, and the title is reached through its genre as well. */
export const NEW_BELOW_INTERACTIONS = 5;
export const NEW_FOR_DAYS = 90;

/** Trains the whole model (REC-1). Repeatable: the same rentals in any order make the same model. Breathes between slices of the work. */
export async function train(
  titles: readonly TitleFacts[],
  interactions: readonly Interaction[],
  now: EpochMs,
  breathe: Breathe,
): Promise<RecommenderModel> {
  const table = tabulate(
    titles.map(({ titleId }) => titleId),
    interactions,
    now,
  );
  const popularity = new Float64Array(titles.length);
  const known = new Int32Array(titles.length);
  for (const { titleId, stars, at } of interactions) {
    const index = table.titleIndex.get(titleId);
    if (index === undefined) continue;
    known[index] = (known[index] ?? 0) + 1;
    popularity[index] =
      (popularity[index] ?? 0) + (0.25 + liking(stars)) * recency(at, now, POPULARITY_HALF_LIFE_DAYS);
  }
  const byPopularity = Int32Array.from(titles.keys()).sort(
    (a, b) =>
      (popularity[b] ?? 0) - (popularity[a] ?? 0) ||
      (titles[b]?.releaseAt ?? 0) - (titles[a]?.releaseAt ?? 0) ||
      a - b,
  );
  const association = await associate(table, breathe);
  return {
    trainedAt: now,
    interactions: interactions.length,
    members: table.members,
    titles,
    titleIndex: table.titleIndex,
    association,
    near:
      association === null
        ? nearest(table, NEIGHBOURS_KEPT)
        : await strongest(association, titles.length, NEIGHBOURS_KEPT, breathe),
    popularity,
    byPopularity,
    known,
  };
}

/**
 * Takes one more rental into a trained model: what goes with what, not popularity and not the table for terminals. `history`: the member's rentals, this
 * one among them or not; only what came before it counts. Answers false where there was nothing to learn: an unknown title, one rented before, or a catalogue without association.
 */
export function learnRental(
  model: RecommenderModel,
  history: readonly Pick<Interaction, 'titleId' | 'at'>[],
  rented: TitleId,
): boolean {
  const { association, titleIndex } = model;
  if (association === null) return false;
  const placeOf = (titleId: TitleId): number => association.placeOf[titleIndex.get(titleId) ?? -1] ?? -1;
  const place = placeOf(rented);
  const own = history.filter(({ titleId }) => titleId === rented);
  if (place < 0 || own.length > 1) return false;
  const at = own[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = history
    .filter((other) => other.titleId !== rented && other.at <= at)
    .sort((a, b) => b.at - a.at)
    .map(({ titleId }) => placeOf(titleId))
    .filter((other) => other >= 0);
  learn(association, [...new Set(before)], place);
  return true;
}

/** Nearest titles of one title, best first: a row of the table that terminals keep for offline recommendations (RET-6). */
export function neighboursOf(model: RecommenderModel, title: TitleId, most: number): readonly TitleId[] {
  const index = model.titleIndex.get(title);
  if (index === undefined) return [];
  const found: TitleId[] = [];
  const present = Math.min(most, model.near.count[index] ?? 0);
  for (let place = 0; place < present; place += 1) {
    const facts = model.titles[model.near.title[index * model.near.most + place] ?? -1];
    if (facts !== undefined) found.push(facts.titleId);
  }
  return found;
}

/** The most wanted titles, best first. */
export function popularTitles(model: RecommenderModel, most: number): readonly TitleId[] {
  const found: TitleId[] = [];
  for (const index of model.byPopularity) {
    const facts = model.titles[index];
    if (found.length >= most) break;
    if (facts !== undefined) found.push(facts.titleId);
  }
  return found;
}

/** New: hardly rented yet, or out for less than three months. */
export function isNewTitle(model: RecommenderModel, index: number, now: EpochMs): boolean {
  const facts = model.titles[index];
  if (facts === undefined) return false;
  return (model.known[index] ?? 0) < NEW_BELOW_INTERACTIONS || now - facts.releaseAt < NEW_FOR_DAYS * DAY_MS;
}
