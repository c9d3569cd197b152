import { clockEvidence } from '#hub/app/fleet/clock-evidence.ts';
import type { BootEvidence } from '#hub/domain/fact-time.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { newId, type Random } from '#shared/ports/random.ts';
import type { EnvelopeEvent, Lane } from '#shared/protocol/envelope.ts';
import { dispatch } from './dispatch.ts';
import type { ReadEvent, Reader } from './documents.ts';

/** What applying events hangs on beside the database. */
export interface IngestRules {
  readonly clock: Clock;
  readonly random: Random;
  readonly rewards: RewardRules;
  /** `HubSecrets.challengeKey`. */
  readonly challengeKey: Uint8Array;
  readonly read: Reader;
  /** Told after the commit, once for each event that was applied or buried by it; what the hub had already is not repeated (OPS-4). */
  heard?(event: Heard): void;
  /** Every event goes to the database by itself: what groups are measured and compared with. */
  readonly oneByOne?: boolean;
  /** Hears of each call that a group of events could not answer from its loaded rows; for benchmarks. */
  passed?(call: string): void;
}

export interface Heard {
  readonly terminalId: TerminalId;
  readonly event: EnvelopeEvent;
  readonly outcome: 'applied' | 'dead' | 'parked' | 'quarantined';
}

export interface Origin {
  readonly terminalId: TerminalId;
  readonly epoch: string;
  readonly lane: Lane;
  readonly event: EnvelopeEvent;
  readonly receivedAt: EpochMs;
  /** The boot of the batch with which it came, or of a later one of the same boot (PR-26). */
  readonly sentIn: BootEvidence | null;
}

/** Applies one event inside the caller's transaction. Throws `EventRefused` or a `DatabaseTrouble`. */
export async function applyOne(
  stores: Stores,
  rules: IngestRules,
  origin: Origin,
  read: ReadEvent,
  now: EpochMs,
  overruled: Set<string> | null = null,
): Promise<void> {
  const { terminalId, epoch, lane, event, receivedAt, sentIn } = origin;
  await dispatch({
    stores,
    rules: rules.rewards,
    challengeKey: rules.challengeKey,
    now,
    newId: () => newId<string>(rules.clock, rules.random),
    terminalId,
    epoch,
    overruled,
    eventId: event.id,
    stamp: event.stamp,
    evidence: await clockEvidence(stores, {
      ...{ terminalId, stamp: event.stamp, receivedAt, sentIn },
      behind: { terminalId, epoch, lane, sequence: event.sequence },
    }),
    read,
  });
}
