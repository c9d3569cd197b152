import type { StorageLevel } from './terminal.ts';

/** Used share of the disk from which telemetry goes first, and from which a kiosk rents no more (SYN-5), in percent. */
const SHORT_PERCENT = 90;
const FULL_PERCENT = 95;

export function storageLevel(space: {
  readonly totalBytes: number;
  readonly freeBytes: number;
}): StorageLevel {
  const used = (space.totalBytes - space.freeBytes) * 100;
  if (used >= FULL_PERCENT * space.totalBytes) return 'full';
  return used >= SHORT_PERCENT * space.totalBytes ? 'short' : 'normal';
}
