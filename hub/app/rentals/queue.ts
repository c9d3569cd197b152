import type { ReservationRow, TitleRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { advance, type Queue, type TitleUnits } from '#shared/domain/reservation.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { type EpochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';

/** How long a unit is kept for the first in line (RSV-1). */
export const PICK_UP_TIME: Milliseconds = milliseconds(48 * 3_600_000);

/** A title's units as the queue needs them: open and held rentals occupy one, kept ones consume it (RSV-1). */
export async function titleUnits(stores: Stores, title: TitleRow): Promise<TitleUnits> {
  const used =
    title.unitsTotal === null
      ? 0
      : await stores.rentals.count({
          titleId: title.titleId,
          status: ['pending', 'active', 'returning', 'held', 'kept'],
        });
  return {
    free: title.unitsTotal === null ? null : title.unitsTotal - used,
    releaseAt: title.releaseAt,
    pickUpTime: PICK_UP_TIME,
  };
}

/** The living queue of a title, in order of its places. */
export async function readQueue(stores: Stores, titleId: TitleId): Promise<readonly ReservationRow[]> {
  return stores.reservations.list(
    { titleId, state: ['waiting', 'paused', 'ready'] },
    { orderBy: ['requestedAt', 'reservationId'], limit: 10_000 },
  );
}

export const asQueue = (rows: readonly ReservationRow[]): Queue =>
  rows.map((row) => ({
    reservationId: row.reservationId,
    memberId: row.memberId,
    madeAt: row.requestedAt,
    state: row.state === 'ready' || row.state === 'paused' ? row.state : 'waiting',
    pickUpUntil: row.readyUntil,
  }));

/** Brings the queue of a title to now: pick-up times pass on, free units go to the first in line (RSV-1). Idempotent. */
export async function advanceQueue(
  context: { readonly stores: Stores; readonly now: EpochMs },
  titleId: TitleId,
): Promise<void> {
  const { stores, now } = context;
  const rows = await readQueue(stores, titleId);
  if (rows.length === 0) return;
  const title = await stores.titles.find({ titleId });
  if (title === null) return;
  const step = advance(asQueue(rows), await titleUnits(stores, title), now);
  const left = new Map(step.queue.map((entry) => [entry.reservationId, entry]));
  for (const row of rows) {
    const entry = left.get(row.reservationId);
    const key = { reservationId: row.reservationId };
    if (entry === undefined)
      await stores.reservations.patch(key, { state: 'expired', endedAt: now, readyUntil: null });
    else if (entry.state !== row.state || entry.pickUpUntil !== row.readyUntil) {
      const readyAt = entry.state === 'ready' ? now : null;
      await stores.reservations.patch(key, { state: entry.state, readyAt, readyUntil: entry.pickUpUntil });
    }
  }
}
