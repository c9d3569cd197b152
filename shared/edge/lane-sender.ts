/**
 * One lane's way to the hub as data and pure functions (PR-11, PR-12): what may be sent, what was, when to send again. Times are
 * monotonic milliseconds.
 */
export interface LaneSender {
  /** Last sequence that was handed to the link since the last reset. */
  readonly sentUpTo: number;
  readonly window: number;
  /** Batches on their way, oldest first. */
  readonly flights: readonly Flight[];
  /** Time-outs in a row without an ack in between. */
  readonly vain: number;
  /** Smoothed time from sending to the hub's ack; null before the first. */
  readonly roundTrip: number | null;
  /** Chance of this time-out, 0 to 1. */
  readonly jitter: number;
}

interface Flight {
  readonly until: number;
  readonly sentAt: number;
  /** Sent before already: its ack may belong to the earlier one, so it measures nothing. */
  readonly repeated: boolean;
}

const SHORTEST_TIMEOUT = 5_000;
const LONGEST_TIMEOUT = 120_000;

export const newSender = (acked: number, window: number): LaneSender => ({
  sentUpTo: acked,
  window,
  flights: [],
  vain: 0,
  roundTrip: null,
  jitter: 0,
});

/** Everything behind the ack goes again: after a connect, a new generation, a new timeline. */
export const sendAgain = (sender: LaneSender, acked: number): LaneSender => ({
  ...sender,
  sentUpTo: acked,
  flights: [],
  vain: 0,
});

/** Sequences that may be sent now, both included; null when there are none. */
export function sendable(
  sender: LaneSender,
  lane: { readonly acked: number; readonly firstHeld: number; readonly last: number },
): { readonly from: number; readonly until: number } | null {
  // What was dropped unsent counts as behind us: the hub learns of the gap by `firstHeld` (PR-16).
  const base = Math.max(lane.acked, lane.firstHeld - 1);
  const from = Math.max(sender.sentUpTo, base) + 1;
  const until = Math.min(lane.last, base + sender.window);
  return from <= until ? { from, until } : null;
}

export function afterSending(
  sender: LaneSender,
  until: number,
  now: number,
  highestEverSent: number,
): LaneSender {
  const flight = { until, sentAt: now, repeated: until <= highestEverSent };
  return { ...sender, sentUpTo: until, flights: [...sender.flights, flight] };
}

/** Takes an ack; `window` is the hub's wish. */
export function afterAck(sender: LaneSender, contiguous: number, window: number, now: number): LaneSender {
  const landed = sender.flights.filter(({ until }) => until <= contiguous);
  const measured = landed.filter(({ repeated }) => !repeated).at(-1);
  const roundTrip =
    measured === undefined
      ? sender.roundTrip
      : sender.roundTrip === null
        ? now - measured.sentAt
        : (7 * sender.roundTrip + (now - measured.sentAt)) / 8;
  return {
    ...sender,
    window,
    roundTrip,
    sentUpTo: Math.max(sender.sentUpTo, contiguous),
    flights: sender.flights.filter(({ until }) => until > contiguous),
    vain: landed.length > 0 ? 0 : sender.vain,
  };
}

/** When the oldest batch is given up waiting for; null when nothing is on its way. */
export function dueAt(sender: LaneSender): number | null {
  const oldest = sender.flights[0];
  if (oldest === undefined) return null;
  const base = Math.max(SHORTEST_TIMEOUT, 4 * (sender.roundTrip ?? 0));
  const doubled = Math.min(LONGEST_TIMEOUT, base * 2 ** Math.min(sender.vain, 10));
  return oldest.sentAt + Math.ceil(doubled * (1 + sender.jitter / 4));
}

/** The time-out has passed: everything behind the ack goes again, and the next one is longer. */
export const afterTimeout = (sender: LaneSender, acked: number, jitter: number): LaneSender => ({
  ...sender,
  sentUpTo: acked,
  flights: [],
  vain: sender.vain + 1,
  jitter,
});
