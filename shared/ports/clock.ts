import type { EpochMs, Milliseconds } from '#shared/kernel/time.ts';

/** Time as a parameter. Real: `shared/edge/drivers/system-clock.ts`; simulated: `firmware-sim/sim/clock.ts`. */
export interface Clock {
  /** Wall-clock time as this device believes it. May jump. */
  now(): EpochMs;
  /** Milliseconds since some moment of this boot; never goes back, has no meaning across boots. */
  monotonic(): Milliseconds;
  /** Resolves after `duration`, or at once (without error) when `signal` aborts. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` once after `duration`; the returned function cancels it. */
  after(duration: Milliseconds, callback: () => void): () => void;
}

/** `Clock.sleep` made of `Clock.after`, for whoever implements a clock. */
export const sleepWith =
  (after: Clock['after']): Clock['sleep'] =>
  (duration, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = after(duration, done);
      signal?.addEventListener('abort', done, { once: true });
    });
