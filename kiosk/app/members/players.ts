import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { MemberSession } from '#shared/protocol/terminal-api.ts';
import type { KioskDeps } from '../deps.ts';
import type { MediumFacts, PlayerChange, PlayerFacts, SignedIn } from '../session/state.ts';
import { rememberPlayers } from './verifier.ts';

type Deps = Pick<KioskDeps, 'runtime' | 'media'>;

/** As at the hub: fewer than a slot has recipients. */
export const PLAYER_LIMIT = 6;

/** Players on the medium that are not the member's yet: proposed, never taken on by themselves, for anybody's player may have left its key. */
export function newPlayers(member: SignedIn | null, medium: MediumFacts | null): readonly PlayerFacts[] {
  if (member === null || medium === null) return [];
  const { playerKeys, revokedPlayers } = member.session;
  return medium.players.filter(
    ({ playerId }) =>
      !playerKeys.some((own) => own.playerId === playerId) && revokedPlayers?.includes(playerId) !== true,
  );
}

/**
 * Changes the member's players, at the hub; a key found on the medium is taken on without it too, and the hub hears of it later. Afterwards the medium
 * in the drive says which players were removed, for their own software to respect.
 */
export async function changePlayers(
  deps: Deps,
  member: SignedIn,
  medium: MediumFacts | null,
  change: PlayerChange,
): Promise<Result<MemberSession, Fault>> {
  const answer = await ask(deps, member, medium, change);
  if (answer.ok) {
    rememberPlayers(deps.runtime, answer.value);
    await sayRevoked(deps, { ...member, session: answer.value }, medium);
  }
  return answer;
}

async function ask(
  deps: Deps,
  member: SignedIn,
  medium: MediumFacts | null,
  change: PlayerChange,
): Promise<Result<MemberSession, Fault>> {
  const { hub } = deps.runtime;
  const { sessionToken } = member.session;
  switch (change.kind) {
    case 'add': {
      const found = newPlayers(member, medium).find(({ playerId }) => playerId === change.playerId);
      if (found === undefined || medium?.mediumId == null)
        return fault('player_missing', 'this player’s key is not on the medium');
      if (member.offline) return addOffline(deps, member, medium, found);
      const added = await hub.addPlayer({ sessionToken, mediumId: medium.mediumId, playerKey: found.jws });
      return !added.ok && added.error.code === 'hub_away' ? addOffline(deps, member, medium, found) : added;
    }
    case 'pair':
      return member.offline
        ? fault('hub_away', 'codes are known to the hub only')
        : hub.pairPlayer({ sessionToken, code: change.code });
    case 'remove':
      return member.offline
        ? fault('hub_away', 'players are removed at the hub')
        : hub.removePlayer({ sessionToken, playerId: change.playerId });
  }
}

function addOffline(
  { runtime }: Deps,
  { session }: SignedIn,
  { mediumId }: MediumFacts,
  { playerId, recipient, signingKey, name, jws }: PlayerFacts,
): Result<MemberSession, Fault> {
  if (mediumId === null) return fault('player_missing', 'a blank medium has no players');
  if (session.playerKeys.length >= PLAYER_LIMIT) return fault('player_limit', 'too many players');
  const at = runtime.clock.now();
  runtime.record((tx) =>
    tx.emit({
      kind: 'player.seen',
      data: { mediumId, playerKey: jws, memberToken: session.memberToken, at },
    }),
  );
  return ok({
    ...session,
    playerKeys: [...session.playerKeys, { playerId, recipient, signingKey, name, addedAt: at }],
  });
}

/** Leaves the list of removed players on a medium that is this member's; what goes wrong concerns nothing else. */
export async function sayRevoked(
  { runtime, media }: Deps,
  { session, offline, byMedium }: SignedIn,
  medium: MediumFacts | null,
): Promise<void> {
  const own = medium !== null && medium.mediumId !== null && medium.mediumId === byMedium;
  if (!own || offline || session.revokedPlayers === undefined || medium.mediumId === null) return;
  const left = await media.leaveRevokedPlayers(medium.mediumId, session.revokedPlayers);
  if (!left.ok) runtime.log.info({ code: left.error.code }, 'no list of removed players on this medium');
}
