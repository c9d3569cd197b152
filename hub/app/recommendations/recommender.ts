import type { HubDeps } from '#hub/app/deps.ts';
import type { Interaction } from '#hub/domain/recommender/interactions.ts';
import {
  learnRental,
  NEIGHBOURS_KEPT,
  neighboursOf,
  popularTitles,
  type RecommenderModel,
  train,
} from '#hub/domain/recommender/model.ts';
import { recommend, type Suggestion } from '#hub/domain/recommender/recommend.ts';
import type { MemberRow, NeighbourRow, RentalRow, TitleRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { MemberId, RentalId, SiteId, TitleId } from '#shared/kernel/ids.ts';
import { type EpochMs, milliseconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';

/** Rentals that say something about taste: all that really began. */
const BEGUN: readonly RentalRow['status'][] = ['active', 'returning', 'closed', 'kept', 'lost'];
/** What a member holds now is never recommended (REC-1). */
const HOLDS: readonly RentalRow['status'][] = ['pending', 'active', 'returning', 'held', 'kept'];
const PAGE = 20_000;
/** Below so much, every change is reason enough to train anew: it costs milliseconds. */
const SMALL = 2000;
/** Trained anew when the fleet has grown by a fiftieth, or after a day; between trainings new rentals are learnt one by one. */
const GROWN = 1.02;
const DAY_MS = 86_400_000;
/** Rentals learnt at one look: some milliseconds each. */
const LEARN_AT_ONCE = 100;

export interface Recommender {
  /** Trains from the database; called at the start and by `refresh`. */
  retrain(): Promise<RecommenderModel>;
  /** Learns what happened since, by training anew where enough did; cheap to ask often. Answers whether it learnt something. */
  refresh(): Promise<boolean>;
  forMember(memberId: MemberId, siteId: SiteId | null, limit: number): Promise<readonly Suggestion[]>;
  /** For somebody nobody knows: popularity only. */
  forNobody(siteId: SiteId, limit: number): Promise<readonly Suggestion[]>;
  /** The table that terminals keep (RET-6), only titles that are in the shops. */
  neighbourTable(most: number): readonly { readonly titleId: TitleId; readonly near: readonly TitleId[] }[];
  popular(most: number): readonly TitleId[];
  model(): RecommenderModel | null;
}

/** The recommendation service of one hub: keeps the trained model in memory and its table in the database. */
export function openRecommender(deps: HubDeps): Recommender {
  let model: RecommenderModel | null = null;
  let trainedOn = -1;
  let seenUpTo: RentalId | null = null;
  let busy: Promise<RecommenderModel> | null = null;
  const current = async (): Promise<RecommenderModel> => model ?? retrain();
  // Whoever waits for this thread meanwhile comes first.
  const breathe = () => deps.clock.sleep(milliseconds(0));

  const retrain = (): Promise<RecommenderModel> => {
    busy ??= trainNow().finally(() => {
      busy = null;
    });
    return busy;
  };

  async function trainNow(): Promise<RecommenderModel> {
    const began = deps.clock.monotonic();
    const happened = await countFacts(deps.db.stores);
    const titles = await deps.db.stores.titles.list(
      { withdrawn: false },
      { orderBy: ['titleId'], limit: 100_000 },
    );
    const past = await readInteractions(deps.db.stores);
    const trained = await train(titles, past.interactions, deps.clock.now(), breathe);
    model = trained;
    trainedOn = happened;
    seenUpTo = past.lastRental;
    const tookMs = deps.clock.monotonic() - began;
    await storeModel(deps, trained, tookMs);
    deps.log.info(
      { tookMs, titles: titles.length, interactions: trained.interactions },
      'recommender trained',
    );
    return trained;
  }

  /** Rentals made since; one that began offline and came later waits for the next training. */
  async function learnNew(into: RecommenderModel): Promise<boolean> {
    const { stores } = deps.db;
    const since = seenUpTo;
    const fresh = await stores.rentals.list(
      { status: BEGUN, ...(since === null ? {} : { rentalId: { gt: since } }) },
      { orderBy: ['rentalId'], limit: LEARN_AT_ONCE },
    );
    let learnt = false;
    for (const { rentalId, memberId, titleId } of fresh) {
      seenUpTo = rentalId;
      if (memberId === null) continue;
      const { history } = await memberFacts(stores, memberId);
      learnt = learnRental(into, history, titleId) || learnt;
      await breathe();
    }
    return learnt;
  }

  return {
    retrain,
    async refresh() {
      const happened = await countFacts(deps.db.stores);
      if (model !== null && happened === trainedOn) return false;
      const old = model === null || deps.clock.now() - model.trainedAt >= DAY_MS;
      if (model === null || old || happened < Math.max(SMALL, trainedOn) || happened >= trainedOn * GROWN) {
        await retrain();
        return true;
      }
      return busy === null ? learnNew(model) : false;
    },
    async forMember(memberId, siteId, limit) {
      const member = await deps.db.stores.members.find({ memberId });
      if (member === null) return [];
      const facts = await memberFacts(deps.db.stores, memberId);
      const allowed = await mayRent(deps, member, siteId ?? member.siteId, facts.holds);
      return recommend(await current(), { ...facts, allowed, limit, now: deps.clock.now(), wanted: 'next' });
    },
    async forNobody(siteId, limit) {
      const allowed = await mayRent(deps, null, siteId, new Set());
      return recommend(await current(), {
        history: [],
        ready: [],
        allowed,
        limit,
        now: deps.clock.now(),
        wanted: 'next',
      });
    },
    neighbourTable(most) {
      const trained = model;
      if (trained === null) return [];
      return trained.titles
        .map(({ titleId }) => ({ titleId, near: neighboursOf(trained, titleId, most) }))
        .filter(({ near }) => near.length > 0);
    },
    popular: (most) => (model === null ? [] : popularTitles(model, most)),
    model: () => model,
  };
}

const countFacts = async (stores: Pick<Stores, 'rentals' | 'ratings' | 'titles'>): Promise<number> =>
  (await stores.rentals.count({ status: BEGUN })) +
  (await stores.ratings.count({})) +
  (await stores.titles.count({ withdrawn: false }));

/** Every rental that began, with its rating; read in pages so that no statement grows with the fleet. */
async function readInteractions(
  stores: Pick<Stores, 'rentals' | 'ratings'>,
): Promise<{ readonly interactions: readonly Interaction[]; readonly lastRental: RentalId | null }> {
  const stars = new Map<string, number>();
  for (let offset = 0; ; offset += PAGE) {
    const page = await stores.ratings.list({}, { orderBy: ['rentalId'], limit: PAGE, offset });
    for (const rating of page) stars.set(rating.rentalId, rating.stars);
    if (page.length < PAGE) break;
  }
  const interactions: Interaction[] = [];
  let lastRental: RentalId | null = null;
  for (let offset = 0; ; offset += PAGE) {
    const page = await stores.rentals.list({ status: BEGUN }, { orderBy: ['rentalId'], limit: PAGE, offset });
    for (const { rentalId, memberId, titleId, startedAt, preparedAt } of page)
      if (memberId !== null)
        interactions.push({
          memberId,
          titleId,
          stars: stars.get(rentalId) ?? null,
          at: startedAt ?? preparedAt,
        });
    lastRental = page.at(-1)?.rentalId ?? lastRental;
    if (page.length < PAGE) break;
  }
  return { interactions, lastRental };
}

interface MemberFacts {
  readonly history: readonly { titleId: TitleId; stars: number | null; at: EpochMs }[];
  readonly ready: readonly TitleId[];
  readonly holds: ReadonlySet<TitleId>;
}

async function memberFacts(
  stores: Pick<Stores, 'rentals' | 'ratings' | 'reservations'>,
  memberId: MemberId,
): Promise<MemberFacts> {
  const rentals = await stores.rentals.list(
    { memberId },
    { orderBy: ['rentalId'], descending: true, limit: 500 },
  );
  const ratings = await stores.ratings.list({ memberId }, { orderBy: ['at'], descending: true, limit: 1000 });
  const stars = new Map(ratings.map((rating) => [rating.rentalId, rating.stars] as const));
  const ready = await stores.reservations.list(
    { memberId, state: 'ready' },
    { orderBy: ['requestedAt'], limit: 50 },
  );
  return {
    history: rentals
      .filter(({ status }) => BEGUN.includes(status))
      .map(({ rentalId, titleId, startedAt, preparedAt }) => ({
        titleId,
        stars: stars.get(rentalId) ?? null,
        at: startedAt ?? preparedAt,
      })),
    ready: ready.map(({ titleId }) => titleId),
    holds: new Set(rentals.filter(({ status }) => HOLDS.includes(status)).map(({ titleId }) => titleId)),
  };
}

/** What may be recommended: in the shops, released, with an edition, for the member's age and the site's territory, not held (REC-1, CAT-4). */
async function mayRent(
  deps: Pick<HubDeps, 'db' | 'clock'>,
  member: MemberRow | null,
  siteId: SiteId | null,
  holds: ReadonlySet<TitleId>,
): Promise<(titleId: TitleId) => boolean> {
  const site = siteId === null ? null : await deps.db.stores.sites.find({ siteId });
  const now = deps.clock.now();
  const titles = await deps.db.stores.titles.list({ withdrawn: false }, { limit: 100_000 });
  const allowed = new Set<TitleId>();
  for (const title of titles)
    if (
      isOffered(title, now) &&
      !holds.has(title.titleId) &&
      fits(title, member, site?.calendar.territory ?? null, now)
    )
      allowed.add(title.titleId);
  return (titleId) => allowed.has(titleId);
}

const isOffered = (title: TitleRow, now: EpochMs): boolean =>
  !title.withdrawn && title.editionId !== null && title.releaseAt <= now;

function fits(title: TitleRow, member: MemberRow | null, territory: string | null, now: EpochMs): boolean {
  if (title.territories.length > 0 && (territory === null || !title.territories.includes(territory)))
    return false;
  // A stranger is shown what everybody may see.
  const age = member === null ? 0 : ageAt(member.birthYear, now);
  return title.ageRating <= age;
}

/** Age in whole years, from the year of birth alone: decided for the younger (CAT-4). */
export function ageAt(birthYear: number, now: EpochMs): number {
  const year = 1970 + Math.floor(now / 31_556_952_000);
  return Math.max(0, year - birthYear - 1);
}

async function storeModel(deps: HubDeps, model: RecommenderModel, tookMs: number): Promise<void> {
  const rows: NeighbourRow[] = [];
  model.titles.forEach(({ titleId }, index) => {
    neighboursOf(model, titleId, NEIGHBOURS_KEPT).forEach((nearTitleId, rank) => {
      const similarity = model.near.similarity[index * model.near.most + rank] ?? 0;
      rows.push({ titleId, rank, nearTitleId, score: Math.round(similarity * 1_000_000) });
    });
  });
  await deps.db.transaction(async (stores) => {
    await stores.neighbours.removeWhere({});
    for (let at = 0; at < rows.length; at += 5000)
      await stores.neighbours.insertMany(rows.slice(at, at + 5000));
    await stores.modelRuns.insert({
      modelRunId: newId<string>(deps.clock, deps.random),
      trainedAt: model.trainedAt,
      tookMs: Math.round(tookMs),
      titles: model.titles.length,
      members: model.members,
      popular: [...popularTitles(model, 50)],
    });
    const old = await stores.modelRuns.list(
      {},
      { orderBy: ['trainedAt'], descending: true, limit: 1, offset: 100 },
    );
    const before = old[0]?.trainedAt;
    if (before !== undefined) await stores.modelRuns.removeWhere({ trainedAt: { lt: before } });
  });
}
