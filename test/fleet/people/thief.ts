import type { EpochMs } from '#shared/kernel/time.ts';
import type { StolenTerminal } from '../world/stolen-terminal.ts';
import type { World } from '../world/world.ts';
import { Means } from './deed.ts';
import { FORGED_EVENTS } from './forged-events.ts';
import { FORGED_PACKETS } from './forged-packets.ts';
import { FORGED_QUESTIONS } from './forged-questions.ts';
import { Hearsay } from './hearsay.ts';
import type { Town } from './town.ts';

const MINUTE = 60_000;
/** Between two deeds, on average. */
const PAUSE = 12 * MINUTE;
const DEEDS = [...FORGED_EVENTS, ...FORGED_PACKETS, ...FORGED_QUESTIONS];

/** Somebody who holds a terminal's true keys and tries everything with them, in any order, until `until`; what he wrote he sends until it is acknowledged, as a terminal does. */
export async function rob(world: World, town: Town, stolen: StolenTerminal, until: EpochMs): Promise<void> {
  const random = world.random('thief');
  const means = new Means(stolen, new Hearsay(world, town, random), random);
  for (;;) {
    await world.time.sleep(random.below(2 * PAUSE));
    if (world.time.now() >= until) return;
    const deed = DEEDS[random.below(DEEDS.length)] as (typeof DEEDS)[number];
    if (!(await deed.commit(means))) continue;
    stolen.note(deed.name);
    world.wire.count('thief’s deed');
    await stolen.send();
  }
}
