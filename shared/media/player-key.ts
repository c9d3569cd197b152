import { CompactSign, compactVerify, EmbeddedJWK, importJWK } from 'jose';
import { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { ageRecipient, epoch, text } from './json.ts';
import { LIMITS } from './layout.ts';

/** Payload of `players/<id>.jws`: a player's public age key, signed by the player's own Ed25519 key named in the header (PLY-1). */
export const playerKeySchema = z.object({
  version: z.literal(1),
  playerId: z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/),
  recipient: ageRecipient,
  name: text(100),
  createdAt: epoch,
});
export type PlayerKey = z.infer<typeof playerKeySchema>;

/** Ed25519 key of a player: JWK with its private part, kept by the player. */
export interface PlayerSigningKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d: string;
}

/** A player's verified document: what it says, and the key that signed it (Ed25519 `x`), by which a controller knows the player (MS-22). */
export type KnownPlayer = PlayerKey & { readonly signingKey: string };

const headerSchema = z.object({
  typ: z.literal('keyturn-player'),
  jwk: z.object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  }),
});

/** Signs a player's public key with the player's own key: shows possession, says nothing about the fleet. */
export async function signPlayerKey(payload: PlayerKey, key: PlayerSigningKey): Promise<string> {
  const { kty, crv, x } = key;
  return new CompactSign(Buffer.from(JSON.stringify(playerKeySchema.parse(payload))))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'keyturn-player', jwk: { kty, crv, x } })
    .sign(await importJWK({ ...key }, 'EdDSA'));
}

/** Verifies a player's document against the key it names. Which player belongs to which member is the hub's knowledge. */
export async function verifyPlayerKey(
  jws: string,
): Promise<Result<KnownPlayer, Fault<'malformed' | 'signature_invalid'>>> {
  if (jws.length > LIMITS.playerKeyBytes) return fault('malformed', 'player document too long');
  try {
    const { payload, protectedHeader } = await compactVerify(jws, EmbeddedJWK, { algorithms: ['EdDSA'] });
    const header = headerSchema.safeParse(protectedHeader);
    if (!header.success) return fault('malformed', 'no player document');
    const parsed = playerKeySchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8')));
    if (!parsed.success) return fault('malformed', 'another shape');
    return ok({ ...parsed.data, signingKey: header.data.jwk.x });
  } catch {
    return fault('signature_invalid', 'not signed by the key it names');
  }
}
