import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { type Clock, sleepWith } from '#shared/ports/clock.ts';

/** A timer of Node.js is one millisecond when it is asked for more than this. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  monotonic: () => milliseconds(Math.floor(performance.now())),
  sleep: sleepWith((duration, callback) => systemClock.after(duration, callback)),
  after: (duration, callback) => {
    const first = Math.min(duration, LONGEST_TIMER);
    let cancel = (): void => clearTimeout(timer);
    const timer = setTimeout(() => {
      if (duration > first) cancel = systemClock.after(milliseconds(duration - first), callback);
      else callback();
    }, first);
    return () => cancel();
  },
};
