import type { Actor, HubDeps } from '#hub/app/deps.ts';
import type { PlayerKeyRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { MediumId, MemberId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { type PlayerKey, verifyPlayerKey } from '#shared/media/player-key.ts';

/** Players of one member: fewer than a slot has recipients (MS-9), so that nobody counts them in it. */
export const PLAYER_LIMIT = 6;
/** Revoked players that are told to terminals and stand on media, newest first. */
const REVOKED_SHOWN = 32;

export type PlayerFaultCode = 'player_limit' | 'player_of_other_member' | 'player_contradicts';

export interface TakeOn {
  readonly memberId: MemberId;
  readonly player: PlayerKey;
  readonly jws: string;
  readonly mediumId: MediumId | null;
  readonly by: NonNullable<PlayerKeyRow['addedBy']>;
  readonly now: EpochMs;
}

/**
 * Makes a player the member's. A known player keeps its key for ever; it changes hands only after the member whose it was removed it (a player sold
 * on). Twice is once.
 */
export async function takeOnPlayer(
  stores: Pick<Stores, 'playerKeys' | 'members'>,
  { memberId, player, jws, mediumId, by, now }: TakeOn,
): Promise<Result<PlayerKeyRow, Fault<PlayerFaultCode>>> {
  // Lines up players that one member takes on at once: the limit holds.
  await stores.members.findForUpdate({ memberId });
  const known = await stores.playerKeys.findForUpdate({ playerId: player.playerId });
  if (known !== null && known.recipient !== player.recipient)
    return fault('player_contradicts', 'this player is known with another key');
  if (known !== null && known.memberId !== null && known.memberId !== memberId && !known.revoked)
    return fault('player_of_other_member', 'this player belongs to another member; remove it there first');
  if (known !== null && known.memberId === memberId && !known.revoked) {
    await stores.playerKeys.patch({ playerId: known.playerId }, { seenAt: now });
    return ok({ ...known, seenAt: now });
  }
  if ((await stores.playerKeys.count({ memberId, revoked: false })) >= PLAYER_LIMIT)
    return fault('player_limit', `a member has at most ${PLAYER_LIMIT} players; remove one first`);
  const row: PlayerKeyRow = {
    playerId: player.playerId,
    memberId,
    mediumId,
    recipient: player.recipient,
    jws,
    seenAt: now,
    revoked: false,
    revokedAt: null,
    addedBy: by,
    addedAt: now,
  };
  await stores.playerKeys.put(row);
  return ok(row);
}

/** As `takeOnPlayer`, from the document that the player left (PLY-1), in a transaction and with its audit entry. `besides`: in the same one, once it is taken on. */
export async function addPlayer(
  deps: HubDeps,
  actor: Actor,
  wanted: Omit<TakeOn, 'player' | 'now'>,
  besides: (stores: Stores) => Promise<void> = async () => {},
): Promise<Result<PlayerKeyRow, Fault<PlayerFaultCode | 'player_refused'>>> {
  const read = await verifyPlayerKey(wanted.jws);
  if (!read.ok) return fault('player_refused', 'this is no player’s document');
  const now = deps.clock.now();
  return deps.db.transaction(async (stores) => {
    const taken = await takeOnPlayer(stores, { ...wanted, player: read.value, now });
    if (!taken.ok) return taken;
    await besides(stores);
    await stores.audit.append({
      at: now,
      actor,
      action: 'member.player_added',
      subject: wanted.memberId,
      detail: { playerId: taken.value.playerId, by: wanted.by },
    });
    return taken;
  });
}

/**
 * Nothing is written for this player any more. Copies that were written before are encrypted to it still: what the player's own software
 * respects is the list that the next terminal leaves on the medium; the licences' end stands in any case.
 */
export async function removePlayer(
  deps: HubDeps,
  actor: Actor,
  memberId: MemberId,
  playerId: string,
): Promise<Result<void, Fault<'player_missing'>>> {
  return deps.db.transaction(async (stores) => {
    const row = await stores.playerKeys.findForUpdate({ playerId });
    if (row === null || row.memberId !== memberId)
      return fault('player_missing', 'this member has no such player');
    if (row.revoked) return ok(undefined);
    const at = deps.clock.now();
    await stores.playerKeys.patch({ playerId }, { revoked: true, revokedAt: at });
    await stores.audit.append({
      at,
      actor,
      action: 'member.player_removed',
      subject: memberId,
      detail: { playerId },
    });
    return ok(undefined);
  });
}

export interface PlayerView {
  readonly playerId: string;
  readonly name: string;
  readonly recipient: string;
  /** By it a secure medium's controller knows the player; null: its document cannot be read. */
  readonly signingKey: string | null;
  readonly addedAt: EpochMs | null;
  readonly addedBy: PlayerKeyRow['addedBy'];
}

/** As it calls itself; its id where its document cannot be read. */
export async function playerNameOf({ jws, playerId }: PlayerKeyRow): Promise<string> {
  const read = await verifyPlayerKey(jws);
  return read.ok ? read.value.name : playerId;
}

/** A member's players, newest first, by the names that they gave themselves. */
export async function playersOf(
  stores: Pick<Stores, 'playerKeys'>,
  memberId: MemberId,
): Promise<readonly PlayerView[]> {
  const rows = await stores.playerKeys.list(
    { memberId, revoked: false },
    { orderBy: ['seenAt'], descending: true, limit: PLAYER_LIMIT },
  );
  const views: PlayerView[] = [];
  for (const { playerId, recipient, addedAt, addedBy, jws } of rows) {
    const read = await verifyPlayerKey(jws);
    const name = read.ok ? read.value.name : playerId;
    const signingKey = read.ok ? read.value.signingKey : null;
    views.push({ playerId, recipient, addedAt, addedBy, name, signingKey });
  }
  return views;
}

export async function revokedPlayersOf(
  stores: Pick<Stores, 'playerKeys'>,
  memberId: MemberId,
): Promise<readonly string[]> {
  const rows = await stores.playerKeys.list(
    { memberId, revoked: true },
    { orderBy: ['revokedAt'], descending: true, limit: REVOKED_SHOWN },
  );
  return rows.map(({ playerId }) => playerId);
}
