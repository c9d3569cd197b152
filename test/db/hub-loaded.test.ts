import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Devices, makeDevices, openHub } from '#test/contract/hub-world.ts';
import { makePool, type Pool, sameBothWays } from '#test/contract/loaded-suite.ts';
import { type PostgresCluster, startPostgres } from '#test/support/real-parts.ts';

let cluster: PostgresCluster;
let devices: Devices;
let pool: Pool;
beforeAll(async () => {
  cluster = await startPostgres();
  devices = await makeDevices();
  await openHub().then(({ db }) => db.close());
  pool = await makePool(devices);
});
afterAll(() => cluster.stop());

it('SYN-2, SYN-3: whatever comes in whatever groups, loaded rows leave what events leave one by one: PostgreSQL', {
  timeout: 240_000,
}, async () => {
  const open = async () => openHub({ url: (await cluster.createDatabase()).url });
  const passed = await sameBothWays(open, devices, pool, { numRuns: 2, seed: 11 });
  expect(passed.some((call) => call.startsWith('group: '))).toBe(true);
});
