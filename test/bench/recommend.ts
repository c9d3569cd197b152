import { parseArgs } from 'node:util';
import { learn, scoresFor } from '#hub/domain/recommender/association.ts';
import { type Interaction, tabulate } from '#hub/domain/recommender/interactions.ts';
import {
  NEIGHBOURS_KEPT,
  type RecommenderModel,
  type TitleFacts,
  train,
} from '#hub/domain/recommender/model.ts';
import { nearest } from '#hub/domain/recommender/neighbours.ts';
import { recommend } from '#hub/domain/recommender/recommend.ts';
import type { MemberId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { bestOf, itemKnn, plainEase, popularity, type Scores } from './support/baselines.ts';
import {
  eachUsersTenth,
  lastOneOut,
  makeRatings,
  measure,
  type Quality,
  type Rating,
  type Ratings,
  randomFifth,
  readRatings,
  type Split,
} from './support/ratings.ts';

const SEED = 'recommend';
const PLACES = 20;

/**
 * `npm run bench -- recommend [--file RATINGS] [--quick]`: trains the production recommender on a file of `user item rating timestamp` and prints its
 * quality on three splits beside popularity, item-kNN and plain EASE of the same run; then training time, time of one update and of one list, memory,
 * short histories, and what the method for huge catalogues loses. Where held-out ratings lie between the others (random splits) the question is the taste;
 * where they come last it is what comes next. Without a file it makes ratings up. `ratio`: NDCG@10 of the time split over plain EASE's.
 */
export async function run({ quick, rest }: { quick: boolean; rest: readonly string[] }): Promise<void> {
  const { values } = parseArgs({ args: [...rest], options: { file: { type: 'string' } } });
  const ratings =
    values.file === undefined
      ? makeRatings(quick ? 150 : 900, quick ? 120 : 1600, quick ? 25 : 100, SEED)
      : readRatings(values.file);
  console.log(
    `${values.file === undefined ? 'made-up ratings' : 'ratings of the file'}: ${ratings.all.length} of ${ratings.users} users and ${ratings.items} titles`,
  );
  const last = await compare(ratings, lastOneOut(ratings), 'next');
  const fifth = await compare(ratings, randomFifth(ratings, SEED), 'taste');
  const tenth = await compare(ratings, eachUsersTenth(ratings, SEED), 'taste');
  const speed = await clocked(ratings);
  const cold = await shortHistories(ratings);
  const without = await withoutAssociation(ratings);
  console.log(
    JSON.stringify({
      bench: 'recommend',
      ratio: round(last.production.ndcg10 / last.ease.ndcg10),
      atLeastBestOnEverySplit: [last, fifth, tenth].every(({ leads }) => leads),
      ratings: ratings.all.length,
      titles: ratings.items,
      lastOneOut: last.shown,
      random8020: fifth.shown,
      random801010: tenth.shown,
      ...speed,
      shortHistories: cold,
      hugeCatalogueNdcg10: without,
    }),
  );
}

type Method = 'popularity' | 'knn' | 'ease' | 'production';

async function compare(ratings: Ratings, split: Split, wanted: 'next' | 'taste') {
  const itemsOf = byUser(ratings.users, split.train);
  const baseline = (scores: Scores): Quality =>
    measure(split.test, (user) => bestOf(scores(itemsOf[user] ?? []), itemsOf[user] ?? [], PLACES));
  const model = await trained(ratings.items, split.train);
  const found: Record<Method, Quality> = {
    popularity: baseline(popularity(ratings.items, split.train)),
    knn: baseline(itemKnn(ratings.items, itemsOf)),
    ease: baseline(await plainEase(ratings.items, itemsOf)),
    production: measure(split.test, lists(model, split.train, wanted)),
  };
  console.log(
    `\n${split.name}: ${split.train.length} to train, ${split.test.size} users to test, asked for ${wanted}`,
  );
  console.log('               NDCG@10  Recall@20  HitRate@10');
  for (const [name, { ndcg10, recall20, hit10 }] of Object.entries(found))
    console.log(`  ${name.padEnd(11)} ${show(ndcg10)}    ${show(recall20)}      ${show(hit10)}`);
  const others = [found.popularity, found.knn, found.ease];
  const leads = others.every(({ ndcg10 }) => found.production.ndcg10 >= ndcg10);
  const shown = Object.fromEntries(Object.entries(found).map(([name, { ndcg10 }]) => [name, round(ndcg10)]));
  return { production: found.production, ease: found.ease, leads, shown };
}

/** Seconds of processor time, so that a busy neighbour does not count. */
async function clocked(ratings: Ratings) {
  const used = (since: NodeJS.CpuUsage): number => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1000;
  };
  const began = process.cpuUsage();
  const model = await trained(ratings.items, ratings.all);
  const trainingMs = used(began);
  const ask = lists(model, ratings.all, 'next');
  const users = Array.from({ length: Math.min(200, ratings.users) }, (_, user) => user);
  const listing = process.cpuUsage();
  for (const user of users) ask(user);
  const listMs = used(listing) / users.length;
  const { association } = model;
  if (association === null) throw new Error('so many titles are not associated');
  const histories = byUser(ratings.users, newestFirst(ratings.all));
  let updates = 0;
  let updatingMs = 0;
  for (const user of users.slice(0, 20)) {
    const places = (histories[user] ?? []).map((item) => association.placeOf[item] ?? -1);
    const scores = scoresFor(
      association,
      places.map((place) => ({ place, weight: 1 })),
    );
    const [next] = bestOf(scores, places, 1);
    if (next === undefined) continue;
    const updating = process.cpuUsage();
    learn(association, places, next);
    updatingMs += used(updating);
    updates += 1;
  }
  const updateMs = updatingMs / Math.max(1, updates);
  console.log(
    `\ntraining ${Math.round(trainingMs)} ms, one list ${round(listMs)} ms, one more rental learnt in ${round(updateMs)} ms (processor time); model ${association.inverse.byteLength} bytes = 8 × titles²`,
  );
  return {
    trainingMs: Math.round(trainingMs),
    listMs: round(listMs),
    updateMs: round(updateMs),
    modelBytes: association.inverse.byteLength,
  };
}

