import type { SimulatedMedium } from './medium-backing.ts';

/** What can go wrong with a drive and the medium in it, one I/O step at a time. */
export type StepEffect =
  /** The step answers this fault and is not done. */
  | 'refused'
  | 'full'
  /** From this step on every one answers an error, or every write finds no room. */
  | 'refused-on'
  | 'full-on'
  | 'read-only'
  /** The medium is pulled: before the step, in the middle of it (torn), or right after it. */
  | 'pull-before'
  | 'pull-torn'
  | 'pull-after'
  /** The terminal (and the port) lose power. */
  | 'cut-before'
  | 'cut-torn'
  | 'cut-after'
  /** As `pull-torn` and `cut-torn`, with sectors of this size. */
  | 'pull-torn-512'
  | 'pull-torn-4096'
  | 'cut-torn-512'
  | 'cut-torn-4096';

export interface DriveFaults {
  /** What happens at the n-th I/O step from now on (1 is the next one); null: nothing. */
  readonly at?: { readonly step: number; readonly effect: StepEffect } | null;
  /** The device says "synced" and is not: whatever was written since is lost with the power, or (`reordered`) some of it, whatever came first. */
  readonly lyingSync?: boolean | 'reordered';
  /** Content goes onto the device at this many bytes per second of the clock; 0: no limit. */
  readonly bytesPerSecond?: number;
  /** What is in the drive after the next power cycle instead. */
  readonly swapAtPowerCycle?: SimulatedMedium | null;
  readonly readOnly?: boolean;
  readonly full?: boolean;
}
