import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { openFolderStore } from '#hub/app/content/folder-store.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { pinVault } from '#hub/app/members/pins.ts';
import { openRecommender } from '#hub/app/recommendations/recommender.ts';
import { overviewOf } from '#hub/app/reports/overview.ts';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { assert } from '#shared/kernel/assert.ts';
import { points } from '#shared/kernel/money.ts';
import { ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Log } from '#shared/ports/log.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { heldKeys, oneKey, testKeyRings, testStoreKeys } from '#test/support/hub-keys.ts';
import { readSeedFiles } from './files.ts';
import { type SeedDeps, seedFleet } from './seed.ts';
import { siteIdOf, titleIdOf } from './shops.ts';

/** Years after everything was made: no date in the files ends the demo. */
const FIRST_YEAR = 2037;
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const folder = mkdtempSync(join(tmpdir(), 'keyturn-seed-'));
const files = readSeedFiles(join(projectRoot(), 'firmware-sim/demo/catalogue'));
const rings = testKeyRings();
let db: HubDatabase;
let deps: SeedDeps;

beforeAll(async () => {
  const clock = simulatedClock(epochMs(Date.UTC(FIRST_YEAR, 10, 20, 11)));
  db = memoryDatabase();
  deps = {
    db,
    clock,
    random: seededRandom('seed test'),
    log: silent,
    objects: await openFolderStore(folder, testStoreKeys(rings.keys)),
    pictures: { posterPictures: async (bytes) => ok({ poster: bytes, thumbnail: bytes.subarray(1) }) },
    pins: pinVault(heldKeys([oneKey(9)]), seededRandom('seed pins')),
    rewards: { forRating: points(2), forReservation: points(1), pointsPerMinorUnit: 1, lifetime: null },
  };
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
  await rings.end();
});

const counts = async () => ({
  sites: await db.stores.sites.count({}),
  titles: await db.stores.titles.count({}),
  editions: await db.stores.editions.count({}),
  members: await db.stores.members.count({}),
  closed: await db.stores.rentals.count({ status: 'closed' }),
  active: await db.stores.rentals.count({ status: 'active' }),
  rentals: await db.stores.rentals.count({}),
  ratings: await db.stores.ratings.count({}),
});

