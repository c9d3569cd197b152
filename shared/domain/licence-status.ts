import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { RentalState } from './rental.ts';
import type { Tariff } from './tariff.ts';

/** States of Readium License Status (LIC-1). */
export type LicenceStatus = 'ready' | 'active' | 'returned' | 'cancelled' | 'revoked' | 'expired';

export interface LicenceView {
  readonly status: LicenceStatus;
  /** `rights.end` as it holds now: a return and a revocation set it; null: without end. */
  readonly end: EpochMs | null;
}

export interface LicenceClock {
  readonly tariff: Pick<Tariff, 'startWithinDays' | 'finishWithinHours'>;
  readonly start: EpochMs;
  /** `rights.end` as issued. */
  readonly end: EpochMs;
  /** First use as the player told; null: not used, as far as known. */
  readonly firstUse: EpochMs | null;
  /** From here on the copy is the member's (RNT-7), even before a licence without end was issued; null: never kept. */
  readonly keepAt: EpochMs | null;
}

/**
 * The status of a rental's licence at the moment it is asked for (LIC-1, LIC-2): `held` is ready, `lost` is revoked, `kept` is active without
 * end, expiry comes from the clock and is never stored. A return sets both status and end.
 */
export function licenceStatusOf(rental: RentalState, clock: LicenceClock, now: EpochMs): LicenceView {
  switch (rental.status) {
    case 'pending':
    case 'held':
      return expiring('ready', clock, now);
    case 'active':
    case 'returning':
      return expiring('active', clock, now);
    case 'kept':
      return { status: 'active', end: null };
    case 'closed':
      return { status: 'returned', end: rental.basis?.stop ?? clock.end };
    case 'lost':
      return { status: 'revoked', end: rental.basis?.stop ?? clock.end };
    case 'void':
      return { status: 'cancelled', end: clock.start };
  }
}

function expiring(status: 'ready' | 'active', clock: LicenceClock, now: EpochMs): LicenceView {
  if (clock.keepAt !== null && now >= clock.keepAt) return { status: 'active', end: null };
  const end = earliestEnd(clock);
  if (now >= end) return { status: 'expired', end };
  return { status: clock.firstUse === null ? status : 'active', end };
}

/** The earliest of the licence's own end and the two clocks of LIC-2: start within N days, finish within M hours of first use. */
export function earliestEnd(clock: LicenceClock): EpochMs {
  const { startWithinDays, finishWithinHours } = clock.tariff;
  const ends: number[] = [clock.end];
  if (startWithinDays !== null && clock.firstUse === null)
    ends.push(clock.start + startWithinDays * 86_400_000);
  if (finishWithinHours !== null && clock.firstUse !== null)
    ends.push(clock.firstUse + finishWithinHours * 3_600_000);
  return epochMs(Math.min(...ends));
}
