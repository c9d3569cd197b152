import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { KnownReturn } from './rental-types.ts';

/** Whose word counts of when a return began, where terminals tell different times (SEC-4, CHG-1). */

/** T0 as this terminal told it; undefined: it told nothing. */
export const toldOf = (known: KnownReturn, terminalId: TerminalId): EpochMs | undefined =>
  known.told?.[terminalId] ??
  (known.terminalId === terminalId ? known.t0 : undefined) ??
  known.guessed?.[terminalId];

export interface Telling {
  readonly terminalId: TerminalId;
  readonly t0: EpochMs;
}

const earliest = (tellings: readonly Telling[]): Telling | null =>
  tellings.toSorted((a, b) => a.t0 - b.t0 || (a.terminalId < b.terminalId ? -1 : 1))[0] ?? null;

/** Everything that was told of T0, by terminal. */
export const tellingsOf = (known: KnownReturn): readonly Telling[] => {
  const { terminalId, told = {}, guessed = {} } = known;
  const terminals = new Set<string>([terminalId, ...Object.keys(told), ...Object.keys(guessed)]);
  return [...terminals].sort().flatMap((each) => {
    const t0 = toldOf(known, each as TerminalId);
    return t0 === undefined ? [] : [{ terminalId: each as TerminalId, t0 }];
  });
};

/** RET-7: the earliest T0 of a terminal that showed that it held the slot before a byte of it was overwritten; null: none did. */
export const shownT0 = (known: KnownReturn): Telling | null =>
  earliest(tellingsOf(known).filter(({ terminalId }) => known.shown?.[terminalId] === 'fits'));

/**
 * The return with the T0 that counts by all that is known of it now. Where its receipt shows nothing of the slot (RET-3), that of a terminal counts which proved that it held it (RET-7):
 * anybody with a terminal's key and the return's id can tell one (SEC-4), and who stands on the medium may have found it overwritten. Without any it is that of whom the receipt names.
 */
export const recounted = (known: KnownReturn): KnownReturn => {
  if (known.overwritten === undefined) return known;
  const { by, t0 } = known.overwritten;
  return { ...known, ...(shownT0(known) ?? { terminalId: by, t0 }) };
};

/**
 * CHG-7: T0 for which a terminal that asks is told a price, by the same rule as at the receipt: of a terminal that proved the slot, of the one that stands on the medium as who took
 * it, or its own; undefined: nobody told of one that counts.
 */
export const quotableT0 = (
  known: KnownReturn,
  asking: TerminalId,
  acceptedBy: TerminalId | undefined,
): EpochMs | undefined =>
  shownT0(known)?.t0 ??
  (acceptedBy === undefined ? undefined : toldOf(known, acceptedBy)) ??
  toldOf(known, asking);

/** RET-3: what others told of a return that its receipt does not name them for, earlier than what counts: staff see both (SEC-4). Empty where somebody proved the slot. */
export const unprovenTellings = (known: KnownReturn): readonly Telling[] => {
  if (known.overwritten?.named !== false || shownT0(known) !== null) return [];
  const { by } = known.overwritten;
  return tellingsOf(known).filter(({ terminalId, t0 }) => terminalId !== by && t0 < known.t0);
};
