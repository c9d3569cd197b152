import { createPublicKey, verify as fits } from 'node:crypto';
import { CompactSign, importJWK } from 'jose';
import { z } from 'zod';
import type { CopyId, MediumId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { readCompact, readJson } from './compact-jws.ts';
import { ageRecipient, epoch, hex, text, uuid } from './json.ts';
import { LIMITS } from './layout.ts';

export const playerId = z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/);

/** Payload of `players/<id>.jws`: a player's public age key, signed by the player's own Ed25519 key named in the header (PLY-1). */
export const playerKeySchema = z.object({
  version: z.literal(1),
  playerId,
  recipient: ageRecipient,
  name: text(100),
  createdAt: epoch,
});
export type PlayerKey = z.infer<typeof playerKeySchema>;

/** From when until when a player had one copy open, its own time. */
const opening = z.object({ copyId: uuid<CopyId>(), from: epoch, until: epoch });
export type Opening = z.infer<typeof opening>;

/**
 * Payload of `players/<id>.openings.jws` (MS-31): the latest sittings of one player with copies of one medium, so that a copy that is open in two
 * places is noticed (SEC-8). No title, no place in it, nobody's name.
 */
export const openingsSchema = z.object({
  version: z.literal(1),
  playerId,
  mediumId: uuid<MediumId>(),
  openings: z.array(opening).max(LIMITS.openings).readonly(),
});
export type Openings = z.infer<typeof openingsSchema>;

/** What a player tells the hub when it has a network (SEC-6): asks for a pairing code or how it stands, and brings its openings. */
export const playerReportSchema = z.object({
  version: z.literal(1),
  playerId,
  /** Made for this question; the hub's answer repeats it, so that an old answer is none. */
  nonce: hex(16),
  at: epoch,
  wantsCode: z.boolean(),
  openings: z
    .array(opening.extend({ mediumId: uuid<MediumId>() }))
    .max(LIMITS.openings)
    .readonly(),
});
export type PlayerReport = z.infer<typeof playerReportSchema>;

/** The hub's signed answer to a report (type `keyturn-player-answer`). */
export const playerAnswerSchema = z.object({
  version: z.literal(1),
  playerId,
  nonce: hex(16),
  /** The hub's time: what a player may believe, whatever its own clock says. */
  at: epoch,
  /** `unknown`: nobody's player yet. */
  state: z.enum(['unknown', 'registered', 'revoked']),
  /** To be typed at a kiosk by its member; null where none was asked for, or none is needed. */
  code: z
    .object({ code: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/), until: epoch })
    .nullable(),
});
export type PlayerAnswer = z.infer<typeof playerAnswerSchema>;

/** Ed25519 key of a player: JWK with its private part, kept by the player. */
export interface PlayerSigningKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d: string;
}

/** A player's verified document: what it says, and the key that signed it (Ed25519 `x`), by which a controller knows the player (MS-22). */
export type KnownPlayer = PlayerKey & { readonly signingKey: string };

const jwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  d: z.undefined().optional(),
});
/** RFC 7515 §4.1.11: extensions that are critical are not understood here. */
const headerSchema = z.object({
  alg: z.literal('EdDSA'),
  jwk,
  typ: z.unknown().optional(),
  crit: z.undefined().optional(),
});
type Header = z.infer<typeof headerSchema>;

const DOCUMENTS = {
  'keyturn-player': { schema: playerKeySchema, maxChars: LIMITS.playerKeyBytes },
  'keyturn-openings': { schema: openingsSchema, maxChars: LIMITS.openingsBytes },
  'keyturn-player-report': { schema: playerReportSchema, maxChars: LIMITS.openingsBytes },
} as const;
type PlayerDocument = keyof typeof DOCUMENTS;
type PayloadOf<D extends PlayerDocument> = z.infer<(typeof DOCUMENTS)[D]['schema']>;

export type PlayerKeyFault = Fault<'malformed' | 'signature_invalid'>;
export interface SignedByPlayer<T> {
  readonly payload: T;
  /** The key that signed (Ed25519 `x`): one player, one key. */
  readonly signingKey: string;
}

async function sign<D extends PlayerDocument>(
  type: D,
  payload: PayloadOf<D>,
  key: PlayerSigningKey,
): Promise<string> {
  const { kty, crv, x } = key;
  return new CompactSign(Buffer.from(JSON.stringify(DOCUMENTS[type].schema.parse(payload))))
    .setProtectedHeader({ alg: 'EdDSA', typ: type, jwk: { kty, crv, x } })
    .sign(await importJWK({ ...key }, 'EdDSA'));
}

async function verify<D extends PlayerDocument>(
  type: D,
  jws: string,
): Promise<Result<SignedByPlayer<PayloadOf<D>>, PlayerKeyFault>> {
  const { schema, maxChars } = DOCUMENTS[type];
  if (jws.length > maxChars) return fault('malformed', 'player document too long');
  try {
    const [first = '', body = ''] = jws.split('.');
    const header = headerSchema.safeParse(readJson(first));
    if (!header.success || !signatureFits(jws, header.data))
      return fault('signature_invalid', 'not signed by the key it names');
    if (header.data.typ !== type) return fault('malformed', `no ${type} document`);
    const parsed = schema.safeParse(readJson(body));
    if (!parsed.success) return fault('malformed', 'another shape');
    return ok({ payload: parsed.data as PayloadOf<D>, signingKey: header.data.jwk.x });
  } catch {
    return fault('signature_invalid', 'not signed by the key it names');
  }
}

/**
 * EdDSA (RFC 8037 §3.1) by the key that the header names. Asked of node:crypto in place, as the fleet's own signatures are (`signing.ts`): a medium brings the documents of
 * all its players at each look.
 */
function signatureFits(jws: string, { jwk: { kty, crv, x } }: Header): boolean {
  const parts = readCompact(jws);
  if (parts === null) return false;
  const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
  return fits(null, parts.signed, key, parts.signature);
}

/** Signs a player's public key with the player's own key: shows possession, says nothing about the fleet. */
export const signPlayerKey = (payload: PlayerKey, key: PlayerSigningKey): Promise<string> =>
  sign('keyturn-player', payload, key);
export const signOpenings = (payload: Openings, key: PlayerSigningKey): Promise<string> =>
  sign('keyturn-openings', payload, key);
export const signPlayerReport = (payload: PlayerReport, key: PlayerSigningKey): Promise<string> =>
  sign('keyturn-player-report', payload, key);

/** Verifies a player's document against the key it names. Which player belongs to which member is the hub's knowledge. */
export async function verifyPlayerKey(jws: string): Promise<Result<KnownPlayer, PlayerKeyFault>> {
  const verified = await verify('keyturn-player', jws);
  return verified.ok ? ok({ ...verified.value.payload, signingKey: verified.value.signingKey }) : verified;
}
export const readOpenings = (jws: string): Promise<Result<SignedByPlayer<Openings>, PlayerKeyFault>> =>
  verify('keyturn-openings', jws);
export const readPlayerReport = (
  jws: string,
): Promise<Result<SignedByPlayer<PlayerReport>, PlayerKeyFault>> => verify('keyturn-player-report', jws);
