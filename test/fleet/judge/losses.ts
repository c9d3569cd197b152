import { SURE_WITHIN_MS } from '#hub/domain/fact-time.ts';
import type { Town } from '../people/town.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000_000;
/** SYN-4: as `times.ts`, and what lies between tap and record. */
const TOLERANCE_MS = SURE_WITHIN_MS + 30_000;

/**
 * RNT-7: what its member reported is lost, nothing else is, and the meter stopped at the report. Found again it is settled by staff; where a return was heard of before the
 * report, staff hear of the contradiction and decide. What a lost one costs, with its fee, is the oracle's (`books.ts`).
 */
export async function lossesAtRest(
  world: World,
  { losses }: Town,
  closed: boolean,
): Promise<readonly string[]> {
  const { rentals, timeline } = world.database.stores;
  // That staff let a meter run on the hub alone knew: then one of the reports before may stand (DESIGN §2).
  const setBack = world.wire.faults.has('backup of yesterday restored');
  const wrong: string[] = [];
  for (const { rentalId, status, state } of await rentals.list({}, { limit: MOST })) {
    const loss = losses.reported.get(rentalId);
    const lostAt = state?.facts.lost ?? null;
    if (loss === undefined) {
      if (lostAt !== null) wrong.push(`RNT-7: rental ${rentalId} is lost and its member never said so`);
      continue;
    }
    if (loss.told && lostAt === null && status !== 'closed')
      wrong.push(`RNT-7: rental ${rentalId} was reported lost and is ${status}`);
    if (closed && status === 'lost' && !loss.customer.mislaid)
      wrong.push(`RNT-7: rental ${rentalId} was found again and settled, and is lost`);
    const basis = state?.basis ?? null;
    if (lostAt === null || basis === null || state?.facts.found?.decision === 'resume') continue;
    const told = await timeline.list({ rentalId }, { limit: MOST });
    const [late, guessed] = [basis.stop - loss.at, told.some(({ detail }) => detail.uncertain === true)];
    if (late > TOLERANCE_MS)
      wrong.push(
        `RNT-7: rental ${rentalId} is charged for ${Math.round(late / 1000)} s after it was reported lost`,
      );
    const standing = setBack ? [...loss.before, loss.at] : [loss.at];
    const early = standing.every((at) => Math.abs(at - basis.stop) > TOLERANCE_MS) && late < 0;
    if (basis.returnId === null && !guessed && early)
      wrong.push(
        `SYN-4: rental ${rentalId} stopped ${Math.round(-late / 1000)} s before it was reported lost`,
      );
  }
  return wrong;
}
