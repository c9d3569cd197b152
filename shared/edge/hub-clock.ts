import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Ack, Stamp } from '#shared/protocol/envelope.ts';

/** Quartz drifts by some 50 ppm; twice that is what a sample's error grows by with its age. */
const DRIFT_PER_MS = 100 / 1_000_000;
const KEPT_SAMPLES = 8;
const KEPT_PROBES = 64;

interface Sample {
  /** Hub time minus this boot's monotonic clock: stays right when the wall clock jumps. */
  readonly hubMinusMonotonic: number;
  /** Half the round trip. */
  readonly error: number;
  readonly takenAt: number;
}

/** What this boot knows of the hub's time (SYN-4, PR-17). */
export interface HubClock {
  /** Notes that a message with this `sentAt` leaves now. */
  probe(sentAt: EpochMs): void;
  /** Takes the four times of an ack; a `sentAt` that this boot did not send is no sample. */
  answer(times: Ack['clock']): void;
  /** Hub time with its error in milliseconds; null before the first sample. */
  estimate(): { readonly now: EpochMs; readonly error: number } | null;
  /** The times that a fact carries. */
  stamp(): Stamp;
  /** The times of a fact that this boot noted before it knew the hub's time, with what it knows now (SYN-4: by the monotonic clock); any other's are as they were. */
  dated(noted: Stamp): Stamp;
}

export function createHubClock(clock: Clock, bootId: string): HubClock {
  const probes = new Map<number, number>();
  let samples: readonly Sample[] = [];

  const errorNow = (sample: Sample): number =>
    sample.error + (clock.monotonic() - sample.takenAt) * DRIFT_PER_MS;

  const best = (): Sample | null => {
    let found: Sample | null = null;
    for (const sample of samples) if (found === null || errorNow(sample) < errorNow(found)) found = sample;
    return found;
  };

  const estimate = (): { now: EpochMs; error: number } | null => {
    const sample = best();
    if (sample === null) return null;
    const now = Math.max(0, Math.round(sample.hubMinusMonotonic + clock.monotonic()));
    return { now: epochMs(now), error: Math.ceil(errorNow(sample)) };
  };

  return {
    probe: (sentAt) => {
      if (!probes.has(sentAt)) probes.set(sentAt, clock.monotonic());
      const oldest = probes.keys().next();
      if (probes.size > KEPT_PROBES && oldest.done !== true) probes.delete(oldest.value);
    },
    answer: ({ sentAt, receivedAt, answeredAt }) => {
      const sent = probes.get(sentAt);
      if (sent === undefined) return;
      const arrived = clock.monotonic();
      const roundTrip = arrived - sent - (answeredAt - receivedAt);
      // A negative round trip means that the hub's clock jumped in between.
      if (roundTrip < 0 || answeredAt < receivedAt) return;
      const sample: Sample = {
        hubMinusMonotonic: (receivedAt - sent + (answeredAt - arrived)) / 2,
        error: roundTrip / 2,
        takenAt: arrived,
      };
      const before = best();
      const apart = before === null ? 0 : Math.abs(before.hubMinusMonotonic - sample.hubMinusMonotonic);
      const jumped = before !== null && apart > errorNow(before) + sample.error + 1;
      // Samples that contradict each other mean that the hub's clock was set: only the newest one tells.
      samples = jumped ? [sample] : [...samples, sample].slice(-KEPT_SAMPLES);
    },
    estimate,
    dated: (noted) => {
      const hub = noted.clockOffset === null && noted.bootId === bootId ? estimate() : null;
      if (hub === null) return noted;
      const then = hub.now - (clock.monotonic() - noted.monotonic);
      return { ...noted, clockOffset: Math.round(then - noted.deviceTime), clockError: hub.error };
    },
    stamp: () => {
      const hub = estimate();
      const deviceTime = clock.now();
      return {
        deviceTime,
        monotonic: clock.monotonic(),
        bootId,
        clockOffset: hub === null ? null : hub.now - deviceTime,
        clockError: hub?.error ?? null,
      };
    },
  };
}
