import { expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { beginTimeline } from '#hub/app/ingest/timeline.ts';
import { aTariff } from '#shared/domain/testing/builders.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { hubOfEachTest } from './hub-stage.ts';
import { HOUR, lane, START, started, writtenCopy } from './hub-world.ts';

const there = hubOfEachTest();

/** What a kiosk agreed on with its customer at the second version of a price, at a hub whose own second version is dearer and was made then. */
async function firstPriceAt(made: number, cause: 'created' | 'restored'): Promise<number | undefined> {
  const { hub, rules, devices } = there;
  await beginTimeline(hub.db, hub, cause);
  const tariff = aTariff({ version: 2, firstPrice: 900 });
  const { tariffId, version } = tariff;
  await hub.db.stores.tariffs.insert({ tariffId, version, tariff, createdAt: epochMs(START + made) });
  const rental = await writtenCopy(devices, START, { tariff: { firstPrice: 300 } });
  const told = lane(devices.kiosk.id);
  told.add('rental.started', started(rental), START);
  await commitGroup(hub.db, rules, [told.batch()]);
  return (await hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.tariff.firstPrice;
}

it('CHG-4, SYN-6: a restored hub that gave the number of a forgotten price to another keeps to what the licence says', async () => {
  expect(await firstPriceAt(HOUR, 'restored')).toBe(300);
});

it.each([
  [-HOUR, 'restored'],
  [HOUR, 'created'],
] as const)(
  'CHG-4, SEC-4: what the hub has under a number stands, whatever a licence says, where the number meant that when it was agreed, or always has (made %i ms after, database %s)',
  async (made, cause) => {
    expect(await firstPriceAt(made, cause)).toBe(900);
  },
);
