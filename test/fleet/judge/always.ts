import type { World } from '../world/world.ts';
import { openPendings } from './books.ts';
import { bounded } from './bounds.ts';

const MOST = 1_000_000;
const HOUR = 3_600_000;
/** A hub that was away ends reservations when it is back; no fate keeps it away longer. */
const ENDED_WITHIN = 2 * HOUR;
/** RNT-1: from the hub's answer on. */
const PERMIT_LASTS = 3 * HOUR;

/** What holds at every moment, whatever is cut, killed or lost (DESIGN §8). */
export async function alwaysTrue(world: World): Promise<readonly string[]> {
  const { conflicts } = world.database.stores;
  const wrong: string[] = [];
  for (const { terminalId } of await conflicts.list({}, { limit: MOST }))
    if (terminalId !== world.stolen?.id)
      wrong.push(`SYN-3: ${terminalId} sent two events under one sequence`);
  wrong.push(...(await endlessPendings(world, ENDED_WITHIN)), ...(await endlessPermits(world, ENDED_WITHIN)));
  wrong.push(...(await bounded(world)));
  return wrong;
}

/**
 * RNT-1: a unit that was taken for a copy of which nobody told anything goes back when the permit is over. A kiosk to which the hub's answer did not come, and
 * whose allotment refuses, knows of no permit and tells nothing.
 */
export async function endlessPermits(world: World, grace: number): Promise<readonly string[]> {
  const { rentals } = world.database.stores;
  return (await rentals.list({ status: 'pending' }, { limit: MOST }))
    .filter(
      ({ preparedAt }) =>
        preparedAt !== null &&
        Math.max(preparedAt + PERMIT_LASTS, servedSince(world)) < world.time.now() - grace,
    )
    .map(({ rentalId }) => `RNT-1: rental ${rentalId} is pending beyond its permit`);
}

/** LED-1: no reservation stands longer than its limit, where a hub has been up for `grace`. */
export async function endlessPendings(world: World, grace: number): Promise<readonly string[]> {
  return (await openPendings(world))
    .filter(
      ({ expiresAt }) =>
        expiresAt !== null && Math.max(expiresAt, servedSince(world)) < world.time.now() - grace,
    )
    .map(({ transferId }) => `LED-1: ${transferId} is pending beyond its limit`);
}

/** Since when a hub that is up now has been so; now where none is. */
const servedSince = ({ hub, secondHub, time }: World): number =>
  Math.min(time.now(), ...[hub, secondHub].filter((one) => one.awake()).map(({ since }) => since));
