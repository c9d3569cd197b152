import type { Clock } from '#shared/ports/clock.ts';
import type { MediaPhase, MediaProgress } from './orders.ts';

/** Turns bytes done into true progress: speed over the last seconds, never guessed. */
export function progressMeter(clock: Pick<Clock, 'monotonic'>, report?: (progress: MediaProgress) => void) {
  let phase: MediaPhase = 'preparing';
  let marks: { readonly at: number; readonly bytes: number }[] = [];
  const rate = (): number => {
    const first = marks[0];
    const last = marks.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return Math.round(((last.bytes - first.bytes) * 1000) / (last.at - first.at));
  };
  return {
    /** Bytes per second over at most the last `WINDOW_MS`. */
    rate,
    /** How long the window reaches back, in milliseconds. */
    window: (): number => (marks.at(-1)?.at ?? 0) - (marks[0]?.at ?? 0),
    step: (next: MediaPhase, bytesDone: number, bytesTotal: number): void => {
      const at = clock.monotonic();
      if (next !== phase) marks = [];
      phase = next;
      marks.push({ at, bytes: bytesDone });
      while (marks.length > 2 && at - (marks[1]?.at ?? at) >= WINDOW_MS) marks.shift();
      report?.({ phase, bytesDone, bytesTotal, bytesPerSecond: rate() });
    },
  };
}
export type ProgressMeter = ReturnType<typeof progressMeter>;

const WINDOW_MS = 30_000;
/** A write is too slow only when it was so for this long. */
export const TOO_SLOW_MS = WINDOW_MS;
