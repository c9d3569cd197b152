import { revokeTerminal } from '#hub/app/enrolment/revocation.ts';
import { lurk, rob } from '../people/thief.ts';
import type { StolenTerminal } from '../world/stolen-terminal.ts';
import type { World } from '../world/world.ts';
import { type Fate, HOUR, MINUTE } from './chance.ts';

const ANSWERED_WITHIN = 5 * MINUTE;
/** SEC-1: a revocation acts within that time, at every hub (`revocations` of their pace here). */
const ACTS_WITHIN = 2 * HOUR + MINUTE;

/** A thief uses a terminal of the fleet; hours before the world ends staff take it out of the fleet, and he goes on. */
export const ofThieves: Fate = ({ world, town, until, happened }) => {
  const { stolen, time } = world;
  if (stolen === null) return [];
  const noticed = async (): Promise<void> => {
    const left = until - time.now();
    await time.sleep(Math.floor(left / 2) + world.random('theft is noticed').below(Math.floor(left / 3)));
    await takeOut(world, stolen);
    happened('stolen terminal revoked', stolen.id);
  };
  return [rob(world, town, stolen, until), lurk(world, town, stolen, until), noticed()];
};

/** What staff do about it at the console: again and again, until a hub says that it is done. */
async function takeOut(world: World, stolen: StolenTerminal): Promise<void> {
  const { time, hub, secondHub } = world;
  const ask = async () => {
    const serving = [hub, secondHub].find((one) => one.awake());
    return serving === undefined
      ? null
      : revokeTerminal(serving.inside(), 'staff:admin', stolen.id, 'stolen');
  };
  for (;;) {
    const late = time.sleep(ANSWERED_WITHIN).then(() => null);
    const done = await Promise.race([ask().catch(() => null), late]);
    if (done?.ok === true) break;
    await time.sleep(ANSWERED_WITHIN);
  }
  await time.sleep(ACTS_WITHIN);
  stolen.barred = true;
}
