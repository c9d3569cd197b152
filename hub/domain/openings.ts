import type { MemberId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** From when until when a player had a copy open. */
export interface Sitting {
  readonly playerId: string;
  readonly from: EpochMs;
  readonly until: EpochMs;
}
export interface OpenedCopy {
  readonly binding: 'none' | 'players';
  readonly memberId: MemberId | null;
  /** When the copy's key was destroyed; null: it was not, as far as the hub knows. */
  readonly destroyedAt: EpochMs | null;
}
export type OpeningTrouble = 'open_at_two' | 'opened_after_return' | 'player_not_registered';

/** Home players' clocks differ: sittings that touch within this are not "at once". */
export const CLOCK_SLACK_MS = 15 * 60_000;

/**
 * What a sitting says of its copy (SEC-8): one copy is on one medium, and a medium is in one player. So sittings of two players that
 * overlap, one after the key was destroyed, and one at a player that is not the member's although the copy is bound to them, cannot all be of the
 * one copy that was written. `owner`: whose player it is, null: nobody's.
 */
export function judgeSitting(
  copy: OpenedCopy,
  sitting: Sitting,
  owner: MemberId | null,
  others: readonly Sitting[],
): readonly OpeningTrouble[] {
  const troubles: OpeningTrouble[] = [];
  const together = others.some(
    (other) =>
      other.playerId !== sitting.playerId &&
      Math.min(other.until, sitting.until) - Math.max(other.from, sitting.from) > CLOCK_SLACK_MS,
  );
  if (together) troubles.push('open_at_two');
  if (copy.destroyedAt !== null && sitting.from > copy.destroyedAt + CLOCK_SLACK_MS)
    troubles.push('opened_after_return');
  if (copy.binding === 'players' && (owner === null || owner !== copy.memberId))
    troubles.push('player_not_registered');
  return troubles;
}
