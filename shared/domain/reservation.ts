import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs, type Milliseconds } from '#shared/kernel/time.ts';

/**
 * The queue for one title (RSV-1): first come first served. `ready` is a reservation whose pick-up time runs, because it came first *and* a unit
 * is free; expired, cancelled and collected ones leave the queue, so the places of the others stay dense.
 */
export interface Reservation {
  readonly reservationId: string;
  readonly memberId: string;
  readonly madeAt: EpochMs;
  readonly state: 'waiting' | 'paused' | 'ready';
  /** End of the pick-up time; not at that moment any more. Null unless ready. */
  readonly pickUpUntil: EpochMs | null;
}

export interface TitleUnits {
  /** Units that neither an open or held rental occupies nor a kept copy consumed (may be below 0 after a licence was reduced); null: unlimited. */
  readonly free: number | null;
  /** Before this moment nobody may rent the title; null: released. */
  readonly releaseAt: EpochMs | null;
  readonly pickUpTime: Milliseconds;
}

/** In order of their places. */
export type Queue = readonly Reservation[];

export interface QueueEvent {
  readonly kind: 'ready' | 'expired' | 'back_to_waiting';
  readonly reservationId: string;
  readonly memberId: string;
}

export interface QueueStep {
  readonly queue: Queue;
  /** Whom to tell what. */
  readonly events: readonly QueueEvent[];
}

export type ReservationFault = Fault<
  'reservation_exists' | 'reservation_not_needed' | 'reservation_unknown' | 'reservation_not_ready'
>;

const released = (units: TitleUnits, now: EpochMs): boolean =>
  units.releaseAt === null || now >= units.releaseAt;

/**
 * Brings the queue to `now`: pick-up times that ran out pass the unit on, then as many waiting members become ready as units are free, first come
 * first. Paused ones keep their place and are passed over. If fewer units are free than are held ready, the last ones wait again.
 * Call it after every change of queue or units, and when the earliest `pickUpUntil` or the release comes.
 */
export function advance(queue: Queue, units: TitleUnits, now: EpochMs): QueueStep {
  const events: QueueEvent[] = [];
  const tell = (kind: QueueEvent['kind'], { reservationId, memberId }: Reservation) =>
    events.push({ kind, reservationId, memberId });
  const left: Reservation[] = [];
  for (const entry of queue) {
    if (entry.pickUpUntil === null || now < entry.pickUpUntil) left.push(entry);
    else tell('expired', entry);
  }
  let free = released(units, now) ? (units.free ?? left.length) : 0;
  const served = new Map<string, Reservation>();
  const readyFirst = [
    ...left.filter((e) => e.state === 'ready'),
    ...left.filter((e) => e.state === 'waiting'),
  ];
  for (const entry of readyFirst) {
    const gets = free > 0;
    if (gets) free -= 1;
    if (gets && entry.state === 'waiting') {
      served.set(entry.reservationId, {
        ...entry,
        state: 'ready',
        pickUpUntil: epochMs(now + units.pickUpTime),
      });
      tell('ready', entry);
    } else if (!gets && entry.state === 'ready') {
      served.set(entry.reservationId, { ...entry, state: 'waiting', pickUpUntil: null });
      tell('back_to_waiting', entry);
    }
  }
  return { queue: left.map((entry) => served.get(entry.reservationId) ?? entry), events };
}

/**
 * Puts a member at the end. `reservation_exists`: already in the queue (the answer names which, so a repeated request is safe);
 * `reservation_not_needed`: units are unlimited and the release day has come.
 */
export function reserve(
  queue: Queue,
  units: TitleUnits,
  wanted: { readonly reservationId: string; readonly memberId: string },
  now: EpochMs,
): Result<QueueStep, ReservationFault> {
  const mine = queue.find((entry) => entry.memberId === wanted.memberId);
  if (mine !== undefined)
    return fault('reservation_exists', 'the member is already in the queue', {
      reservationId: mine.reservationId,
    });
  if (units.free === null && released(units, now))
    return fault('reservation_not_needed', 'the title can be rented at once by everybody');
  const entry: Reservation = { ...wanted, madeAt: now, state: 'waiting', pickUpUntil: null };
  return ok(advance([...queue, entry], units, now));
}

/** Takes a reservation out: cancelled by the member. The next one moves up. */
export function cancel(
  queue: Queue,
  units: TitleUnits,
  reservationId: string,
  now: EpochMs,
): Result<QueueStep, ReservationFault> {
  if (!queue.some((entry) => entry.reservationId === reservationId)) return unknown();
  return ok(advance(without(queue, reservationId), units, now));
}

/**
 * The member collects the title: the reservation leaves the queue. `units` are those after the rental took its unit.
 * `reservation_not_ready`: it is not this member's turn, or the pick-up time is over.
 */
