import { beforeAll, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { beginTimeline } from '#hub/app/ingest/timeline.ts';
import { aTariff } from '#shared/domain/testing/builders.ts';
import { epochMs } from '#shared/kernel/time.ts';
import {
  type Devices,
  furnish,
  HOUR,
  lane,
  makeDevices,
  openHub,
  rulesFor,
  START,
  started,
  writtenCopy,
} from './hub-world.ts';

let devices: Devices;
beforeAll(async () => {
  devices = await makeDevices();
});

/** What a kiosk agreed on with its customer at the second version of a price, at a hub whose own second version is dearer and was made then. */
async function firstPriceAt(made: number, cause: 'created' | 'restored'): Promise<number | undefined> {
  const hub = await openHub();
  await furnish(hub.db);
  await beginTimeline(hub.db, hub, cause);
  const tariff = aTariff({ version: 2, firstPrice: 900 });
  const { tariffId, version } = tariff;
  await hub.db.stores.tariffs.insert({ tariffId, version, tariff, createdAt: epochMs(START + made) });
  const rental = await writtenCopy(devices, START, { tariff: { firstPrice: 300 } });
  const told = lane(devices.kiosk.id);
  told.add('rental.started', started(rental), START);
  await commitGroup(hub.db, rulesFor(devices, hub), [told.batch()]);
  const row = await hub.db.stores.rentals.find({ rentalId: rental.rentalId });
  await hub.db.close();
  return row?.tariff.firstPrice;
}

it('CHG-4, SYN-6: a restored hub that gave the number of a forgotten price to another keeps to what the licence says', async () => {
  expect(await firstPriceAt(HOUR, 'restored')).toBe(300);
});

it('CHG-4, SEC-4: what the hub has under a number stands, whatever a licence says, where the number meant that when it was agreed, or always has', async () => {
  expect(await firstPriceAt(-HOUR, 'restored')).toBe(900);
  expect(await firstPriceAt(HOUR, 'created')).toBe(900);
});
