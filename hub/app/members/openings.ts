import { judgeSitting, type OpeningTrouble, type Sitting } from '#hub/domain/openings.ts';
import type { PlayerKeyRow, RentalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { CopyId, MediumId, MemberId, RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { verifyPlayerKey } from '#shared/media/player-key.ts';

/** How long a sitting is kept, for the alert only (SEC-9): then `forgetSittings` removes it. */
export const SITTINGS_KEPT_MS = 90 * 86_400_000;

/** What happened to one rental, at most. */
const ENTRIES = 200;

/** More says nothing new, and whoever knows a copy's id must not fill the table. */
const SITTINGS_PER_COPY = 500;

export interface Reported {
  readonly playerId: string;
  /** Of the key that signed the report. */
  readonly signingKey: string;
  readonly sittings: readonly {
    readonly copyId: CopyId;
    readonly mediumId: MediumId;
    readonly from: EpochMs;
    readonly until: EpochMs;
  }[];
  /** Null: the player told the hub itself. */
  readonly carriedBy: TerminalId | null;
  readonly now: EpochMs;
  newId(): string;
}

type Needed = Pick<
  Stores,
  'copyOpenings' | 'playerKeys' | 'rentals' | 'returns' | 'receipts' | 'timeline' | 'alerts'
>;

const WORDS: Readonly<Record<OpeningTrouble, string>> = {
  open_at_two: 'Two players had the same copy open at the same time: it exists twice.',
  opened_after_return: 'A player opened a copy whose key was destroyed: it existed twice.',
  player_not_registered: 'A copy bound to its member’s players was opened by another one.',
};

/**
 * Keeps the sittings that a player reported and tells staff of those that cannot be (SEC-8). Only of copies that the hub knows, and never under the
 * name of a registered player whose key did not sign them. Reported twice, it is once; a sitting that went on is lengthened.
 */
export async function recordSittings(stores: Needed, reported: Reported): Promise<void> {
  const { playerId, now } = reported;
  const key = await stores.playerKeys.find({ playerId });
  if (key !== null) {
    const own = await verifyPlayerKey(key.jws);
    if (!own.ok || own.value.signingKey !== reported.signingKey) return;
  }
  for (const { copyId, mediumId, from, until } of reported.sittings) {
    const rental = await stores.rentals.first({ copyId });
    if (rental === null || until < from) continue;
    const known = await stores.copyOpenings.find({ copyId, playerId, openedAt: from });
    // What lies in the future by a player's clock says nothing yet: its end is that of its report.
    const sitting: Sitting = { playerId, from, until: epochMs(Math.min(until, Math.max(from, now))) };
    if (known !== null && known.closedAt >= sitting.until) continue;
    if (known === null && (await stores.copyOpenings.count({ copyId })) >= SITTINGS_PER_COPY) continue;
    await stores.copyOpenings.put({
      copyId,
      playerId,
      openedAt: from,
      closedAt: sitting.until,
      mediumId,
      carriedBy: reported.carriedBy,
      receivedAt: now,
    });
    const rows = await stores.copyOpenings.list(
      { copyId },
      { orderBy: ['openedAt'], limit: SITTINGS_PER_COPY },
    );
    const others = rows.map((row) => ({ playerId: row.playerId, from: row.openedAt, until: row.closedAt }));
    const { binding, memberId } = rental;
    const destroyedAt = await destroyedBy(stores, rental.rentalId);
    const troubles = judgeSitting(
      { binding, memberId, destroyedAt },
      ...([sitting, ownerOf(key, from), others] as const),
    );
    for (const trouble of troubles)
      if (trouble !== 'player_not_registered' || key !== null || writeTold(rental))
        await tell(stores, rental, trouble, reported);
  }
}

/**
 * Of a copy whose write a kiosk tells now: whether somebody opened it already whose player is not its member's. Whose it is could not be judged before: a kiosk that took a player
 * on without the hub tells of that before it tells of the write (SYN-2), and a return terminal may have told of the sitting first.
 */
export async function judgeStrangers(
  stores: Pick<Stores, 'copyOpenings' | 'playerKeys' | 'alerts'>,
  rental: RentalRow,
  reported: Pick<Reported, 'carriedBy' | 'now' | 'newId'>,
): Promise<void> {
  const { binding, memberId, copyId } = rental;
  if (binding !== 'players') return;
  const rows = await stores.copyOpenings.list({ copyId }, { limit: SITTINGS_PER_COPY });
  for (const { playerId, openedAt: from, closedAt: until } of rows) {
    const owner = ownerOf(await stores.playerKeys.find({ playerId }), from);
    const copy = { binding, memberId, destroyedAt: null };
    for (const trouble of judgeSitting(copy, { playerId, from, until }, owner, []))
      await tell(stores, rental, trouble, reported);
  }
}

/** Whose player it was then; null: nobody's. */
const ownerOf = (key: PlayerKeyRow | null, at: EpochMs): MemberId | null =>
  key === null || (key.revokedAt !== null && key.revokedAt <= at) ? null : key.memberId;

const writeTold = ({ state }: RentalRow): boolean =>
  state !== null && (state.facts.started !== null || state.facts.held !== null);

const tell = (
  { alerts }: Pick<Stores, 'alerts'>,
  { copyId, rentalId }: RentalRow,
  trouble: OpeningTrouble,
  { carriedBy, now, newId }: Pick<Reported, 'carriedBy' | 'now' | 'newId'>,
) =>
  alerts.raise(
    newId(),
    {
      ...{ code: 'security_copy_open_twice', subject: copyId, severity: 'critical' },
      ...{ message: WORDS[trouble], terminalId: carriedBy, rentalId },
    },
    now,
  );

/**
 * When the key was destroyed; where the terminal's clock was not known, the latest that it can have been: a guess is for the customer (SYN-4), and nobody is told
 * of a clone because of one. Null: not destroyed.
 */
async function destroyedBy(
  stores: Pick<Stores, 'returns' | 'receipts' | 'timeline'>,
  rentalId: RentalId,
): Promise<EpochMs | null> {
  const destroyed = await stores.returns.first({ rentalId, state: 'destroyed' });
  if (destroyed === null) return null;
  const entries = await stores.timeline.list({ rentalId }, { limit: ENTRIES });
  const guessed = entries.some(({ detail }) => detail.uncertain === true);
  const { receiptId } = destroyed;
  const receipt = guessed && receiptId !== null ? await stores.receipts.find({ receiptId }) : null;
  return receipt?.receivedAt ?? destroyed.destroyedAt;
}

/** Removes what is older than `SITTINGS_KEPT_MS`; answers how many. */
export const forgetSittings = (stores: Pick<Stores, 'copyOpenings'>, now: EpochMs): Promise<number> =>
  stores.copyOpenings.removeWhere({ receivedAt: { lt: epochMs(now - SITTINGS_KEPT_MS) } });
