import type { RentalId, ReservationId, SiteId, TitleId } from '#shared/kernel/ids.ts';
import { newId } from '#shared/ports/random.ts';
import type { ReturnRuntime } from '../deps.ts';

/** RET-5, RAT-1: a rating for a rental that is being returned; needs no PIN, may be changed. The hub grants its points once. */
export function giveRating(
  runtime: ReturnRuntime,
  rentalId: RentalId,
  titleId: TitleId,
  stars: number,
): void {
  runtime.record((tx) =>
    tx.emit({ kind: 'rating.given', data: { rentalId, titleId, stars, at: runtime.clock.now() } }),
  );
}

/** RET-5, RSV-1: a place in the queue, asked for at a return; the rental names the member, so no PIN. Works without the hub. */
export function requestReservation(
  runtime: ReturnRuntime,
  wish: { readonly titleId: TitleId; readonly memberToken: string; readonly rentalId: RentalId },
): ReservationId {
  const reservationId = newId<ReservationId>(runtime.clock, runtime.random);
  const siteId: SiteId = runtime.identity.siteId;
  runtime.record((tx) =>
    tx.emit({
      kind: 'reservation.requested',
      data: { reservationId, ...wish, siteId, at: runtime.clock.now() },
    }),
  );
  return reservationId;
}

export function cancelReservation(
  runtime: ReturnRuntime,
  reservationId: ReservationId,
  memberToken: string,
): void {
  runtime.record((tx) =>
    tx.emit({
      kind: 'reservation.cancelled',
      data: { reservationId, memberToken, at: runtime.clock.now() },
    }),
  );
}
