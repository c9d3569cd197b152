import { beforeAll, expect, it } from 'vitest';
import { type Devices, makeDevices, openHub } from './hub-world.ts';
import { makePool, type Pool, sameBothWays } from './loaded-suite.ts';

let devices: Devices;
let pool: Pool;
beforeAll(async () => {
  devices = await makeDevices();
  await openHub().then(({ db }) => db.close());
  pool = await makePool(devices);
});

it('SYN-2, SYN-3: whatever comes in whatever groups, loaded rows leave what events leave one by one: in memory', {
  timeout: 240_000,
}, async () => {
  const passed = await sameBothWays(() => openHub(), devices, pool, { numRuns: 25, seed: 20_261_122 });
  // Poison was met while applying and while writing; units were counted at the database.
  expect(passed).toContain('rentals.count');
  expect(passed.some((call) => call.startsWith('group: '))).toBe(true);
});

it('SYN-2, SYN-3: whatever comes in whatever groups, loaded rows leave what events leave one by one: PGlite', {
  timeout: 240_000,
}, async () => {
  await sameBothWays(() => openHub({ folder: null }), devices, pool, { numRuns: 1, seed: 7 });
});