export function collect(
  queue: Queue,
  units: TitleUnits,
  reservationId: string,
  now: EpochMs,
): Result<QueueStep, ReservationFault> {
  const entry = queue.find((each) => each.reservationId === reservationId);
  if (entry === undefined) return unknown();
  if (entry.pickUpUntil === null || now >= entry.pickUpUntil)
    return fault('reservation_not_ready', 'the pick-up time of this reservation does not run');
  return ok(advance(without(queue, reservationId), units, now));
}

/** Pauses or resumes: the place stays. A paused one that was ready passes its unit on. */
export function pause(
  queue: Queue,
  units: TitleUnits,
  reservationId: string,
  paused: boolean,
  now: EpochMs,
): Result<QueueStep, ReservationFault> {
  if (!queue.some((entry) => entry.reservationId === reservationId)) return unknown();
  const changed = queue.map((entry): Reservation => {
    if (entry.reservationId !== reservationId || paused === (entry.state === 'paused')) return entry;
    return { ...entry, state: paused ? 'paused' : 'waiting', pickUpUntil: null };
  });
  return ok(advance(changed, units, now));
}

const without = (queue: Queue, reservationId: string): Queue =>
  queue.filter((entry) => entry.reservationId !== reservationId);
const unknown = () => fault('reservation_unknown', 'no such reservation is in the queue');

/** The place in the queue, from 1 without gaps; null: not in it. */
export function positionOf(queue: Queue, reservationId: string): number | null {
  const index = queue.findIndex((entry) => entry.reservationId === reservationId);
  return index < 0 ? null : index + 1;
}

/**
 * Units that this member may rent now, for `refusals`: the one held ready for them, else what is left after those held ready for others (0 while anybody
 * waits, since then nothing is left); null: unlimited. The queue must have been advanced to now.
 */
export function freeFor(queue: Queue, units: TitleUnits, memberId: string): number | null {
  if (units.free === null) return null;
  const ready = queue.filter((entry) => entry.state === 'ready');
  if (ready.some((entry) => entry.memberId === memberId)) return Math.min(1, Math.max(0, units.free));
  return Math.max(0, units.free - ready.length);
}

/** What is known for estimating a wait; all open rentals of the title, held ones too. */
export interface WaitInput {
  readonly position: number;
  /** Places before this one that are paused. */
  readonly pausedBefore: number;
  /** When each open rental is due. */
  readonly dueTimes: readonly EpochMs[];
  readonly free: number;
  /** How long such rentals really last, from write to return; null: nobody has returned one yet. */
  readonly typicalRental: Milliseconds | null;
  readonly pickUpTime: Milliseconds;
  readonly releaseAt: EpochMs | null;
}

export type Wait =
  | { readonly kind: 'none' }
  /** If everybody before collects at once and returns when due or as usual, and if everybody uses the whole pick-up time. */
  | { readonly kind: 'estimate'; readonly earliest: EpochMs; readonly latest: EpochMs }
  /** Too little is known for an honest figure, e.g. rentals before have run over and no typical duration is known. */
  | { readonly kind: 'unknown' };

/** An honest estimate of when a place gets its unit (RSV-1): a span, never a promise; `unknown` where it would be a guess. */
export function estimateWait(input: WaitInput, now: EpochMs): Wait {
  assert(input.position >= 1 && input.pausedBefore >= 0, 'places count from 1');
  const opens = Math.max(now, input.releaseAt ?? now);
  const turn = Math.max(1, input.position - input.pausedBefore);
  if (opens === now && turn <= input.free) return { kind: 'none' };
  const earliest = simulate(input, turn, now, opens, 0);
  const latest = simulate(input, turn, now, opens, input.pickUpTime);
  if (earliest === null || latest === null) return { kind: 'unknown' };
  return { kind: 'estimate', earliest, latest: epochMs(Math.max(earliest, latest)) };
}

/** When the `turn`-th in line gets a unit if each before collects `delay` after getting theirs. */
function simulate(input: WaitInput, turn: number, now: number, opens: number, delay: number): EpochMs | null {
  const units: number[] = Array.from({ length: Math.max(0, input.free) }, () => opens);
  for (const due of input.dueTimes) {
    // An overdue rental comes back nobody knows when: it counts as lasting its usual time once more.
    if (due > now) units.push(Math.max(due, opens));
    else if (input.typicalRental !== null) units.push(Math.max(now + input.typicalRental, opens));
  }
  for (let place = 1; place <= turn; place += 1) {
    units.sort((a, b) => a - b);
    const next = units.shift();
    if (next === undefined) return null;
    if (place === turn) return epochMs(next);
    if (input.typicalRental !== null) units.push(next + delay + input.typicalRental);
  }
  return null;
}
