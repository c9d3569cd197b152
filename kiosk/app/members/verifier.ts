import { scrypt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { table } from '#shared/edge/store.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import { zero } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { currency, instant, mediumId, memberToken, moneySchema } from '#shared/protocol/primitives.ts';
import type { MemberSession } from '#shared/protocol/terminal-api.ts';
import type { KioskDeps } from '../deps.ts';

/**
 * What this kiosk remembers of members who signed in here, so that they can rent while the hub is away (MED-5, SYN-1): a salted, slow verifier
 * of the PIN and what the offline rules need. No name, no number, no balance.
 */
const knownMember = z.object({
  memberToken,
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  verifier: z.string().regex(/^[0-9a-f]{64}$/),
  tries: z.int().min(0).max(5),
  ageYears: z.int().min(0).max(200),
  currency,
  amountDue: moneySchema,
  heldRental: z.boolean(),
  players: z.array(z.object({ playerId: z.string().max(64), recipient: z.string().max(120) })).max(8),
  seenAt: instant,
});
type KnownMember = z.infer<typeof knownMember>;
export const knownMembers = table('kiosk_members', knownMember);
/** Which member signed in with which medium here. */
export const mediumOwners = table('kiosk_medium_owners', z.object({ mediumId, memberToken }));

/** Wrong PINs in a row after which it is locked until the hub says otherwise (MED-5). */
export const PIN_TRIES = 5;
/** scrypt: about a tenth of a second on a small computer, so that a stolen disk does not give up a PIN at once. */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

const derive = (pin: string, salt: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(pin, Buffer.from(salt, 'hex'), 32, COST, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });

/** Remembers a member whom the hub has just recognised; wrong tries are forgiven with it. */
export async function rememberMember(
  runtime: KioskDeps['runtime'],
  session: MemberSession,
  pin: string,
  medium: MediumId | null,
): Promise<void> {
  const salt = Buffer.from(runtime.random.bytes(16)).toString('hex');
  const verifier = (await derive(pin, salt)).toString('hex');
  const row: KnownMember = {
    memberToken: session.memberToken,
    salt,
    verifier,
    tries: 0,
    ageYears: session.ageYears,
    currency: session.currency,
    amountDue: session.amountDue,
    heldRental: session.heldRental,
    players: session.playerKeys,
    seenAt: runtime.clock.now(),
  };
  runtime.record((tx) => {
    tx.put(knownMembers, session.memberToken, row);
    if (medium !== null) tx.put(mediumOwners, medium, { mediumId: medium, memberToken: session.memberToken });
  });
}

export type OfflineSignInFault = Fault<'offline_member_unknown' | 'pin_wrong' | 'pin_locked'>;

/** Checks a PIN against this kiosk's own verifier. Each wrong try is on disk before it is answered, so that pulling the plug gives none back. */
export async function signInOffline(
  runtime: KioskDeps['runtime'],
  medium: MediumId | null,
  pin: string,
): Promise<Result<MemberSession, OfflineSignInFault>> {
  const owner = medium === null ? null : runtime.store.get(mediumOwners, medium);
  const known = owner === null ? null : runtime.store.get(knownMembers, owner.memberToken);
  if (known === null) return fault('offline_member_unknown', 'this kiosk does not know the member');
  if (known.tries >= PIN_TRIES) return fault('pin_locked', 'too many wrong PINs');
  const given = await derive(pin, known.salt);
  const right = timingSafeEqual(given, Buffer.from(known.verifier, 'hex'));
  const tries = right ? 0 : known.tries + 1;
  if (tries !== known.tries)
    runtime.record((tx) => tx.put(knownMembers, known.memberToken, { ...known, tries }));
  if (right) return ok(offlineSession(known));
  return tries >= PIN_TRIES
    ? fault('pin_locked', 'too many wrong PINs')
    : fault('pin_wrong', 'wrong PIN', { triesLeft: PIN_TRIES - tries });
}

/** What is known of a member without the hub; it carries no session token, so that nothing of the hub can be asked with it. */
const offlineSession = (known: KnownMember): MemberSession => ({
  sessionToken: '',
  memberToken: known.memberToken,
  greeting: null,
  language: null,
  ageYears: known.ageYears,
  currency: known.currency,
  prepaid: zero(known.currency),
  points: 0,
  amountDue: known.amountDue,
  preferredMeans: [],
  playerKeys: known.players,
  rentals: [],
  reservations: [],
  history: [],
  recommendations: [],
  heldRental: known.heldRental,
});
