import { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { type Clock, sleepWith } from '#shared/ports/clock.ts';
import { type KeptJson, keptJson } from './kept-json.ts';

/** A clock whose time a visitor moves forward: for every program of the demo that time has really passed. */
export interface DemoClock extends Clock {
  /** How far this clock is before the machine's. */
  offset(): Milliseconds;
  /**
   * Lets `duration` pass at once: timers that fall due run now, the others come nearer. Fault `clock_limit`: further than `LONGEST`, where the
   * certificates of the demo's terminals would end.
   */
  forward(duration: Milliseconds): Result<void, Fault<'clock_limit'>>;
}

/** Terminals' certificates live for 90 days: the demo stops short of that. */
export const LONGEST = milliseconds(80 * 86_400_000);

interface Timer {
  readonly due: number;
  readonly callback: () => void;
  cancel: () => void;
}

/** Wraps a clock. `kept` is the offset of an earlier run; `keep` stores a new one before it holds, so that a restart never goes back in time. */
export function createDemoClock(
  base: Clock,
  kept: Milliseconds,
  keep: (offset: Milliseconds) => void,
): DemoClock {
  let offset: number = kept;
  const timers = new Set<Timer>();
  const monotonic = (): Milliseconds => milliseconds(base.monotonic() + offset);

  const arm = (timer: Timer): void => {
    const wait = Math.max(0, timer.due - monotonic());
    timer.cancel = base.after(milliseconds(wait), () => {
      timers.delete(timer);
      timer.callback();
    });
  };
  const after = (duration: Milliseconds, callback: () => void): (() => void) => {
    const timer: Timer = { due: monotonic() + duration, callback, cancel: () => {} };
    timers.add(timer);
    arm(timer);
    return () => {
      timers.delete(timer);
      timer.cancel();
    };
  };
  return {
    now: () => epochMs(base.now() + offset),
    monotonic,
    after,
    sleep: sleepWith(after),
    offset: () => milliseconds(offset),
    forward: (duration) => {
      if (offset + duration > LONGEST)
        return fault('clock_limit', 'the certificates of the terminals would end; begin a new demo instead');
      keep(milliseconds(offset + duration));
      offset += duration;
      for (const timer of timers) {
        timer.cancel();
        arm(timer);
      }
      return ok(undefined);
    },
  };
}

/** Where the offset is kept; a damaged file is an error: time must not go back unnoticed. */
export const keptOffset = (file: string): KeptJson<{ offsetMs: number }> =>
  keptJson(file, z.object({ offsetMs: z.int().min(0).max(LONGEST) }));
