import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { lane, TITLE } from '#test/contract/hub-world.ts';
import { lostGuards, openHoles } from '#test/holes/plant.ts';
import { overlapping, postgresHubs } from '#test/support/postgres-hubs.ts';
import { DATABASE_DEFECTS } from './defects.ts';
import { T0, toldRental } from './told-rental.ts';

const hubs = postgresHubs();

/** Two hubs hear news of one open rental from two terminals: the second one while the first has written and not committed. What the rental knows in the end. */
async function newsFromBothSides() {
  const two = await hubs.openTwo();
  const { hub, other, rules, otherRules } = two;
  const [kiosk, terminal] = [lane('kiosk-1'), lane('return-1')];
  const { rental } = await toldRental(hubs.devices, { kiosk, terminal }, { due: 400 });
  await commitGroup(hub.db, rules, [kiosk.batch()]);
  const { rentalId } = rental;
  kiosk.add('rental.failed', { rentalId, titleId: TITLE, reason: 'medium_pulled', at: T0 }, T0);
  await overlapping(
    two,
    (db) => commitGroup(db, rules, [terminal.batch()]),
    () => commitGroup(other.db, otherRules, [kiosk.batch()]),
  );
  const row = await hub.db.stores.rentals.find({ rentalId });
  await two.close();
  return { returns: row?.state?.facts.returns.length, failure: row?.state?.facts.voided };
}

it('SYN-2, OPS-5: what two hubs hear of one rental at the same moment is both known afterwards', async () => {
  expect(await newsFromBothSides()).toEqual({ returns: 1, failure: T0 });
});

it('SYN-2: with the row’s lock forgotten, the return that one of them heard of is gone: the test before this one sees it', async () => {
  const guards = lostGuards(DATABASE_DEFECTS, (file) => readFileSync(join(projectRoot(), file), 'utf8'));
  expect(guards).toEqual([]);
  openHoles.add('row-lock-forgotten');
  const known = await newsFromBothSides().finally(() => openHoles.clear());
  expect(known).toEqual({ returns: 0, failure: T0 });
});
