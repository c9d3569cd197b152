import type { Cut } from '#test/holes/hole.ts';
import type { Stress } from '../fates/stress.ts';

/** One mistake in production code that the simulation must see. Planted by the test runner alone (`test/holes/plant.ts`): no program that is built has it. */
export interface Defect {
  /** Unique, in kebab case: what is wrong. */
  readonly id: string;
  readonly cuts: readonly Cut[];
  /** The rule that the judge names. */
  readonly seenAs: RegExp;
  /** What has to happen more often in its worlds than in others, or what heals it and must not. */
  readonly stress?: Stress;
  /** Days that its worlds last; absent: one. */
  readonly days?: number;
  /** Terminals of its worlds, half of them kiosks; absent: two. */
  readonly devices?: number;
  /** Members for each terminal; absent: four. */
  readonly members?: number;
  /** Worlds in which it is looked for at most; absent: eight. */
  readonly worlds?: number;
}

/** Nothing that makes terminals send everything again by itself. */
export const NO_HAND_OVER: Stress = { weather: 4, lines: 0, broker: 0, hub: 0, power: 0, media: 0 };
/** Drives that refuse in the middle and keep the medium. */
export const REFUSING: Stress = { media: 8, power: 0, effects: ['refused'] };
/** Drives that die in the middle and keep the medium: nobody sees by himself what stands on it. */
export const DYING: Stress = { media: 8, power: 0, effects: ['refused-on'] };
/** Machines that go dark in the middle of a step of the drive. */
export const DARK: Stress = { media: 8, effects: ['cut-before', 'cut-torn', 'cut-after'] };
/** Media that are taken away while a terminal is at work on them. */
export const PULLED: Stress = {
  media: 8,
  power: 0,
  effects: ['pull-before', 'pull-torn', 'pull-after'],
  steps: [1, 40],
};
