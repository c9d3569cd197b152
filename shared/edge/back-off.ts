import { type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';

/** What a connection to the broker waits at most, in milliseconds. */
export const LONGEST_BACK_OFF = 60_000;

/** How long to wait before attempt `failures + 1`: doubling from `first` up to `longest`, half of it by chance, so that a fleet does not come back at once. */
export function backOff(
  failures: number,
  random: Pick<Random, 'below'>,
  first = 1_000,
  longest = LONGEST_BACK_OFF,
): Milliseconds {
  const whole = Math.min(longest, first * 2 ** Math.min(failures, 20));
  return milliseconds(Math.ceil(whole / 2) + random.below(Math.max(1, Math.floor(whole / 2))));
}
