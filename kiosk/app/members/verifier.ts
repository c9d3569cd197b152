import { createHmac, scrypt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { table } from '#shared/edge/store.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import { zero } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { count, currency, instant, mediumId, memberToken, moneySchema } from '#shared/protocol/primitives.ts';
import type { Bundle, MemberSession } from '#shared/protocol/terminal-api.ts';
import type { KioskDeps, PinCost } from '../deps.ts';

type Runtime = KioskDeps['runtime'];

/**
 * What this kiosk remembers of a medium whose member signed in here, so that the member can rent while the hub is away (MED-5, SYN-1): a verifier of
 * the PIN and what the offline rules need. No name, no number, no balance. The verifier is keyed with the access key that stands on
 * the medium and is not kept here: a stolen kiosk, or its disk, has nothing that a PIN could be tried against. With medium and disk
 * together each PIN costs `PIN_COST`, and the four digits of a careless member fall within the hour: that is the limit of a PIN offline.
 */
const knownMedium = z.object({
  mediumId,
  memberToken,
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  /** What the PIN was made slow with, so that another cost of a later program does not make it wrong. */
  cost: z.object({ N: z.int(), r: z.int(), p: z.int() }),
  verifier: z.string().regex(/^[0-9a-f]{64}$/),
  ageYears: z.int().min(0).max(200),
  currency,
  amountDue: moneySchema,
  heldRental: z.boolean(),
  players: z
    .array(
      z.object({
        playerId: z.string().max(64),
        recipient: z.string().max(120),
        signingKey: z.string().max(64).optional(),
        name: z.string().max(100).optional(),
      }),
    )
    .max(8),
  seenAt: instant,
});
type KnownMedium = z.infer<typeof knownMedium>;
export const knownMedia = table('kiosk_known_media', knownMedium);
/** Wrong PINs in a row per member, on disk before the answer: pulling the plug gives none back. */
export const pinTries = table('kiosk_pin_tries', z.object({ memberToken, tries: count, at: instant }));
/** What kiosks of the first version kept: verifiers that the disk alone could be tried against. Removed at the start. */
const OLD_TABLES = [table('kiosk_members', z.unknown()), table('kiosk_medium_owners', z.unknown())];

/** Wrong PINs in a row after which it is locked until the hub says otherwise (MED-5). */
export const PIN_TRIES = 5;
/** Who has not signed in here for so long is forgotten. */
export const REMEMBERED_DAYS = 30;
const REMEMBERED_MEDIA = 2_000;
/** OWASP Password Storage Cheat Sheet, scrypt: N=2^15, r=8, p=3: 32 MiB and about a third of a second on a small computer. */
export const PIN_COST: PinCost = { N: 32_768, r: 8, p: 3 };

/** A PIN made slow, in the memory of one session only: what a verifier for a medium is made of once the medium is known. */
export interface SlowPin {
  readonly salt: string;
  readonly cost: PinCost;
  readonly derived: Uint8Array;
}

export async function slowPin(
  { runtime, pinCost: cost }: Pick<KioskDeps, 'runtime' | 'pinCost'>,
  pin: string,
): Promise<SlowPin> {
  const salt = Buffer.from(runtime.random.bytes(16)).toString('hex');
  return { salt, cost, derived: await derive(pin, salt, cost) };
}

const derive = (pin: string, salt: string, { N, r, p }: PinCost): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    scrypt(pin, Buffer.from(salt, 'hex'), 32, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error === null ? resolve(new Uint8Array(key)) : reject(error),
    );
  });

/** Bound to this medium's access key and to this kiosk: a row that is copied elsewhere fits nothing. */
const verifierFor = ({ identity }: Pick<Runtime, 'identity'>, accessKey: string, derived: Uint8Array) =>
  createHmac('sha256', accessKey)
    .update(`keyturn/offline-pin/1:${identity.terminalId}:`)
    .update(derived)
    .digest();

/** Remembers the medium of a member whom the hub has just recognised; wrong tries are forgiven with it. */
export function rememberMedium(
  runtime: Runtime,
  medium: { readonly mediumId: MediumId; readonly accessKey: string },
  session: MemberSession,
  pin: SlowPin,
): void {
  const row: KnownMedium = {
    mediumId: medium.mediumId,
    memberToken: session.memberToken,
    salt: pin.salt,
    cost: pin.cost,
    verifier: verifierFor(runtime, medium.accessKey, pin.derived).toString('hex'),
    ageYears: session.ageYears,
    currency: session.currency,
    amountDue: session.amountDue,
    heldRental: session.heldRental,
    players: playersIn(session),
    seenAt: runtime.clock.now(),
  };
  runtime.record((tx) => tx.put(knownMedia, medium.mediumId, row));
}

