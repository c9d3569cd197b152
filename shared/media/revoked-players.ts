import { z } from 'zod';
import type { MediumId } from '#shared/kernel/ids.ts';
import { ok, type Result } from '#shared/kernel/result.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import { epoch, terminalId, uuid } from './json.ts';
import { LIMITS, REVOKED_PLAYERS_FILE } from './layout.ts';
import type { MediaDeps, MediumTrouble } from './orders.ts';
import { playerId } from './player-key.ts';
import { type FleetTrust, signJws, verifyJws } from './signing.ts';

/** Payload of `players/revoked.jws` (MS-30): players that the medium's member removed. A player that finds itself here opens nothing of this medium. */
export const revokedPlayersSchema = z.object({
  version: z.literal(1),
  mediumId: uuid<MediumId>(),
  madeAt: epoch,
  terminal: terminalId,
  players: z.array(playerId).max(LIMITS.players).readonly(),
});
export type RevokedPlayers = z.infer<typeof revokedPlayersSchema>;

/** The list on this medium, empty where there is none that a terminal of this fleet signed for this very medium. */
export async function readRevokedPlayers(
  medium: MountedMedium,
  mediumId: MediumId,
  trust: FleetTrust,
): Promise<readonly string[]> {
  const file = await medium.readSmall(REVOKED_PLAYERS_FILE, LIMITS.revokedPlayersBytes);
  if (!file.ok || file.value === null) return [];
  const read = await verifyJws(Buffer.from(file.value).toString('latin1'), trust, {
    type: 'keyturn-revoked-players',
    schema: revokedPlayersSchema,
    roles: ['kiosk', 'return-terminal', 'hub'],
    validAt: 'signed-at',
    maxBytes: LIMITS.revokedPlayersBytes,
  });
  return read.ok && read.value.payload.mediumId === mediumId ? read.value.payload.players : [];
}

/** Writes the list anew where it is another than the one that stands there; an extra: a failure concerns nothing else on the medium. */
export async function leaveRevokedPlayers(
  deps: Pick<MediaDeps, 'signer' | 'clock' | 'trust'>,
  medium: MountedMedium,
  mediumId: MediumId,
  players: readonly string[],
): Promise<Result<void, MediumTrouble>> {
  const wanted = [...new Set(players)].sort().slice(0, LIMITS.players);
  const standing = await readRevokedPlayers(medium, mediumId, deps.trust);
  if (standing.length === wanted.length && wanted.every((one) => standing.includes(one)))
    return ok(undefined);
  const at = deps.clock.now();
  const payload = { version: 1, mediumId, madeAt: at, terminal: deps.signer.id, players: wanted };
  const jws = await signJws('keyturn-revoked-players', payload, deps.signer, at);
  const made = await medium.makeDirectory('KEYTURN/players');
  return made.ok ? medium.replaceSmall(REVOKED_PLAYERS_FILE, Buffer.from(jws, 'ascii')) : made;
}
