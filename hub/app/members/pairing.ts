import { createHash, createHmac } from 'node:crypto';
import type { Actor, HubDeps } from '#hub/app/deps.ts';
import type { PlayerKeyRow } from '#hub/ports/rows/index.ts';
import type { SecretKeys } from '#hub/ports/secret-keys.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { type PlayerAnswer, readPlayerReport, verifyPlayerKey } from '#shared/media/player-key.ts';
import { signJws } from '#shared/media/signing.ts';
import { newId } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { recordSittings } from './openings.ts';
import { addPlayer, type PlayerFaultCode } from './players.ts';

export type PairingDeps = HubDeps & {
  readonly signer: Signer;
  /** Make pairing codes: of the fleet, not of this hub. */
  readonly secretKeys: Pick<SecretKeys, 'current'>;
};

/** Without look-alikes (Crockford's base 32): 40 bits, typed once by a member who is signed in. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const WEEK_MS = 7 * 86_400_000;
/** Open codes at once: players are answered without a code beyond, until some expire. */
const OPEN_CODES = 5_000;

/** A code as it is compared: letters that are mistaken for digits are those digits. */
export const readCode = (typed: string): string =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
const hashOf = (code: string): string => createHash('sha256').update(readCode(code)).digest('hex');

/** The same code all week for the same player, so that asking again takes none away: valid for one to two weeks. */
function codeFor(key: Uint8Array, player: string, now: EpochMs): { code: string; until: EpochMs } {
  const until = epochMs((Math.floor(now / WEEK_MS) + 2) * WEEK_MS);
  const mac = createHmac('sha256', key).update(`${player}:${until}`).digest();
  const letters = Array.from({ length: 8 }, (_, at) => LETTERS[(mac[at] ?? 0) & 31]).join('');
  return { code: `${letters.slice(0, 4)}-${letters.slice(4)}`, until };
}

/**
 * What a player at home asks and tells (SEC-6): how it stands, a code to be paired with, its openings, the hub's time. Answered with a document
 * that the hub signed over the player's nonce; nothing in it says whose the player is. Faults: `player_refused`.
 */
export async function answerPlayer(
  deps: PairingDeps,
  asked: { readonly playerKey: string; readonly report: string },
): Promise<Result<string, Fault<'player_refused'>>> {
  const key = await verifyPlayerKey(asked.playerKey);
  const read = await readPlayerReport(asked.report);
  if (!key.ok || !read.ok || key.value.signingKey !== read.value.signingKey)
    return fault('player_refused', 'key and report are not of one player');
  const { payload: report, signingKey } = read.value;
  if (report.playerId !== key.value.playerId)
    return fault('player_refused', 'key and report are not of one player');
  const now = deps.clock.now();
  const answer = await deps.db.transaction(async (stores) => {
    const known = await stores.playerKeys.find({ playerId: report.playerId });
    if (known !== null && known.recipient !== key.value.recipient) return null;
    await recordSittings(stores, {
      playerId: report.playerId,
      signingKey,
      sittings: report.openings,
      carriedBy: null,
      now,
      newId: () => newId<string>(deps.clock, deps.random),
    });
    const state = known === null ? 'unknown' : known.revoked ? 'revoked' : 'registered';
    if (!report.wantsCode || state === 'registered') return { state, code: null } as const;
    if ((await stores.playerPairings.count({})) >= OPEN_CODES) return { state, code: null } as const;
    const code = codeFor(deps.secretKeys.current('pairing').key, report.playerId, now);
    await stores.playerPairings.removeWhere({ playerId: report.playerId });
    await stores.playerPairings.insert({
      codeHash: hashOf(code.code),
      playerId: report.playerId,
      jws: asked.playerKey,
      createdAt: now,
      expiresAt: code.until,
    });
    return { state, code } as const;
  });
  if (answer === null) return fault('player_refused', 'this player is known with another key');
  const payload: PlayerAnswer = {
    version: 1,
    playerId: report.playerId,
    nonce: report.nonce,
    at: now,
    ...answer,
  };
  return ok(await signJws('keyturn-player-answer', payload, deps.signer, now));
}

/** The member (signed in at a kiosk) or staff (who checked who it is) typed what the player shows. A code works once. */
export async function pairByCode(
  deps: HubDeps,
  actor: Actor,
  memberId: MemberId,
  typed: string,
  by: 'code' | 'staff',
): Promise<Result<PlayerKeyRow, Fault<PlayerFaultCode | 'player_refused' | 'pairing_code_unknown'>>> {
  const codeHash = hashOf(typed);
  const row = await deps.db.stores.playerPairings.find({ codeHash });
  if (row === null || row.expiresAt <= deps.clock.now())
    return fault('pairing_code_unknown', 'no player shows this code, or it is too old');
  const wanted = { memberId, jws: row.jws, mediumId: null, by };
  // In one commit: a hub that dies leaves no code behind that worked already.
  return addPlayer(deps, actor, wanted, async ({ playerPairings }) => {
    await playerPairings.removeWhere({ codeHash });
  });
}

/** Removes codes that nobody can use any more; answers how many. */
export const forgetCodes = (deps: Pick<HubDeps, 'db' | 'clock'>): Promise<number> =>
  deps.db.stores.playerPairings.removeWhere({ expiresAt: { lte: deps.clock.now() } });