const playersIn = ({ playerKeys }: MemberSession): KnownMedium['players'] =>
  playerKeys.map(({ playerId, recipient, signingKey, name }) => ({
    playerId,
    recipient,
    ...(signingKey === undefined ? {} : { signingKey }),
    ...(name === undefined ? {} : { name }),
  }));

/** The member's players as they are now, for the next visit without the hub. */
export function rememberPlayers(runtime: Runtime, session: MemberSession): void {
  const rows = runtime.store
    .list(knownMedia)
    .filter(({ value }) => value.memberToken === session.memberToken);
  if (rows.length === 0) return;
  const players = playersIn(session);
  runtime.record((tx) => {
    for (const { key, value } of rows) tx.put(knownMedia, key, { ...value, players });
  });
}

/** The hub has recognised the member: what was mistyped here before is forgiven. */
export function forgiveTries(runtime: Runtime, token: string): void {
  if (runtime.store.get(pinTries, token) !== null) runtime.record((tx) => tx.remove(pinTries, token));
}

export type OfflineSignInFault = Fault<'offline_member_unknown' | 'pin_wrong' | 'pin_locked'>;

/**
 * Checks a PIN against this kiosk's own verifier. A try is counted durably before the PIN is looked at, and taken back when it was right:
 * whoever pulls the plug in between has lost one, and tries at once cannot share one. The hub hears of each wrong one.
 */
export async function signInOffline(
  runtime: Runtime,
  medium: { readonly mediumId: MediumId; readonly accessKey: string } | null,
  pin: string,
): Promise<Result<MemberSession, OfflineSignInFault>> {
  const known = medium === null ? null : runtime.store.get(knownMedia, medium.mediumId);
  if (medium === null || known === null)
    return fault('offline_member_unknown', 'this kiosk does not know the member');
  const { memberToken: token } = known;
  const at = runtime.clock.now();
  const before = runtime.record((tx) => {
    const tries = tx.get(pinTries, token)?.tries ?? 0;
    if (tries < PIN_TRIES) tx.put(pinTries, token, { memberToken: token, tries: tries + 1, at });
    return tries;
  });
  if (before >= PIN_TRIES) return fault('pin_locked', 'too many wrong PINs', { triesLeft: 0 });
  const derived = await derive(pin, known.salt, known.cost);
  const right = timingSafeEqual(
    verifierFor(runtime, medium.accessKey, derived),
    Buffer.from(known.verifier, 'hex'),
  );
  if (right) {
    runtime.record((tx) => tx.remove(pinTries, token));
    return ok(offlineSession(known));
  }
  runtime.record((tx) => tx.emit({ kind: 'pin.refused', data: { memberToken: token, at } }));
  const left = PIN_TRIES - before - 1;
  return left === 0
    ? fault('pin_locked', 'too many wrong PINs', { triesLeft: 0 })
    : fault('pin_wrong', 'wrong PIN', { triesLeft: left });
}

/**
 * Forgets what may not be used any more: media not seen here for `REMEMBERED_DAYS`, members whose PIN, lock or state changed at the hub since,
 * the oldest beyond `REMEMBERED_MEDIA`, and wrong tries at what is not remembered any more. Run at the start, with every bundle and once a day.
 */
export function forgetMedia(runtime: Runtime, bundle: Bundle | null): void {
  const changed = new Map(bundle?.pinsChanged?.map((one) => [one.memberToken, one.at] as const));
  const since = epochMs(runtime.clock.now() - REMEMBERED_DAYS * 86_400_000);
  const rows = [...runtime.store.list(knownMedia)].sort((a, b) => b.value.seenAt - a.value.seenAt);
  const over = rows.filter(
    ({ value }, index) =>
      index >= REMEMBERED_MEDIA ||
      value.seenAt < since ||
      value.seenAt < (changed.get(value.memberToken) ?? 0),
  );
  const old = OLD_TABLES.flatMap((from) => runtime.store.list(from).map(({ key }) => ({ from, key })));
  const forgotten = new Set(over);
  const left = new Set(rows.filter((row) => !forgotten.has(row)).map(({ value }) => value.memberToken));
  const tries = runtime.store.list(pinTries).filter(({ value }) => !left.has(value.memberToken));
  if (over.length + old.length + tries.length === 0) return;
  runtime.record((tx) => {
    for (const { key } of over) tx.remove(knownMedia, key);
    for (const { key } of tries) tx.remove(pinTries, key);
    for (const { from, key } of old) tx.remove(from, key);
  });
}

/** What is known of a member without the hub; it carries no session token, so that nothing of the hub can be asked with it. */
const offlineSession = (known: KnownMedium): MemberSession => ({
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
