import { grantPoints } from '#hub/app/ledger/points.ts';
import { type MemberDeps, registerMember } from '#hub/app/members/members.ts';
import { payCash } from '#hub/app/members/payments-in.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import { assert } from '#shared/kernel/assert.ts';
import { money, points } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { birthYearOf } from './days.ts';
import type { SeedFiles } from './files.ts';
import { siteIdOf } from './shops.ts';

/**
 * The demo's members with balance and points, and the synthetic ones of the past. Found by name and shop: whoever is there already is
 * not made again, and payments carry keys, so that an interrupted start is finished by the next.
 */
export async function seedMembers(
  deps: MemberDeps,
  files: SeedFiles,
  start: EpochMs,
): Promise<ReadonlyMap<string, MemberRow>> {
  const members = new Map<string, MemberRow>();
  for (const person of files.members) {
    const found = await memberNamed(deps, person.displayName, {
      ...person,
      birthYear: birthYearOf(person.age, start),
    });
    members.set(person.slug, found);
    await deps.db.stores.members.patch(
      { memberId: found.memberId },
      { preferredMeans: person.preferredMeans },
    );
    if (person.prepaid.minor > 0) {
      const amount = money(person.prepaid.minor, person.prepaid.currency);
      const paid = await payCash(deps, 'hub', found, { key: 'demo-start', purpose: 'prepaid', amount });
      assert(paid.ok, `${person.displayName} pays in at the counter`);
    }
    const now = deps.clock.now();
    const grant = {
      key: `demo:${found.memberId}`,
      reason: 'rental',
      points: points(person.points),
      expiresAt: null,
    } as const;
    if ((await deps.db.stores.ledger.transfer(`points:${grant.key}`)) === null)
      await grantPoints(deps.db.stores, found.memberId, grant, { rentalId: null, at: now }, now);
  }
  for (const { slug, displayName, site, age } of files.past.members) {
    const birthYear = birthYearOf(age, start);
    const language = site === 'tokyo' ? 'ja' : 'de';
    members.set(slug, await memberNamed(deps, displayName, { site, birthYear, pin: null, language }));
  }
  return members;
}

async function memberNamed(
  deps: MemberDeps,
  displayName: string,
  person: {
    readonly site: string;
    readonly birthYear: number;
    readonly pin: string | null;
    readonly language: MemberRow['language'];
  },
): Promise<MemberRow> {
  const siteId = siteIdOf(person.site);
  const present = await deps.db.stores.members.first({ displayName, siteId });
  if (present !== null) return present;
  const { birthYear, pin, language } = person;
  const made = await registerMember(deps, 'hub', { displayName, birthYear, pin, language, siteId });
  assert(made.ok, `the shop of ${displayName} is there`);
  return made.value;
}
