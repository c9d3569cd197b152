import {
  type BootEvidence,
  type ClockEvidence,
  type FactTime,
  type Favour,
  factTime,
  SURE_WITHIN_MS,
} from '#hub/domain/fact-time.ts';
import type { LaneKey, Stores } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Heartbeat, Stamp } from '#shared/protocol/envelope.ts';

/** Something a terminal said, with the times it carried. */
export interface Told {
  readonly terminalId: TerminalId;
  readonly stamp: Stamp;
  readonly receivedAt: EpochMs;
  /** The boot in which it was said, with its monotonic clock then (PR-26); null: not known. */
  readonly sentIn: BootEvidence | null;
  /** Everything of this lane below this sequence happened before; null: where the hub stands in the terminal's newest epoch. */
  readonly behind: (LaneKey & { readonly sequence: number }) | null;
}

type EvidenceStores = Pick<Stores, 'terminals' | 'inbox' | 'cursors'>;

/** What the hub knows of this terminal's clock; only a stamp without clock offset needs more than its arrival (SYN-4). */
export async function clockEvidence(stores: EvidenceStores, told: Told): Promise<ClockEvidence> {
  const { terminalId, stamp, receivedAt, sentIn } = told;
  if (stamp.clockOffset !== null) return { receivedAt, lastTrusted: null, boot: null };
  const behind = told.behind ?? (await newestOf(stores, terminalId));
  const lastTrusted =
    behind === null ? null : await stores.inbox.lastDated(behind, behind.sequence, SURE_WITHIN_MS);
  const terminal = await stores.terminals.find({ terminalId });
  const [beat, at] = [terminal?.heartbeat ?? null, terminal?.heartbeatAt ?? null];
  const known = [sentIn, beat === null || at === null ? null : bootOf(beat, at)]
    .filter((one) => one !== null)
    .filter(({ bootId }) => bootId === stamp.bootId);
  return { receivedAt, lastTrusted, boot: known.sort(betterFirst)[0] ?? null };
}

/** What a heartbeat says of its boot: its own knowledge of the hub's time, else that it was sent before it came. */
function bootOf({ stamp }: Heartbeat, receivedAt: EpochMs): BootEvidence {
  const { bootId, monotonic, deviceTime, clockOffset, clockError } = stamp;
  const sure = clockOffset !== null && (clockError ?? 0) <= SURE_WITHIN_MS;
  return { bootId, monotonic, sure, hubTime: sure ? epochMs(deviceTime + clockOffset) : receivedAt };
}

/** What is sure first; else what dates the boot's start earlier, since what was on its way for long dates it too late. */
const betterFirst = (a: BootEvidence, b: BootEvidence): number =>
  Number(b.sure) - Number(a.sure) || a.hubTime - a.monotonic - (b.hubTime - b.monotonic);

/** Where the hub stands in the money lane of the terminal's newest epoch. */
async function newestOf(stores: EvidenceStores, terminalId: TerminalId): Promise<Told['behind']> {
  const cursors = await stores.cursors.list({ terminalId, lane: 0 }, { limit: 100 });
  const newest = [...cursors].sort((a, b) => b.createdAt - a.createdAt)[0];
  return newest === undefined
    ? null
    : { terminalId, epoch: newest.epoch, lane: 0, sequence: newest.contiguous + 1 };
}

/** Hub time of a moment that a terminal names in its own time: the same for a question it asks as for an event it reports (SYN-4). */
export const hubTimeOf = async (
  stores: EvidenceStores,
  told: Told,
  deviceAt: EpochMs,
  favour: Favour,
): Promise<FactTime> => factTime(deviceAt, told.stamp, await clockEvidence(stores, told), favour);
