import { escrowOfOthers } from '#hub/app/fleet/bundle.ts';
import { asQueue, readQueue, titleUnits } from '#hub/app/rentals/queue.ts';
import type { TerminalRow, TitleRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import {
  advance,
  estimateWait,
  positionOf,
  type Queue,
  type TitleUnits,
} from '#shared/domain/reservation.ts';
import { type EpochMs, milliseconds } from '#shared/kernel/time.ts';

export interface TitleQueue {
  readonly queue: Queue;
  readonly units: TitleUnits;
}

/** The queue of a title as it stands now; what other kiosks hold for rentals without the hub is not free here (SYN-1). */
export async function queueOf(
  stores: Stores,
  title: TitleRow,
  terminal: Pick<TerminalRow, 'terminalId'> | null,
  now: EpochMs,
): Promise<TitleQueue> {
  const rows = await readQueue(stores, title.titleId);
  const all = await titleUnits(stores, title);
  const escrow = all.free === null ? null : await escrowOfOthers(stores, terminal, now);
  const units: TitleUnits = {
    ...all,
    free: all.free === null ? null : all.free - (escrow?.get(title.titleId) ?? 0),
    releaseAt: title.releaseAt <= now ? null : title.releaseAt,
  };
  return { queue: advance(asQueue(rows), units, now).queue, units };
}

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
