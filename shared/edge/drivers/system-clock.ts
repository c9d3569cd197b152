import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** A timer of Node.js is one millisecond when it is asked for more than this. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  monotonic: () => milliseconds(Math.floor(performance.now())),
  sleep: (duration, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = systemClock.after(duration, done);
      signal?.addEventListener('abort', done, { once: true });
    }),
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
