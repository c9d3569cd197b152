import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import {
  furnish,
  HOUR,
  lane,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  TITLE,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { lostGuards, openHoles } from '#test/holes/plant.ts';
import { postgresHubs } from '#test/support/postgres-hubs.ts';
import { DATABASE_DEFECTS } from './defects.ts';

const hubs = postgresHubs();

/** Two hubs hear news of one open rental from two terminals: the second one while the first has written and not committed. What the rental knows in the end. */
async function newsFromBothSides() {
  const { url, hub } = await hubs.open();
  const other = await openHub({ url }, 2);
  await furnish(hub.db);
  const rental = await writtenCopy(hubs.devices);
  const kiosk = lane('kiosk-1');
  kiosk.add('rental.started', started(rental), START);
  await commitGroup(hub.db, rulesFor(hubs.devices, hub), [kiosk.batch()]);
  const t0 = epochMs(START + HOUR);
  const terminal = lane('return-1');
  terminal.add(
    'return.destroyed',
    (await returned(rental, hubs.devices.returns, t0, { due: 400 })).destroyed,
    t0,
  );
  const { rentalId } = rental;
  kiosk.add('rental.failed', { rentalId, titleId: TITLE, reason: 'medium_pulled', at: t0 }, t0);
  const watcher = postgres(url, { max: 1, onnotice: () => {} });
  let second: Promise<unknown> = Promise.resolve();
  await hub.db.transaction(async (stores) => {
    const inner = {
      ...hub.db,
      transaction: <T>(work: (s: typeof stores, t: never) => Promise<T>) => work(stores, null as never),
    };
    await commitGroup(inner as typeof hub.db, rulesFor(hubs.devices, hub), [terminal.batch()]);
    second = commitGroup(other.db, rulesFor(hubs.devices, other), [kiosk.batch()]);
    const blocked = async () => (await watcher`select 1 from pg_locks where not granted`).length;
    await expect.poll(blocked, { timeout: 30_000 }).toBeGreaterThan(0);
  });
  await second;
  const row = await hub.db.stores.rentals.find({ rentalId });
  await watcher.end();
  await other.db.close();
  await hub.db.close();
  return { returns: row?.state?.facts.returns.length, failure: row?.state?.facts.voided };
}

it('SYN-2, OPS-5: what two hubs hear of one rental at the same moment is both known afterwards', async () => {
  expect(await newsFromBothSides()).toEqual({ returns: 1, failure: epochMs(START + HOUR) });
});

it('SYN-2: with the row’s lock forgotten, the return that one of them heard of is gone: the test before this one sees it', async () => {
  const guards = lostGuards(DATABASE_DEFECTS, (file) => readFileSync(join(projectRoot(), file), 'utf8'));
  expect(guards).toEqual([]);
  openHoles.add('row-lock-forgotten');
  const known = await newsFromBothSides().finally(() => openHoles.clear());
  expect(known).toEqual({ returns: 0, failure: epochMs(START + HOUR) });
});
