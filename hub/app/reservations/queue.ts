import { escrowOfOthers } from '#hub/app/fleet/bundle.ts';
import type { RentalRow, ReservationRow, TerminalRow, TitleRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import {
  advance,
  estimateWait,
  positionOf,
  type Queue,
  type TitleUnits,
} from '#shared/domain/reservation.ts';
import type { EpochMs, Milliseconds } from '#shared/kernel/time.ts';
import { milliseconds } from '#shared/kernel/time.ts';

/** How long a reserved unit waits for its member (RSV-1). */
export const PICK_UP_TIME: Milliseconds = milliseconds(48 * 3_600_000);

/** States in which a rental takes a unit: open and held ones, and kept ones for ever (RSV-1). */
export const OCCUPYING: readonly RentalRow['status'][] = ['pending', 'active', 'returning', 'held', 'kept'];

export interface TitleQueue {
  readonly queue: Queue;
  readonly units: TitleUnits;
}

/** The queue of a title as it stands now, with the units that are free for everybody but kiosks' escrow. */
export async function queueOf(
  stores: Pick<Stores, 'reservations' | 'rentals' | 'allotments'>,
  title: TitleRow,
  terminal: Pick<TerminalRow, 'terminalId'> | null,
  now: EpochMs,
): Promise<TitleQueue> {
  const rows = await stores.reservations.list(
    { titleId: title.titleId, state: ['waiting', 'paused', 'ready'] },
    { orderBy: ['requestedAt', 'reservationId'], limit: 10_000 },
  );
  const units: TitleUnits = {
    free: await freeUnits(stores, title, terminal, now),
    releaseAt: title.releaseAt <= now ? null : title.releaseAt,
    pickUpTime: PICK_UP_TIME,
  };
  return { queue: advance(rows.map(entryOf), units, now).queue, units };
}

async function freeUnits(
  stores: Pick<Stores, 'rentals' | 'allotments'>,
  title: TitleRow,
  terminal: Pick<TerminalRow, 'terminalId'> | null,
  now: EpochMs,
): Promise<number | null> {
  if (title.unitsTotal === null) return null;
  const occupied = await stores.rentals.count({ titleId: title.titleId, status: OCCUPYING });
  const escrow = await escrowOfOthers(stores, terminal, now);
  return title.unitsTotal - occupied - (escrow.get(title.titleId) ?? 0);
}

const entryOf = (row: ReservationRow): Queue[number] => ({
  reservationId: row.reservationId,
  memberId: row.memberId,
  madeAt: row.requestedAt,
  state: row.state === 'paused' || row.state === 'ready' ? row.state : 'waiting',
  pickUpUntil: row.state === 'ready' ? row.readyUntil : null,
});

export interface QueuePlace {
  /** From 1 without gaps; 0: not in the queue any more. */
  readonly position: number;
  /** Until the unit is likely there, the later end of the estimate; null: too little is known. */
  readonly waitSeconds: number | null;
}

/** An honest estimate for one place (RSV-1); `reservationId` null asks for a place that does not exist yet. */
export async function placeIn(
  stores: Pick<Stores, 'rentals'>,
  title: TitleRow,
  { queue, units }: TitleQueue,
  reservationId: string | null,
  now: EpochMs,
): Promise<QueuePlace> {
  const position = reservationId === null ? queue.length + 1 : (positionOf(queue, reservationId) ?? 0);
  if (position === 0) return { position, waitSeconds: null };
  const open = await stores.rentals.list(
    { titleId: title.titleId, status: ['active', 'returning', 'held'] },
    { limit: 500 },
  );
  const closed = await stores.rentals.list(
    { titleId: title.titleId, status: 'closed' },
    { orderBy: ['rentalId'], descending: true, limit: 20 },
  );
  const lasted = closed
    .map(({ startedAt, closedAt }) => (startedAt === null || closedAt === null ? null : closedAt - startedAt))
    .filter((value) => value !== null)
    .sort((a, b) => a - b);
  const typical = lasted[Math.floor(lasted.length / 2)];
  const wait = estimateWait(
    {
      position,
      pausedBefore: queue.slice(0, position - 1).filter(({ state }) => state === 'paused').length,
      dueTimes: open.map(({ dueAt }) => dueAt).filter((dueAt) => dueAt !== null),
      free: Math.max(0, units.free ?? 0),
      typicalRental: typical === undefined ? null : milliseconds(Math.max(1, typical)),
      pickUpTime: units.pickUpTime,
      releaseAt: units.releaseAt,
    },
    now,
  );
  if (wait.kind === 'none') return { position, waitSeconds: 0 };
  if (wait.kind === 'unknown') return { position, waitSeconds: null };
  return { position, waitSeconds: Math.max(0, Math.ceil((wait.latest - now) / 1000)) };
}
