import type { UploadDeps } from '#hub/app/catalogue/uploads.ts';
import type { MemberDeps } from '#hub/app/members/members.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import type { SeedFiles } from './files.ts';
import { seedPast } from './past.ts';
import { seedMembers } from './people.ts';
import { seedSites, seedTariffs, seedTitles } from './shops.ts';

export type SeedDeps = MemberDeps & UploadDeps & { readonly rewards: RewardRules };

/** The shop in which kiosk and return terminal of the demo stand. */
export const DEMO_SITE = 'berlin';
const SETTING = 'demo.seeded';

/**
 * Fills a fleet with the demo's shops, tariffs, titles, members and past. Every step finds what an interrupted start left and goes on from
 * there; a finished seed is never looked at again, so that nothing that happened since is changed. Answers the members by slug.
 */
export async function seedFleet(deps: SeedDeps, files: SeedFiles): Promise<ReadonlyMap<string, MemberRow>> {
  if ((await deps.db.stores.settings.find({ name: SETTING })) !== null) return findMembers(deps, files);
  const currency = files.sites.find(({ slug }) => slug === DEMO_SITE)?.calendar.currency ?? 'EUR';
  await seedSites(deps, files);
  await seedTariffs(deps, files);
  await seedTitles(deps, files, currency);
  const members = await seedMembers(deps, files);
  await seedPast(deps, files, members);
  const now = deps.clock.now();
  await deps.db.stores.settings.put({ name: SETTING, value: { at: now }, updatedAt: now });
  return members;
}

async function findMembers(deps: MemberDeps, files: SeedFiles): Promise<ReadonlyMap<string, MemberRow>> {
  const members = new Map<string, MemberRow>();
  for (const { slug, displayName } of files.members) {
    const row = await deps.db.stores.members.first({ displayName });
    if (row !== null) members.set(slug, row);
  }
  return members;
}