describe('the demo’s fleet', () => {
  it('OPS-1: a start that ends in the middle is finished by the next, and nothing is there twice', async () => {
    const cut = { ...files, past: { ...files.past, rentals: files.past.rentals.slice(0, 20) } };
    const broken = { ...cut, past: { ...cut.past, rentals: [...cut.past.rentals, nobodys()] } };
    await expect(seedFleet(deps, broken)).rejects.toThrow('was seeded');
    expect((await counts()).closed).toBe(20);
    await seedFleet(deps, files);
    const first = await counts();
    const { closed, active, ratings, ...others } = first;
    expect(others).toEqual({
      sites: files.sites.length,
      titles: files.titles.length,
      editions: files.titles.length,
      members: files.members.length + files.past.members.length,
      rentals: files.past.rentals.length,
    });
    // What was not brought back is out still, and so is what the file lets end later than now.
    expect(closed + active).toBe(first.rentals);
    expect(active).toBeGreaterThanOrEqual(files.past.rentals.filter(({ hours }) => hours === null).length);
    expect(active).toBeLessThan(40);
    expect(ratings).toBeGreaterThan(0.7 * closed);
    const again = await seedFleet(deps, files);
    expect(await counts()).toEqual(first);
    const people = [...files.members, ...files.past.members].map(({ slug }) => slug);
    expect([...again.keys()].sort()).toEqual(people.sort());
  });

  it('LED-1: the past is booked like everything else: balances sum up to nothing, members have what the file says', async () => {
    const sums = new Map<string, number>();
    for (const { unit, posted } of await db.stores.ledger.trialBalance())
      sums.set(unit, (sums.get(unit) ?? 0) + posted);
    expect([...sums.values()].every((sum) => sum === 0)).toBe(true);
    for (const person of files.members) {
      const row = await db.stores.members.first({ displayName: person.displayName });
      assert(row !== null, `${person.displayName} is a member`);
      const balances = await memberBalances(db.stores, row.memberId, row.currency);
      expect(balances.prepaid.minor).toBe(person.prepaid.minor);
      expect(balances.amountDue.minor).toBe(0);
      expect(balances.points).toBeGreaterThanOrEqual(person.points);
    }
  });

  it('CHG-2, RPT-1: the past happened in the opening hours of its shop, on the weekdays the file says', async () => {
    for (const { slug, calendar } of files.sites) {
      const rentals = await db.stores.rentals.list({ siteId: siteIdOf(slug) }, { limit: 1000 });
      expect(rentals.length).toBeGreaterThan(80);
      for (const { startedAt, tariff } of rentals) {
        assert(startedAt !== null, 'it was started');
        const local = Temporal.Instant.fromEpochMilliseconds(startedAt).toZonedDateTimeISO(calendar.zone);
        expect([local.hour >= 11, local.hour <= 20, tariff.currency]).toEqual([
          true,
          true,
          calendar.currency,
        ]);
        expect(calendar.weekly[local.dayOfWeek - 1], `${slug} on ${local.dayOfWeek}`).not.toBeNull();
      }
    }
  });

  it('RPT-1, LED-2, RNT-8: there are takings of today and of last week, somebody owes, somebody was refunded', async () => {
    const day = await overviewOf(deps);
    expect(day.revenue.map(({ today }) => today.currency).sort()).toEqual(['EUR', 'JPY']);
    for (const { today, sameDayLastWeek } of day.revenue)
      expect([today.minor > 0, sameDayLastWeek.minor > 0]).toEqual([true, true]);
    expect(day.rentals.overdue).toBeGreaterThan(2);
    expect(day.members.withAmountDue).toBeGreaterThan(1);
    const refunds = await db.stores.timeline.list({ kind: 'refunded' }, { limit: 10 });
    expect(refunds).toHaveLength(1);
  });

  it('CAT-3, CAT-4, CHG-3: seen from the first start two titles are still to come, a child is too young, and the shops have their holidays ahead', async () => {
    const now = deps.clock.now();
    const titles = await db.stores.titles.list({}, { limit: 100 });
    const ahead = titles.filter(({ releaseAt }) => releaseAt > now).map(({ titleId }) => titleId);
    expect(ahead.sort()).toEqual(['the-long-snow', 'winter-wolf'].map(titleIdOf).sort());
    const clara = await db.stores.members.first({ displayName: 'Clara Fink' });
    expect(clara?.birthYear).toBe(FIRST_YEAR - 12);
    const berlin = await db.stores.sites.find({ siteId: siteIdOf('berlin') });
    expect(berlin?.calendar.closures).toEqual([
      { from: `${FIRST_YEAR}-12-25`, to: `${FIRST_YEAR}-12-26` },
      { from: `${FIRST_YEAR + 1}-01-01`, to: `${FIRST_YEAR + 1}-01-01` },
    ]);
  });

  it('REC-1: what a member is recommended has a reason that comes from the past', async () => {
    const recommender = openRecommender(deps);
    await recommender.retrain();
    const ada = await db.stores.members.first({ displayName: 'Ada Morgenstern' });
    assert(ada !== null, 'Ada is a member');
    const suggested = await recommender.forMember(ada.memberId, siteIdOf('berlin'), 5);
    expect(suggested.length).toBeGreaterThan(2);
    expect(suggested.some(({ reason }) => reason.code === 'because_you_liked')).toBe(true);
  });
});

const nobodys = () => ({
  member: 'nobody',
  site: 'berlin',
  title: 'ink-garden',
  weekday: 3,
  weeksAgo: 1,
  hour: 12,
  hours: 5,
  unpaid: false,
  rating: null,
});
