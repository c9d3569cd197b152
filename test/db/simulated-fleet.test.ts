import { beforeAll, expect, test } from 'vitest';
import { realDatabases } from '#test/fleet/databases/real.ts';
import { sameRows } from '#test/fleet/databases/same-rows.ts';
import { type Fixture, makeFixture } from '#test/fleet/world/fixture.ts';
import { makeCryptoInstant } from '#test/fleet/world/instant-crypto.ts';

/** Small worlds: what is compared is every row, and a real database takes its time. More: `npm run sim -- --database postgres`. */
const WORLD = { days: 1, membersPerDevice: 1, faults: true, print: null, stress: {} };

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture(2);
  makeCryptoInstant();
});

test.each([
  ['pglite', 'one'],
  ['postgres', 'two'],
])(
  'SYN-2: on %s a day of rentals under faults ends in the rows that it ends in in memory, entry by entry (seed %s)',
  async (engine, seed) => {
    const databases = await realDatabases(engine);
    try {
      const { report, rows, differences } = await databases.fresh((database) =>
        sameRows({ ...WORLD, seed, fixture }, database),
      );
      console.info(`${engine}: ${report.rentals} rentals, ${report.events} events, ${rows} rows`);
      expect(differences).toEqual([]);
      expect(Math.min(report.rentals, report.returns)).toBeGreaterThan(0);
    } finally {
      await databases.stop();
    }
  },
);
