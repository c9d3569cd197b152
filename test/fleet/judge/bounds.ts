import { LIMITS } from '#shared/protocol/limits.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000_000;
/** What is due some time, for each program and person: a timer that is set again and again without an end shows here. */
const MOST_TIMERS = 250;
/** A lane holds no more than its days can make. */
const MOST_HELD = 5_000;
/** Batches of one terminal that wait in the hub for their commit. */
const MOST_BATCHES = 100;

/** SYN-5: whatever is cut, killed or lost, nothing piles up without end: timers, lanes, the hub's queue and what waits in its inbox for events before it. */
export async function bounded(world: World): Promise<readonly string[]> {
  const { terminals, time, hub, database, shop } = world;
  const wrong: string[] = [];
  const timers = time.waiting();
  if (timers > MOST_TIMERS * (terminals.length + shop.members.length + 1))
    wrong.push(`SYN-5: ${timers} timers wait in ${terminals.length} terminals, the hub and its people`);
  for (const { id, store } of terminals)
    for (const lane of [0, 1] as const) {
      const { last, firstHeld } = store.position(lane);
      const held = last - firstHeld + 1;
      if (held > MOST_HELD) wrong.push(`SYN-5: ${id} lane ${lane} holds ${held} events`);
    }
  const batches = hub.up() ? hub.inside().ingestQueue.waiting() : 0;
  if (batches > MOST_BATCHES * terminals.length)
    wrong.push(`SYN-5: ${batches} batches wait for their commit`);
  for (const row of await database.stores.cursors.list({}, { limit: MOST }))
    if (row.last - row.contiguous > LIMITS.window)
      wrong.push(
        `SYN-5: events of ${row.terminalId} lane ${row.lane} wait for more than a window before them`,
      );
  return wrong;
}
