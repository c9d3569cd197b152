import type { RentalId, ReservationId, TitleId } from '#shared/kernel/ids.ts';
import { newId } from '#shared/ports/random.ts';
import type { KioskDeps } from '../deps.ts';
import type { SignedIn } from '../session/state.ts';

type Runtime = KioskDeps['runtime'];

/** A place in the queue for a title (RSV-1); the hub decides which place. Works without the hub: it is an event. */
export function requestReservation(runtime: Runtime, member: SignedIn, titleId: TitleId): void {
  runtime.record((tx) =>
    tx.emit({
      kind: 'reservation.requested',
      data: {
        reservationId: newId<ReservationId>(runtime.clock, runtime.random),
        titleId,
        memberToken: member.session.memberToken,
        rentalId: null,
        siteId: runtime.identity.siteId,
        at: runtime.clock.now(),
      },
    }),
  );
}

export function cancelReservation(runtime: Runtime, member: SignedIn, reservationId: ReservationId): void {
  runtime.record((tx) =>
    tx.emit({
      kind: 'reservation.cancelled',
      data: { reservationId, ...inTheNameOf(member), at: runtime.clock.now() },
    }),
  );
}

/** Whose wish it is, and that the hub let this member in here (PR-29). */
const inTheNameOf = ({ session: { memberToken, visit } }: SignedIn) => ({
  memberToken,
  ...(visit === undefined ? {} : { visit }),
});

/** RNT-7: the meter of these rentals stops now. Only rentals of the signed-in member are reported, whatever the page says. */
export function reportLost(runtime: Runtime, member: SignedIn, rentalIds: readonly string[]): boolean {
  const own = member.session.rentals
    .map((rental) => rental.rentalId)
    .filter((rentalId: RentalId) => rentalIds.includes(rentalId));
  if (own.length === 0) return false;
  runtime.record((tx) =>
    tx.emit({
      kind: 'medium.lost',
      data: { rentalIds: own, ...inTheNameOf(member), at: runtime.clock.now() },
    }),
  );
  return true;
}
