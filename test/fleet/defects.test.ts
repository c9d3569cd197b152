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
const MOST_SEEDS = 6;

/** With every run of the tests; all of them: `KEYTURN_DEFECTS=all`, or by name. */
const WANTED = process.env.KEYTURN_DEFECTS ?? 'ack-before-commit,receipt-without-destroying';
const chosen = DEFECTS.filter(({ id }) => WANTED === 'all' || WANTED.split(',').includes(id));

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture(SIZE.devices);
  makeCryptoInstant();
});

interface Found {
  /** Worlds until it was seen; null: it was not. */
  readonly seeds: number | null;
  readonly says: string;
}

/** The first seed that sees it, and what the judge says; of the same seed without the mistake it must not say that. */
async function seen(defect: Defect): Promise<Found> {
  const { seenAs } = defect;
  const others = new Set<string>();
  for (let seeds = 1; seeds <= MOST_SEEDS; seeds += 1) {
    openHoles.add(defect.id);
    const violations = await days(`defect ${seeds}`, defect).finally(() => openHoles.delete(defect.id));
    const says = violations.find((line) => seenAs.test(line));
    for (const line of violations) others.add(line);
    if (says === undefined) continue;
    const without = await days(`defect ${seeds}`, defect);
    if (!without.some((line) => seenAs.test(line))) return { seeds, says };
  }
  return { seeds: null, says: [...others].slice(0, 5).join('; ') };
}

async function days(
  seed: string,
  { seenAs, stress = {}, days = SIZE.days }: Defect,
): Promise<readonly string[]> {
  const { violations } = await runSeed({
    ...{ seed, fixture, days, membersPerDevice: SIZE.members, faults: SIZE.faults },
    ...{ print: null, stress, enough: seenAs },
  });
  return violations;
}

test('SYN-2: each defect stands beside its place in the sources, once', () => {
  expect(lostGuards(DEFECTS, (file) => readFileSync(join(projectRoot(), file), 'utf8'))).toEqual([]);
  expect(new Set(DEFECTS.map(({ id }) => id)).size).toBe(DEFECTS.length);
});

test.each(chosen.map((defect) => [defect.id, defect] as const))(
  'SYN-2: the simulation sees the planted defect %s',
  async (_id, defect) => {
    const { seeds, says } = await seen(defect);
    console.info(`${defect.id}: ${seeds === null ? 'not seen' : `seed ${seeds}`}, ${says}`);
    expect(seeds).not.toBeNull();
  },
);
