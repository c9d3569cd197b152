import type { TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { type Interaction, liking, recency } from './interactions.ts';
import { isNewTitle, type RecommenderModel } from './model.ts';

export type ReasonCode =
  | 'because_you_liked'
  | 'because_you_rented'
  | 'popular_here'
  | 'new_in_genre'
  | 'reserved_ready';

/** A title with the reason a person understands (REC-1); `score` and `from` explain it to staff. */
export interface Suggestion {
  readonly titleId: TitleId;
  readonly reason: {
    readonly code: ReasonCode;
    readonly titleId: TitleId | null;
    readonly genre: string | null;
  };
  readonly score: number;
  /** The member's own titles that led here, strongest first. */
  readonly from: readonly { readonly titleId: TitleId; readonly share: number }[];
}

export interface RecommendInput {
  /** The member's past, any order. Empty for a new member. */
  readonly history: readonly Pick<Interaction, 'titleId' | 'stars' | 'at'>[];
  /** Reserved titles that wait for this member now: they come first. */
  readonly ready: readonly TitleId[];
  /** Never: what the member holds, may not rent (age, territory), is withdrawn or not out yet. */
  readonly allowed: (titleId: TitleId) => boolean;
  readonly limit: number;
  readonly now: EpochMs;
}

/** Every fifth place is for a new title of a genre the member likes, so that new titles are ever seen at all. */
const NEW_EVERY = 5;
/** What a member saw last says most about what comes next. */
const MEMBER_HALF_LIFE_DAYS = 180;

/**
 * Recommendations for one member: reserved and ready ones first, then item to item with a place for new titles of liked
 * genres, filled up by popularity (REC-1). Never a title that is in the history, is not allowed, or stands there twice.
 */
export function recommend(model: RecommenderModel, input: RecommendInput): readonly Suggestion[] {
  const seen = new Set(input.history.map(({ titleId }) => titleId));
  const chosen = new Map<TitleId, Suggestion>();
  const take = (suggestion: Suggestion | undefined): boolean => {
    if (suggestion === undefined || chosen.size >= input.limit) return false;
    const { titleId } = suggestion;
    if (chosen.has(titleId) || !input.allowed(titleId)) return false;
    chosen.set(titleId, suggestion);
    return true;
  };
  for (const titleId of input.ready)
    take({ titleId, reason: { code: 'reserved_ready', titleId: null, genre: null }, score: 1, from: [] });
  const unseen = (list: readonly Suggestion[]) =>
    list.filter(({ titleId }) => !seen.has(titleId) && !chosen.has(titleId) && input.allowed(titleId));
  const similar = unseen(bySimilarity(model, input));
  const fresh = unseen(byGenre(model, input));
  while (chosen.size < input.limit && (similar.length > 0 || fresh.length > 0)) {
    const wantsNew = chosen.size % NEW_EVERY === NEW_EVERY - 1;
    const next = wantsNew ? (fresh.shift() ?? similar.shift()) : (similar.shift() ?? fresh.shift());
    take(next);
  }
  for (const index of model.byPopularity) {
    if (chosen.size >= input.limit) break;
    const facts = model.titles[index];
    if (facts === undefined || seen.has(facts.titleId)) continue;
    const score = model.popularity[index] ?? 0;
    take({
      titleId: facts.titleId,
      reason: { code: 'popular_here', titleId: null, genre: null },
      score,
      from: [],
    });
  }
  return [...chosen.values()];
}

/** Sums the similarities to everything in the history, weighted by how much and how lately it was liked. */
function bySimilarity(model: RecommenderModel, input: RecommendInput): Suggestion[] {
  const scores = new Map<
    number,
    { score: number; from: { titleId: TitleId; stars: number | null; share: number }[] }
  >();
  for (const { titleId, stars, at } of input.history) {
    const index = model.titleIndex.get(titleId);
    // A title the member disliked recommends nothing.
    const weight =
      stars !== null && stars <= 2 ? 0 : liking(stars) * recency(at, input.now, MEMBER_HALF_LIFE_DAYS);
    if (index === undefined || weight === 0) continue;
    const base = index * model.near.most;
    for (let place = 0; place < (model.near.count[index] ?? 0); place += 1) {
      const other = model.near.title[base + place] ?? 0;
      const share = weight * (model.near.similarity[base + place] ?? 0);
      const entry = scores.get(other) ?? { score: 0, from: [] };
      entry.score += share;
      entry.from.push({ titleId, stars, share });
      scores.set(other, entry);
    }
  }
  const found: { suggestion: Suggestion; index: number }[] = [];
  for (const [index, { score, from }] of scores) {
    const facts = model.titles[index];
    from.sort((a, b) => b.share - a.share);
    const first = from[0];
    if (facts === undefined || first === undefined) continue;
    const code = first.stars !== null && first.stars >= 4 ? 'because_you_liked' : 'because_you_rented';
    const reason = { code, titleId: first.titleId, genre: null } as const;
    const strongest = from.slice(0, 3).map(({ titleId, share }) => ({ titleId, share }));
    found.push({ suggestion: { titleId: facts.titleId, reason, score, from: strongest }, index });
  }
  found.sort((a, b) => b.suggestion.score - a.suggestion.score || a.index - b.index);
  return found.map(({ suggestion }) => suggestion);
}

/** New titles of the genres the member likes, the best loved genre and the newest release first. */
function byGenre(model: RecommenderModel, input: RecommendInput): Suggestion[] {
  const taste = new Map<string, number>();
  for (const { titleId, stars, at } of input.history) {
    const facts = model.titles[model.titleIndex.get(titleId) ?? -1];
    if (facts === undefined || (stars !== null && stars <= 2)) continue;
    const weight = liking(stars) * recency(at, input.now, MEMBER_HALF_LIFE_DAYS);
    for (const genre of facts.genres) taste.set(genre, (taste.get(genre) ?? 0) + weight);
  }
  if (taste.size === 0) return [];
  const found: Suggestion[] = [];
  model.titles.forEach(({ titleId, genres, releaseAt }, index) => {
    if (!isNewTitle(model, index, input.now)) return;
    let best: { genre: string; weight: number } | null = null;
    for (const genre of genres) {
      const weight = taste.get(genre) ?? 0;
      if (weight > (best?.weight ?? 0)) best = { genre, weight };
    }
    if (best === null) return;
    const freshness = recency(releaseAt, input.now, 365);
    found.push({
      titleId,
      reason: { code: 'new_in_genre', titleId: null, genre: best.genre },
      score: best.weight * (0.5 + freshness),
      from: [],
    });
  });
  return found.sort((a, b) => b.score - a.score || (a.titleId < b.titleId ? -1 : 1));
}
