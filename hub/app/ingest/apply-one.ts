import type { Stores } from '#hub/ports/stores.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { newId, type Random } from '#shared/ports/random.ts';
import type { EnvelopeEvent } from '#shared/protocol/envelope.ts';
import { dispatch } from './dispatch.ts';
import type { Read, ReadEvent } from './documents.ts';

/** What applying events hangs on beside the database. */
export interface IngestRules {
  readonly clock: Clock;
  readonly random: Random;
  readonly rewards: RewardRules;
  read(event: EnvelopeEvent): Promise<Read>;
}

export interface Origin {
  readonly terminalId: TerminalId;
  readonly event: EnvelopeEvent;
  readonly receivedAt: EpochMs;
}

/** Applies one event inside the caller's transaction. Throws `EventRefused` or a `DatabaseTrouble`. */
export async function applyOne(
  stores: Stores,
  rules: IngestRules,
  origin: Origin,
  read: ReadEvent,
  now: EpochMs,
): Promise<void> {
  const { terminalId, event } = origin;
  await dispatch({
    stores,
    rules: rules.rewards,
    now,
    newId: () => newId<string>(rules.clock, rules.random),
    terminalId,
    eventId: event.id,
    stamp: event.stamp,
    evidence: await evidenceFor(stores, origin),
    read,
  });
}

/** Only a fact without clock offset needs what the hub knows of the terminal's clock (SYN-4). */
async function evidenceFor(stores: Stores, { terminalId, event, receivedAt }: Origin) {
  if (event.stamp.clockOffset !== null) return { receivedAt, lastTrusted: null, boot: null };
  const terminal = await stores.terminals.find({ terminalId });
  const beat = terminal?.heartbeat ?? null;
  const at = terminal?.heartbeatAt ?? null;
  const boot =
    beat === null || at === null
      ? null
      : { bootId: beat.stamp.bootId, monotonic: beat.stamp.monotonic, hubTime: at };
  return { receivedAt, lastTrusted: at ?? terminal?.lastContactAt ?? null, boot };
}
