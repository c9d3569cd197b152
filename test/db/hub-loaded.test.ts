import { beforeAll, expect, it } from 'vitest';
import { openHub } from '#test/contract/hub-world.ts';
import { makePool, type Pool, sameBothWays } from '#test/contract/loaded-suite.ts';
import { postgresHubs } from '#test/support/postgres-hubs.ts';

const hubs = postgresHubs();
let pool: Pool;
beforeAll(async () => {
  await openHub().then(({ db }) => db.close());
  pool = await makePool(hubs.devices);
});

it('SYN-2, SYN-3: whatever comes in whatever groups, loaded rows leave what events leave one by one: PostgreSQL', {
  timeout: 240_000,
}, async () => {
  const open = async () => (await hubs.open()).hub;
  const passed = await sameBothWays(open, hubs.devices, pool, { numRuns: 2, seed: 11 });
  expect(passed.some((call) => call.startsWith('group: '))).toBe(true);
});
