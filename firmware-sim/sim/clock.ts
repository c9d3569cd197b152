import { assert } from '#shared/kernel/assert.ts';
import { type EpochMs, epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { type Clock, sleepWith } from '#shared/ports/clock.ts';

/** A clock that stands still until a test moves it. */
export interface SimulatedClock extends Clock {
  /** Lets `duration` pass: runs every timer that falls due, in order of time and then of setting, and lets promises settle after each. */
  advance(duration: number): Promise<void>;
  /** Lets pending promises settle without letting time pass. */
  settle(): Promise<void>;
  /** Sets the wall clock without letting time pass: a clock that jumps. The monotonic clock goes on. */
  jump(to: EpochMs): void;
  /** How many timers wait. */
  waiting(): number;
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Turns of the event loop that promises get after each timer; real file and crypto calls of a test settle in them too. */
const SETTLE_TURNS = 4;

/** A simulated clock that begins at `start` with `bootedFor` milliseconds on its monotonic clock. */
export function simulatedClock(start: EpochMs, bootedFor = 1_000): SimulatedClock {
  let monotonic = bootedFor;
  let wallMinusMonotonic = start - bootedFor;
  let order = 0;
  const timers = new Set<Timer>();

  const after = (duration: Milliseconds, callback: () => void): (() => void) => {
    assert(duration >= 0, 'a timer cannot lie in the past');
    order += 1;
    const timer: Timer = { due: monotonic + duration, order, callback };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };

  const nextDue = (until: number): Timer | null => {
    let first: Timer | null = null;
    for (const timer of timers) {
      if (timer.due > until) continue;
      if (first === null || timer.due < first.due || (timer.due === first.due && timer.order < first.order))
        first = timer;
    }
    return first;
  };

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < SETTLE_TURNS; turn += 1)
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
  };

  return {
    now: () => epochMs(wallMinusMonotonic + monotonic),
    monotonic: () => milliseconds(monotonic),
    after,
    sleep: sleepWith(after),
    advance: async (duration) => {
      const until = monotonic + duration;
      await settle();
      for (let timer = nextDue(until); timer !== null; timer = nextDue(until)) {
        timers.delete(timer);
        monotonic = Math.max(monotonic, timer.due);
        timer.callback();
        await settle();
      }
      monotonic = until;
    },
    settle,
    jump: (to) => {
      wallMinusMonotonic = to - monotonic;
    },
    waiting: () => timers.size,
  };
}
