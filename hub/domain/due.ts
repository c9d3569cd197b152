import type { RentalEvent, RentalStatus } from '#shared/domain/rental.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

const DAY = 86_400_000;
/** RNT-7: how long a return may still arrive from an offline terminal after the keep limit. */
export const KEEP_WAIT_MS = 7 * DAY;
/** RNT-6: when a held copy that nobody saw again goes to staff, after the licence's end. */
export const HELD_WAIT_MS = 7 * DAY;

export interface RentalDates {
  readonly status: RentalStatus;
  readonly permitExpiresAt: EpochMs | null;
  readonly keepAt: EpochMs | null;
  readonly licenceEnd: EpochMs | null;
}

/** What time alone does to a rental now (RNT-3, RNT-6, RNT-7); null: nothing yet. */
export function dueByTime(rental: RentalDates, heldUnseen: boolean, now: EpochMs): RentalEvent | null {
  const { status, permitExpiresAt, keepAt, licenceEnd } = rental;
  if (status === 'pending' && permitExpiresAt !== null && now >= permitExpiresAt)
    return { kind: 'pending_expired', at: now };
  if ((status === 'active' || status === 'returning') && keepAt !== null && now >= keepAt + KEEP_WAIT_MS)
    return { kind: 'keep_limit_passed', at: now, keepAt };
  if (status === 'held' && !heldUnseen && licenceEnd !== null && now >= licenceEnd + HELD_WAIT_MS)
    return { kind: 'held_unseen', at: now };
  return null;
}
