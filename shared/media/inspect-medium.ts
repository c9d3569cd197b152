import type { CopyId } from '#shared/kernel/ids.ts';
import { UUID_PATTERN } from '#shared/kernel/ids.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import { loadCopy, loadIdentity } from './copy-files.ts';
import {
  COPIES_FOLDER,
  HISTORY_FILE,
  LIMITS,
  openingsFile,
  PLAYERS_FOLDER,
  RECOMMENDATIONS_FILE,
} from './layout.ts';
import type { CopyOnMedium, MediaDeps, MediumReport, MediumTrouble, PlayerOnMedium } from './orders.ts';
import { type KnownPlayer, readOpenings, verifyPlayerKey } from './player-key.ts';
import { provenId } from './slot-place.ts';

/**
 * Reads what a medium says about itself: identity, players, copies with their condition. Hostile bytes make copies `damaged`, never
 * a crash; a medium of another fleet is `medium_foreign`. Nothing is written.
 */
export async function inspectMedium(
  deps: Pick<MediaDeps, 'drive' | 'trust'>,
): Promise<Result<MediumReport, MediumTrouble>> {
  const medium = deps.drive.current();
  if (medium === null) return fault('medium_missing', 'no medium in the drive');
  const identity = await loadIdentity(medium, deps.trust);
  if (!identity.ok) return identity;
  const proven = await provenId(medium, deps.trust);
  if (!proven.ok) return proven;
  const space = await medium.space();
  if (!space.ok) return space;
  const copyIds = await listCopies(medium);
  if (!copyIds.ok) return copyIds;
  const copies: CopyOnMedium[] = [];
  for (const copyId of copyIds.value) {
    const copy = await loadCopy(medium, identity.value, copyId, deps.trust);
    if (!copy.ok) return copy;
    const { slot: _slot, seen: _seen, slotWhole: _whole, stateFile: _file, ...report } = copy.value;
    copies.push(report);
  }
  const players = await listPlayers(medium);
  if (!players.ok) return players;
  return ok({
    identity: identity.value,
    controllerId: proven.value,
    fileSystem: medium.fileSystem,
    readOnly: medium.readOnly,
    copiesOnWrite: medium.copiesOnWrite,
    space: space.value,
    players: players.value,
    copies,
    recommendations: await readOptional(medium, RECOMMENDATIONS_FILE, LIMITS.recommendationsBytes),
    history: await readOptional(medium, HISTORY_FILE, LIMITS.historyBytes),
  });
}

/** Ids of the copies on a medium, oldest first; other names below `copies/` are not ours and left alone. */
export async function listCopies(medium: MountedMedium): Promise<Result<readonly CopyId[], MediumTrouble>> {
  const names = await listOrEmpty(medium, COPIES_FOLDER);
  if (!names.ok) return names;
  const ids = names.value.filter((name) => UUID_PATTERN.test(name)) as CopyId[];
  if (ids.length > LIMITS.copies)
    return fault('medium_too_many_copies', `a medium holds at most ${LIMITS.copies} copies`);
  return ok(ids.sort());
}

/** Not `revoked.jws`, which no player signs, nor `<id>.openings.jws`. */
const PLAYER_FILE = /^(?!revoked\.)[a-z0-9][a-z0-9-]{1,62}[a-z0-9]\.jws$/;

async function listPlayers(medium: MountedMedium): Promise<Result<readonly PlayerOnMedium[], MediumTrouble>> {
  const names = await listOrEmpty(medium, PLAYERS_FOLDER);
  if (!names.ok) return names;
  const players: PlayerOnMedium[] = [];
  const files = names.value.filter((name) => PLAYER_FILE.test(name)).sort();
  for (const name of files.slice(0, LIMITS.players)) {
    const bytes = await readOptional(medium, `${PLAYERS_FOLDER}/${name}`, LIMITS.playerKeyBytes);
    if (bytes === null) continue;
    const jws = Buffer.from(bytes).toString('latin1');
    const key = await verifyPlayerKey(jws);
    if (!key.ok || `${key.value.playerId}.jws` !== name) continue;
    players.push({ ...key.value, jws, openingsJws: await openingsOf(medium, key.value) });
  }
  return ok(players);
}

/** What a player left of its openings: only what the player's own key signed. */
async function openingsOf(
  medium: MountedMedium,
  { playerId, signingKey }: KnownPlayer,
): Promise<string | null> {
  const bytes = await readOptional(medium, openingsFile(playerId), LIMITS.openingsBytes);
  if (bytes === null) return null;
  const jws = Buffer.from(bytes).toString('latin1');
  const read = await readOpenings(jws);
  return read.ok && read.value.signingKey === signingKey && read.value.payload.playerId === playerId
    ? jws
    : null;
}

async function listOrEmpty(
  medium: MountedMedium,
  path: string,
): Promise<Result<readonly string[], MediumTrouble>> {
  const listed = await medium.list(path);
  return !listed.ok && listed.error.code === 'medium_file_missing' ? ok([]) : listed;
}

/** Optional extras: one that cannot be read is as good as none. */
async function readOptional(medium: MountedMedium, path: string, limit: number): Promise<Uint8Array | null> {
  const read = await medium.readSmall(path, limit);
  return read.ok ? read.value : null;
}
