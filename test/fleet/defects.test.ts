import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { lostGuards, openHoles } from '#test/holes/plant.ts';
import { DEFECTS, type Defect } from './defects.ts';
import { runSeed } from './run.ts';
import type { Size } from './totals.ts';
import { type Fixture, makeFixture } from './world/fixture.ts';
import { makeCryptoInstant } from './world/instant-crypto.ts';

/** Worlds in which a defect has to show itself: small ones, and so many of them at most. */
const SIZE: Size = { devices: 2, days: 1, members: 4, faults: true };
const MOST_SEEDS = 8;

/** With every run of the tests; all of them: `KEYTURN_DEFECTS=all`, or by name. */
const WANTED = process.env.KEYTURN_DEFECTS ?? 'ack-before-commit,receipt-without-destroying';
const chosen = DEFECTS.filter(({ id }) => WANTED === 'all' || WANTED.split(',').includes(id));

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture(SIZE.devices);
  makeCryptoInstant();
});

/** The first seed that sees it, and what the judge says; null: none did. */
async function seen({
  id,
  seenAs,
  stress = {},
  days = SIZE.days,
}: Defect): Promise<{ seeds: number; says: string } | null> {
  openHoles.add(id);
  try {
    for (let seeds = 1; seeds <= MOST_SEEDS; seeds += 1) {
      const { violations } = await runSeed({
        ...{ seed: `defect ${seeds}`, fixture, days, membersPerDevice: SIZE.members },
        ...{ faults: SIZE.faults, print: null, stress, enough: seenAs },
      });
      const says = violations.find((line) => seenAs.test(line));
      if (says !== undefined) return { seeds, says };
    }
    return null;
  } finally {
    openHoles.delete(id);
  }
}

test('SYN-2: each defect stands beside its place in the sources, once', () => {
  expect(lostGuards(DEFECTS, (file) => readFileSync(join(projectRoot(), file), 'utf8'))).toEqual([]);
  expect(new Set(DEFECTS.map(({ id }) => id)).size).toBe(DEFECTS.length);
});

test.each(chosen.map((defect) => [defect.id, defect] as const))(
  'SYN-2: the simulation sees the planted defect %s',
  async (_id, defect) => {
    const found = await seen(defect);
    console.info(`${defect.id}: ${found === null ? 'not seen' : `seed ${found.seeds}, ${found.says}`}`);
    expect(found).not.toBeNull();
  },
);
