import type { EpochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Town } from '../people/town.ts';
import { comesTo } from '../shares.ts';
import type { World } from '../world/world.ts';
import { hire, type Operator } from './operator.ts';
import { ONLY_ASKED, type Stress, type StressKind } from './stress.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** What every kind of fault has: the world that it comes to, its own chance, and an end. */
export interface Chance {
  readonly world: World;
  readonly town: Town;
  readonly until: EpochMs;
  /** Null: a world that takes what its seed brings. */
  readonly asked: Stress | null;
  readonly stress: Stress;
  /** What two have is lost where both lose it: a world loses disks of terminals, or its hub's database, never both. */
  readonly disksAreLost: boolean;
  readonly operator: Operator;
  /** A fault really happened: it is counted, and stands in the chronicle. */
  happened(kind: string, what?: string): void;
  /** Does `work` again and again at random moments, on average every `mean` milliseconds, until the end. */
  nowAndThen(
    kind: StressKind | 'staff',
    mean: number,
    work: (random: Random) => Promise<void>,
  ): Promise<void>;
}

/** What breaks in a part of the fleet; each promise is over when its kind of fault is. */
export type Fate = (chance: Chance) => readonly Promise<unknown>[];

export const one = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;

export function openChance(world: World, town: Town, until: EpochMs, asked: Stress | null): Chance {
  const { time, wire, chronicle } = world;
  const stress = asked ?? {};
  return {
    ...{ world, town, until, asked, stress, operator: hire(world) },
    // A hub that was set back no longer knows whom it revoked since.
    disksAreLost: world.random('what is lost').below(2) === 0 || world.stolen !== null,
    happened: (kind, what = '') => {
      wire.count(kind);
      chronicle.note('fate', `${kind} ${what}`);
    },
    nowAndThen: async (kind, mean, work) => {
      const random = world.random(`fate ${kind}`);
      const often = kind === 'staff' ? 1 : (stress[kind] ?? usual(world.seed, kind, asked));
      if (often === 0) return;
      for (;;) {
        await time.sleep(random.below(Math.ceil((2 * mean) / often)));
        if (time.now() >= until) return;
        await work(random);
      }
    },
  };
}

const usual = (seed: string, kind: StressKind, asked: Stress | null): number =>
  (asked !== null && ONLY_ASKED.has(kind)) || !comesTo(seed, kind) ? 0 : 1;
