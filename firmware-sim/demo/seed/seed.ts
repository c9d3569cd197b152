import type { UploadDeps } from '#hub/app/catalogue/uploads.ts';
import type { MemberDeps } from '#hub/app/members/members.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { SeedFiles } from './files.ts';
import { seedPast } from './past.ts';
import { seedMembers } from './people.ts';
import { seedSites, seedTariffs, seedTitles } from './shops.ts';

export type SeedDeps = MemberDeps & UploadDeps & { readonly rewards: RewardRules };

/** The shop in which kiosk and return terminal of the demo stand. */
export const DEMO_SITE = 'berlin';
const SETTING = 'demo.seeded';
const BEGUN = 'demo.begun';

export interface SeededShop {
  /** By slug. */
  readonly members: ReadonlyMap<string, MemberRow>;
  /** Books the past, which takes a while; ends early when `ended` says so, and the next start goes on. Null: it is booked. */
  readonly past: ((ended: () => boolean) => Promise<void>) | null;
}

/**
 * Fills a fleet with the demo's shops, tariffs, titles and members: what a visitor needs at once. Every step finds what an interrupted start
 * left and goes on from there; a finished seed is never looked at again, so that nothing that happened since is changed.
 */
export async function seedShop(deps: SeedDeps, files: SeedFiles): Promise<SeededShop> {
  if ((await deps.db.stores.settings.find({ name: SETTING })) !== null)
    return { members: await findMembers(deps, files), past: null };
  const currency = files.sites.find(({ slug }) => slug === DEMO_SITE)?.calendar.currency ?? 'EUR';
  const now = await firstStart(deps);
  await seedSites(deps, files, now);
  await seedTariffs(deps, files);
  await seedTitles(deps, files, currency, now);
  const members = await seedMembers(deps, files, now);
  return {
    members,
    past: async (ended) => {
      if (!(await seedPast(deps, files, members, { now, ended }))) return;
      await deps.db.stores.settings.put({ name: SETTING, value: { at: now }, updatedAt: deps.clock.now() });
    },
  };
}

/** Shop and past, one after the other. Answers the members by slug. */
export async function seedFleet(deps: SeedDeps, files: SeedFiles): Promise<ReadonlyMap<string, MemberRow>> {
  const { members, past } = await seedShop(deps, files);
  await past?.(() => false);
  return members;
}

/** What is past, and what is to come, is seen from the first start, also where a later one goes on with it. */
async function firstStart({ db, clock }: SeedDeps): Promise<EpochMs> {
  const now = clock.now();
  await db.stores.settings.insert({ name: BEGUN, value: { at: now }, updatedAt: now });
  return (await db.stores.settings.find({ name: BEGUN }))?.updatedAt ?? now;
}

async function findMembers(deps: MemberDeps, files: SeedFiles): Promise<ReadonlyMap<string, MemberRow>> {
  const members = new Map<string, MemberRow>();
  for (const { slug, displayName } of [...files.members, ...files.past.members]) {
    const row = await deps.db.stores.members.first({ displayName });
    if (row !== null) members.set(slug, row);
  }
  return members;
}
