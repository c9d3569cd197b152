import { ALARM_QUIET } from '#hub/app/security/alarm.ts';
import { type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Target } from '../contract.ts';

/** So much time passes at once for every program of the fleet. */
export function later({ fleet }: Target, duration: Milliseconds): void {
  const moved = fleet.own.clock.forward(duration);
  if (!moved.ok) throw new Error(moved.error.message);
}

/** What another row left has been told by now: the next alert of the same subject is written again. */
export const pastQuiet = (target: Target): void => later(target, milliseconds(ALARM_QUIET + 500));
