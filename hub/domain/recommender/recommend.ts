import type { TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { type Association, pull, scoresFor } from './association.ts';
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
  /** What will probably be rented next, or what belongs to this member's taste whenever it was rented. */
  readonly wanted: 'next' | 'taste';
}

/** Every fifth place is for a new title of a genre the member likes, so that new titles are ever seen at all. */
const NEW_EVERY = 5;
/** The n-th title back counts n to the power of minus this for what comes next. */
const FADING = 0.7;
/** Which genres somebody likes changes more slowly. */
const GENRE_HALF_LIFE_DAYS = 180;

/**
 * Recommendations for one member: reserved and ready ones first, then what goes with the history, with a place for new titles of liked
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
  const unseen = (titleId: TitleId) => !seen.has(titleId) && !chosen.has(titleId) && input.allowed(titleId);
  const similar = byTaste(model, input, unseen);
  const fresh = byGenre(model, input).filter(({ titleId }) => unseen(titleId));
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

interface Source {
  readonly titleId: TitleId;
  readonly stars: number | null;
  readonly share: number;
}

/** The best titles that go with the history and pass `unseen`. Only a title that the member did not dislike leads to another. */
function byTaste(
  model: RecommenderModel,
  input: RecommendInput,
  unseen: (titleId: TitleId) => boolean,
): Suggestion[] {
  const history = weighHistory(model, input);
  const { association } = model;
  const scored = association === null ? byNeighbours(model, history) : byAssociation(association, history);
  scored.sort((a, b) => b.score - a.score || a.title - b.title);
  const found: Suggestion[] = [];
  for (const { title, score, sources } of scored) {
    if (found.length >= input.limit) break;
    const facts = model.titles[title];
    if (facts === undefined || !unseen(facts.titleId)) continue;
    const suggestion = suggest(facts.titleId, score, sources());
    if (suggestion !== null) found.push(suggestion);
  }
  return found;
}

interface Weighed {
  readonly titleId: TitleId;
  readonly stars: number | null;
  /** Index of the title. */
  readonly title: number;
  readonly weight: number;
}

/** What was rented last says most about what comes next; what belongs to a taste does so whenever it was rented. */
function weighHistory(model: RecommenderModel, { history, wanted }: RecommendInput): readonly Weighed[] {
  const newestFirst = [...history].sort((a, b) => b.at - a.at || (a.titleId < b.titleId ? -1 : 1));
  const seen = new Set<number>();
  const weighed: Weighed[] = [];
  for (const { titleId, stars } of newestFirst) {
    const title = model.titleIndex.get(titleId);
    if (title === undefined || seen.has(title)) continue;
    const weight = wanted === 'next' ? (1 + seen.size) ** -FADING : 1;
    seen.add(title);
    weighed.push({ titleId, stars, title, weight });
  }
  return weighed;
}

interface Scored {
  readonly title: number;
  readonly score: number;
  readonly sources: () => readonly Source[];
}

function byAssociation(association: Association, history: readonly Weighed[]): Scored[] {
  const known = history.flatMap((one) => {
    const place = association.placeOf[one.title] ?? -1;
    return place < 0 ? [] : [{ ...one, place }];
  });
  const scores = scoresFor(association, known);
  const found: Scored[] = [];
  for (let place = 0; place < association.size; place += 1) {
    const score = scores[place] ?? 0;
    if (score <= 0) continue;
    const sources = () =>
      known.map(({ titleId, stars, weight, place: from }) => ({
        titleId,
        stars,
        share: weight * pull(association, from, place),
      }));
    found.push({ title: association.titleOf[place] ?? 0, score, sources });
  }
  return found;
}

function byNeighbours({ near }: RecommenderModel, history: readonly Weighed[]): Scored[] {
  const scores = new Map<number, { score: number; from: Source[] }>();
  for (const { titleId, stars, title, weight } of history) {
    const base = title * near.most;
    for (let at = 0; at < (near.count[title] ?? 0); at += 1) {
      const other = near.title[base + at] ?? 0;
      const share = weight * (near.similarity[base + at] ?? 0);
      const entry = scores.get(other) ?? { score: 0, from: [] };
      entry.score += share;
      entry.from.push({ titleId, stars, share });
      scores.set(other, entry);
    }
  }
  return [...scores].map(([title, { score, from }]) => ({ title, score, sources: () => from }));
}

/** The suggestion with its reason; null where only titles that the member disliked lead there. */
function suggest(titleId: TitleId, score: number, sources: readonly Source[]): Suggestion | null {
  const liked = sources
    .filter(({ stars, share }) => share > 0 && (stars === null || stars > 2))
    .sort((a, b) => b.share - a.share);
  const [first] = liked;
  if (first === undefined) return null;
  const code = first.stars !== null && first.stars >= 4 ? 'because_you_liked' : 'because_you_rented';
  const from = liked.slice(0, 3).map(({ titleId: source, share }) => ({ titleId: source, share }));
  return { titleId, reason: { code, titleId: first.titleId, genre: null }, score, from };
}

/** New titles of the genres the member likes, the best loved genre and the newest release first. */
function byGenre(model: RecommenderModel, input: RecommendInput): Suggestion[] {
  const taste = new Map<string, number>();
  for (const { titleId, stars, at } of input.history) {
    const facts = model.titles[model.titleIndex.get(titleId) ?? -1];
    if (facts === undefined || (stars !== null && stars <= 2)) continue;
    const weight = liking(stars) * recency(at, input.now, GENRE_HALF_LIFE_DAYS);
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