/** What a member with few rentals gets: the time split again, with only the last ones of each history told. */
async function shortHistories(ratings: Ratings): Promise<Record<string, number>> {
  const split = lastOneOut(ratings);
  const model = await trained(ratings.items, split.train);
  const found: Record<string, number> = {};
  for (const known of [0, 1, 3, 5, 10]) {
    const told = lastOf(split.train, known);
    const seen = byUser(ratings.users, split.train);
    const ask = lists(model, told, 'next', (user) => new Set(seen[user] ?? []));
    found[`${known}`] = round(measure(split.test, ask).ndcg10);
  }
  console.log(
    `\nNDCG@10 by rentals known of a member: ${JSON.stringify(found)} (none: popularity, lately rented first)`,
  );
  return found;
}

/** The method beyond `ASSOCIATION_MOST_TITLES`: sparse neighbours, 320 bytes a title. */
async function withoutAssociation(ratings: Ratings): Promise<number> {
  const split = lastOneOut(ratings);
  const model = await trained(ratings.items, split.train);
  const now = epochMs(Math.max(...split.train.map(({ at }) => at)) * 1000);
  const table = tabulate(
    model.titles.map(({ titleId }) => titleId),
    split.train.map(interactionOf),
    now,
  );
  const sparse = { ...model, association: null, near: nearest(table, NEIGHBOURS_KEPT) };
  const found = round(measure(split.test, lists(sparse, split.train, 'next')).ndcg10);
  console.log(`NDCG@10 of the time split by neighbours alone, as for huge catalogues: ${found}`);
  return found;
}

const titleOf = (item: number): TitleId => `t${item}` as TitleId;
const interactionOf = ({ user, item, stars, at }: Rating): Interaction => ({
  memberId: `m${user}` as MemberId,
  titleId: titleOf(item),
  stars: Math.min(5, Math.max(1, Math.round(stars))),
  at: epochMs(at * 1000),
});

function trained(items: number, ratings: readonly Rating[]): Promise<RecommenderModel> {
  const titles: TitleFacts[] = Array.from({ length: items }, (_, item) => ({
    titleId: titleOf(item),
    genres: [],
    releaseAt: epochMs(0),
  }));
  const now = epochMs(Math.max(...ratings.map(({ at }) => at)) * 1000);
  return train(titles, ratings.map(interactionOf), now, async () => {});
}

/** Lists of the production recommender for a user, from what `told` says of him. */
function lists(
  model: RecommenderModel,
  told: readonly Rating[],
  wanted: 'next' | 'taste',
  seen: (user: number) => ReadonlySet<number> = () => new Set(),
): (user: number) => readonly number[] {
  const histories = new Map<number, Interaction[]>();
  for (const rating of told) {
    const own = histories.get(rating.user) ?? [];
    own.push(interactionOf(rating));
    histories.set(rating.user, own);
  }
  return (user) => {
    const before = seen(user);
    const allowed = (titleId: TitleId): boolean => !before.has(Number(titleId.slice(1)));
    const history = histories.get(user) ?? [];
    return recommend(model, { history, ready: [], allowed, limit: PLACES, now: model.trainedAt, wanted }).map(
      ({ titleId }) => Number(titleId.slice(1)),
    );
  };
}

function byUser(users: number, ratings: readonly Rating[]): number[][] {
  const found: number[][] = Array.from({ length: users }, () => []);
  for (const { user, item } of ratings) found[user]?.push(item);
  return found;
}
const newestFirst = (ratings: readonly Rating[]): Rating[] => [...ratings].sort((a, b) => b.at - a.at);

function lastOf(ratings: readonly Rating[], most: number): Rating[] {
  const taken = new Map<number, number>();
  return newestFirst(ratings).filter(({ user }) => {
    const before = taken.get(user) ?? 0;
    taken.set(user, before + 1);
    return before < most;
  });
}

const show = (value: number): string => value.toFixed(4);
const round = (value: number): number => Math.round(value * 10_000) / 10_000;
