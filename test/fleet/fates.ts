import type { EpochMs } from '#shared/kernel/time.ts';
import { type Fate, openChance } from './fates/chance.ts';
import { atConsole } from './fates/console.ts';
import { ofCounters } from './fates/counters.ts';
import { ofHubs } from './fates/hubs.ts';
import { ofLines } from './fates/lines.ts';
import { ofLosses } from './fates/losses.ts';
import { ofMachines } from './fates/machines.ts';
import { onOddDays } from './fates/odd-days.ts';
import { ofPairings } from './fates/pairings.ts';
import type { Stress } from './fates/stress.ts';
import { ofThieves } from './fates/theft.ts';
import { ofUpgrades } from './fates/upgrades.ts';
import type { Town } from './people/town.ts';
import type { World } from './world/world.ts';

/** Every part of the fleet in which something breaks. */
const FATES: readonly Fate[] = [
  ...[ofLines, ofHubs, ofMachines, ofCounters, ofUpgrades, atConsole],
  ...[ofThieves, ofPairings, ofLosses, onOddDays],
];

/** What breaks, when and for how long, drawn from the seed until `until`; then everything is mended (`fates/mend.ts`). */
export function tempt(
  world: World,
  town: Town,
  until: EpochMs,
  asked: Stress | null = null,
): { readonly over: Promise<unknown> } {
  const chance = openChance(world, town, until, asked);
  return { over: Promise.all(FATES.flatMap((fate) => fate(chance))) };
}
