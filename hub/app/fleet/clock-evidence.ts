import { type ClockEvidence, type FactTime, type Favour, factTime } from '#hub/domain/fact-time.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Stamp } from '#shared/protocol/envelope.ts';

/** Something a terminal said, with the times it carried. */
export interface Told {
  readonly terminalId: TerminalId;
  readonly stamp: Stamp;
  readonly receivedAt: EpochMs;
  /** The boot in which it was said, with its monotonic clock then (PR-26); null: not known. */
  readonly sentIn: ClockEvidence['boot'];
}

/** What the hub knows of this terminal's clock; only a stamp without clock offset needs more than its arrival (SYN-4). */
export async function clockEvidence(
  stores: Pick<Stores, 'terminals'>,
  { terminalId, stamp, receivedAt, sentIn }: Told,
): Promise<ClockEvidence> {
  if (stamp.clockOffset !== null) return { receivedAt, lastTrusted: null, boot: null };
  const terminal = await stores.terminals.find({ terminalId });
  const beat = terminal?.heartbeat ?? null;
  const at = terminal?.heartbeatAt ?? null;
  const heard: ClockEvidence['boot'] =
    beat === null || at === null
      ? null
      : { bootId: beat.stamp.bootId, monotonic: beat.stamp.monotonic, hubTime: at };
  const boot = earlierOf(...[sentIn, heard].filter((one) => one?.bootId === stamp.bootId));
  return { receivedAt, lastTrusted: at ?? terminal?.lastContactAt ?? null, boot };
}

/** Of two that speak of one boot the one that dates its start earlier: what was on its way for long dates it too late. */
function earlierOf(
  first: ClockEvidence['boot'] = null,
  second: ClockEvidence['boot'] = null,
): ClockEvidence['boot'] {
  if (first === null || second === null) return first ?? second;
  return first.hubTime - first.monotonic <= second.hubTime - second.monotonic ? first : second;
}

/** Hub time of a moment that a terminal names in its own time: the same for a question it asks as for an event it reports (SYN-4). */
export const hubTimeOf = async (
  stores: Pick<Stores, 'terminals'>,
  told: Told,
  deviceAt: EpochMs,
  favour: Favour,
): Promise<FactTime> => factTime(deviceAt, told.stamp, await clockEvidence(stores, told), favour);
