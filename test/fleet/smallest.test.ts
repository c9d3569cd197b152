import { beforeAll, describe, expect, test } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { Customer } from './people/customer.ts';
import { type Fixture, makeFixture } from './world/fixture.ts';
import { makeCryptoInstant } from './world/instant-crypto.ts';
import { openWorld } from './world/world.ts';

const HOUR = 3_600_000;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture(2);
  makeCryptoInstant();
});

/** One customer rents one title and brings it back three hours later. */
async function oneRental(seed: string) {
  const world = await openWorld({ seed, fixture, membersPerDevice: 1, print: null });
  const { time, shop, kiosks, returns, database } = world;
  const [member] = shop.members;
  const [kiosk] = kiosks;
  const [terminal] = returns;
  if (member === undefined || kiosk === undefined || terminal === undefined) throw new Error('a whole fleet');
  const customer = new Customer({
    world,
    member,
    medium: memoryMedium('stick'),
    random: world.random('customer'),
    stuck: (where) => {
      throw new Error(`stuck at ${where}`);
    },
  });
  await time.run(epochMs(time.now() + HOUR));
  const visit = customer.visitKiosk(kiosk, shop.titleIds.slice(1, 2));
  await time.run(epochMs(time.now() + HOUR));
  await visit;
  await time.run(epochMs(time.now() + 2 * HOUR));
  const back = customer.visitReturn(terminal);
  await time.run(epochMs(time.now() + HOUR));
  await back;
  const rentals = await database.stores.rentals.list({}, { limit: 10 });
  return { world, customer, rentals, hash: world.chronicle.hash() };
}

describe('the smallest whole fleet on simulated time', () => {
  test('RNT-3: one rental is written, returned and closed', async () => {
    const { customer, rentals, world } = await oneRental('first');
    expect(world.errors).toEqual([]);
    expect(customer.rented).toBe(1);
    expect(customer.returned).toBe(1);
    expect(rentals.map(({ status }) => status)).toEqual(['closed']);
  });
  test('SYN-2: the same seed twice is the same run, event by event', async () => {
    expect((await oneRental('second')).hash).toBe((await oneRental('second')).hash);
  });
});
