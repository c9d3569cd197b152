import { returns } from '#return-terminal/app/returning/tables.ts';
import type { Town } from '../people/town.ts';
import type { World } from '../world/world.ts';
import { inventedIn } from './invented.ts';
import { copyIdsOn, readCopies } from './media.ts';

const MOST = 1_000_000;

/**
 * RNT-1, RET-3: what can be read is rented, and what was returned can be read no more. `closed`: everybody has brought everything back, clones as
 * well; until then nobody can know of them. SEC-8: staff hear of each copy that was returned twice, and of no other.
 */
export async function copiesAtRest(world: World, town: Town, closed: boolean): Promise<readonly string[]> {
  const { rentals, receipts, members, alerts } = world.database.stores;
  const invented = await inventedIn(world);
  const byCopy = new Map(
    (await rentals.list({}, { limit: MOST }))
      .filter(({ rentalId }) => !invented.has(rentalId))
      .map((rental) => [rental.copyId, rental]),
  );
  const receipted = new Set((await receipts.list({}, { limit: MOST })).map(({ rentalId }) => rentalId));
  const unreported = await toldUnreported(world);
  // On media that are gone for ever: a return that was torn there is finished by nobody, and its rental ends with its keep limit.
  const gone = new Set(
    town.customers.filter(({ mislaid }) => mislaid).flatMap(({ medium }) => copyIdsOn(medium)),
  );
  const wrong: string[] = [];
  const seen = new Map<string, boolean>();
  const named = new Set<string>();
  for (const medium of town.media)
    for (const { copyId, readable, named: told } of await readCopies(medium)) {
      if (told) named.add(copyId);
      seen.set(copyId, readable || (seen.get(copyId) ?? false));
      const rental = byCopy.get(copyId);
      const status = rental?.status ?? 'unknown';
      if (!readable || (!closed && town.forgery.copies.has(copyId))) continue;
      if (!['active', 'returning', 'held', 'kept', 'lost'].includes(status))
        wrong.push(`RET-3: copy ${copyId} on ${medium.label} can be read, its rental is ${status}`);
      if (rental !== undefined && receipted.has(rental.rentalId))
        wrong.push(`RET-3: copy ${copyId} on ${medium.label} can be read and has a receipt`);
    }
  if (closed)
    for (const { rentalId, copyId, status } of byCopy.values()) {
      // A permit that still runs ends by itself (`always.ts`).
      const lost = town.losses.reported.get(rentalId)?.customer.mislaid === true;
      const unfinished = unreported.has(rentalId) || gone.has(copyId);
      const open = [...(lost ? ['lost'] : []), ...(unfinished ? ['returning'] : [])];
      if (!['closed', 'void', 'held', 'pending', ...open].includes(status))
        wrong.push(`RNT-3: everything was brought back and rental ${rentalId} is ${status}`);
      // One of which nothing came onto a medium, or nothing that can be told, ends by itself after its days (RNT-6).
      if (status === 'held' && named.has(copyId))
        wrong.push(`RNT-6: everything was shown to a kiosk and rental ${rentalId} is held`);
    }
  for (const { copyId, status, rentalId } of byCopy.values())
    if (status === 'active' && seen.get(copyId) !== true)
      wrong.push(`RNT-1: rental ${rentalId} is active and its copy can be read on no medium`);
  const told = new Set(
    (await alerts.list({ code: 'security_clone_returned' }, { limit: MOST })).map(({ subject }) => subject),
  );
  for (const { copyId, state } of byCopy.values()) {
    const twice = (state?.facts.returns ?? []).filter(({ receipts }) => receipts.length > 0).length > 1;
    if (twice !== told.has(copyId))
      wrong.push(
        `SEC-8: copy ${copyId} ${twice ? 'was returned twice and nobody hears of it' : 'is called a clone'}`,
      );
    if (twice && !town.forgery.copies.has(copyId))
      wrong.push(`RET-2: copy ${copyId} was returned twice, and nobody made a second one`);
  }
  if ((await members.count({})) !== town.customers.length) wrong.push('members came or went by themselves');
  return wrong;
}

/**
 * RET-3: rentals whose key is gone and whose receipt one terminal alone could still write, which never saw the medium again (seed 12) or lost its disk (seed 183). To
 * everybody else the medium says that it is returned, so staff have to settle them, and are told so.
 */
async function toldUnreported({ returns: terminals, database }: World): Promise<ReadonlySet<string>> {
  const unproven = terminals
    .flatMap(({ store, lostStores }) => [...lostStores, store])
    .flatMap((each) => each.list(returns))
    .filter(({ value: { stage } }) => stage === 'intent' || stage === 'torn')
    .map(({ value: { rentalId } }) => rentalId);
  const raised = await database.stores.alerts.list({ code: 'return_unreported' }, { limit: MOST });
  const open = new Set(raised.filter(({ clearedAt }) => clearedAt === null).map(({ subject }) => subject));
  return new Set(unproven.filter((rentalId) => open.has(rentalId)));
}
