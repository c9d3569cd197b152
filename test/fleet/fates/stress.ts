import type { StepEffect } from '#firmware-sim/media/simulated-drive.ts';

/** Every kind of fault that comes by itself, now and then. */
export type StressKind =
  | 'weather'
  | 'answers'
  | 'lines'
  | 'halves'
  | 'storms'
  | 'broker'
  | 'hub'
  | 'hubs'
  | 'database'
  | 'backups'
  | 'power'
  | 'disks'
  | 'stores'
  | 'media'
  | 'cards'
  | 'readers'
  | 'clocks'
  | 'drift'
  | 'clones'
  | 'certificates'
  | 'corrections'
  | 'upgrades'
  | 'theft'
  | 'pairings'
  | 'losses'
  | 'blanks';

/** Kinds that a world which says what it wants has only where it says so. */
export const ONLY_ASKED: ReadonlySet<StressKind> = new Set([
  'halves',
  'storms',
  'hubs',
  'database',
  'backups',
  'disks',
  'stores',
  'readers',
  'drift',
  'clones',
  'corrections',
  'upgrades',
  'pairings',
  'losses',
]);

/** How many times as often as usual a kind of fault comes; 0: never. */
export type Stress = Readonly<Partial<Record<StressKind, number>>> & {
  /** What drives do when they fail; empty: nothing but that they lie about sync. */
  readonly effects?: readonly StepEffect[];
  /** At which steps of the drive, counted from any moment: the first, and the one after the last. */
  readonly steps?: readonly [number, number];
};
