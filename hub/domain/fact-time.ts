import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Stamp } from '#shared/protocol/envelope.ts';

/** What the hub knows about a terminal's clock beside the fact's own stamp. */
export interface ClockEvidence {
  /** When the hub got the fact. */
  readonly receivedAt: EpochMs;
  /** The last moment of this terminal's log before the fact of which the hub time is sure; null: there is none. */
  readonly lastTrusted: EpochMs | null;
  /** What else tells of the fact's boot; null: nothing. */
  readonly boot: BootEvidence | null;
}

/** A boot's monotonic time at a moment of hub time. */
export interface BootEvidence {
  readonly bootId: string;
  readonly monotonic: number;
  /** Where it is not `sure` no more than the arrival of a message that may have been on its way for long: the moment was then, or earlier. */
  readonly hubTime: EpochMs;
  readonly sure: boolean;
}

/** Where nothing tells, the customer's favour decides (SYN-4): a start counts late, a stop early. */
export type Favour = 'start' | 'stop';

export interface FactTime {
  readonly at: EpochMs;
  /** The truth is only known to lie between two moments: shown to staff. */
  readonly uncertain: boolean;
}

/**
 * Milliseconds by which a terminal's knowledge of the hub's time may be off and still be called known: what quartz loses in weeks without the hub
 * stays below it, an answer that was under way for hours does not.
 */
export const SURE_WITHIN_MS = 5 * 60_000;

/**
 * Hub time of a moment that a terminal's fact names in its own device time (SYN-4): by the clock offset of the stamp, else by the
 * monotonic clock of the same boot, else between the last trusted time and the arrival, decided for the customer. A message of that boot which may have been late moves the arrival nearer, and makes
 * the moment sure only where the two lie close together. An offset of which the
 * terminal itself says that it may be far off only bounds the truth: its end that favours the customer counts. Never after the arrival.
 *
 * Moment and stamp must be of one setting of the wall clock: one that was stepped between them misdates the moment by that step, neither more nor less, and nothing here can tell. So terminals note a fact in
 * the transaction of its moment (T0 in `return.accepted`, whose T0 then stands for all that is told of the return), which leaves a step no more than the milliseconds between the two. A T0 that
 * reaches the hub by another terminal's word first, of a torn return that it finished, is read with that terminal's clock: it is off by as much as the clock of the one that took it.
 */
export function factTime(deviceAt: EpochMs, stamp: Stamp, evidence: ClockEvidence, favour: Favour): FactTime {
  const { receivedAt, lastTrusted, boot } = evidence;
  const upTo = (at: number): EpochMs => epochMs(Math.max(0, Math.min(at, receivedAt)));
  if (stamp.clockOffset !== null) {
    const error = stamp.clockError ?? 0;
    const uncertain = error > SURE_WITHIN_MS;
    const inFavour = favour === 'start' ? error : -error;
    return { at: upTo(deviceAt + stamp.clockOffset + (uncertain ? inFavour : 0)), uncertain };
  }
  if (boot !== null && boot.bootId === stamp.bootId) {
    const stampedAt = boot.hubTime - (boot.monotonic - stamp.monotonic);
    const latest = upTo(stampedAt - (stamp.deviceTime - deviceAt));
    if (boot.sure || (lastTrusted !== null && latest - lastTrusted <= SURE_WITHIN_MS))
      return { at: latest, uncertain: false };
    return {
      at: favour === 'start' ? latest : epochMs(Math.min(latest, lastTrusted ?? latest)),
      uncertain: true,
    };
  }
  if (favour === 'start') return { at: receivedAt, uncertain: true };
  return { at: upTo(lastTrusted ?? deviceAt), uncertain: true };
}
