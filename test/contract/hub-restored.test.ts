import { afterAll, beforeAll, expect, it } from 'vitest';
import { happens } from '#test/support/live-fleet.ts';
import { balancesOf, HOUR } from './hub-world.ts';
import { startTwoTerminals, type TwoTerminals } from './two-terminals.ts';

let shop: TwoTerminals;
let real: TwoTerminals['real'];

beforeAll(async () => {
  shop = await startTwoTerminals();
  ({ real } = shop);
});
afterAll(() => shop?.end());

const ledger = async () => {
  const { db } = real.hub().inside();
  const rentals = await db.stores.rentals.list({}, { orderBy: ['rentalId'], limit: 100 });
  return {
    balances: await balancesOf(db),
    rentals: rentals.map(({ rentalId, status, charge, startedAt }) => ({
      rentalId,
      status,
      startedAt,
      total: charge?.total ?? null,
    })),
    dead: (await db.stores.deadLetters.list({}, { limit: 10 })).map(
      ({ event, cause, message }) => `${event.kind}: ${cause}: ${message}`,
    ),
    timelines: (await db.stores.timelines.list({}, { orderBy: ['ordinal'], limit: 10 })).map(
      ({ cause }) => cause,
    ),
  };
};

it('SYN-6: the hub comes back with yesterday’s database: terminals send the rest again, the ledger is as before the loss', async () => {
  const before = await shop.rent();
  real.pass(30 * HOUR);
  await shop.acknowledged();
  await real.stop();
  await real.backUp();
  const yesterday = real.clock.now();

  await real.start();
  real.pass(HOUR);
  const inBetween = await shop.rent();
  await shop.giveBack(before);
  real.pass(50 * HOUR);
  await shop.giveBack(inBetween);
  await shop.acknowledged();
  const whole = await ledger();
  expect(whole).toMatchObject({ dead: [], timelines: ['created'] });
  expect(whole.rentals.map(({ status }) => status)).toEqual(['closed', 'closed']);
  expect(real.clock.now()).toBeGreaterThan(yesterday);

  await real.stop();
  await real.restore();
  // While the hub is away the shop goes on: this fact has never been acknowledged.
  const last = await shop.rent();
  await real.start({ restored: true });
  expect((await ledger()).rentals.map(({ status }) => status)).toContain('active');
  await happens('the terminals to have sent everything again', async () => {
    const { rentals } = await ledger();
    return (
      rentals.filter(({ status }) => status === 'closed').length === 2 &&
      rentals.some(({ rentalId }) => rentalId === last.rentalId)
    );
  });
  await shop.acknowledged();
  const again = await ledger();
  expect(again.timelines).toEqual(['created', 'restored']);
  expect(again.balances).toEqual(whole.balances);
  expect(again.rentals.filter(({ rentalId }) => rentalId !== last.rentalId)).toEqual(whole.rentals);
  expect(again.dead).toEqual([]);
});
