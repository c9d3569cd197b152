import { createHash } from 'node:crypto';
import type { Actor, HubDeps } from '#hub/app/deps.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { MediumId, MemberId, SiteId } from '#shared/kernel/ids.ts';
import type { Currency } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';
import { makeVerifier, NO_ONE, verifySecret } from './verifier.ts';

/** Five wrong PINs lock (MED-5); staff can reset. */
export const PIN_TRIES = 5;

export interface NewMember {
  readonly displayName: string;
  readonly birthYear: number;
  readonly pin: string;
  readonly language: MemberRow['language'];
  readonly siteId: SiteId;
}

export const accessKeyHash = (accessKey: string): string =>
  createHash('sha256').update(accessKey).digest('hex');

/** The short form of a registration, at kiosk or counter (MBR-1). Number and token are made here; the token is all that terminals know. */
export async function registerMember(
  deps: HubDeps,
  actor: Actor,
  person: NewMember,
): Promise<Result<MemberRow, Fault<'site_missing'>>> {
  const site = await deps.db.stores.sites.find({ siteId: person.siteId });
  if (site === null) return fault('site_missing', 'there is no site of this id');
  const pinVerifier = await makeVerifier(person.pin, deps.random);
  for (;;) {
    const row: MemberRow = {
      memberId: newId<MemberId>(deps.clock, deps.random),
      token: `mt_${Buffer.from(deps.random.bytes(24)).toString('base64url')}`,
      number: memberNumber(deps.random),
      displayName: person.displayName,
      birthYear: person.birthYear,
      language: person.language,
      pinVerifier,
      pinTries: 0,
      pinLockedAt: null,
      preferredMeans: ['prepaid', 'held_card', 'card_reader'],
      currency: site.calendar.currency as Currency,
      siteId: person.siteId,
      state: 'active',
      createdAt: deps.clock.now(),
    };
    const inserted = await deps.db.transaction(async (stores) => {
      const made = await stores.members.insert(row);
      if (made === 'created')
        await stores.audit.append({
          at: row.createdAt,
          actor,
          action: 'member.registered',
          subject: row.memberId,
          detail: { siteId: row.siteId },
        });
      return made;
    });
    // A number that is taken is made again: eight digits leave room, but chance repeats.
    if (inserted === 'created') return ok(row);
  }
}

/** Eight digits, the last one a check digit (Luhn), so that a mistyped number is not somebody else's. */
function memberNumber(random: Pick<HubDeps['random'], 'below'>): string {
  const digits = Array.from({ length: 7 }, (_, place) =>
    place === 0 ? 1 + random.below(9) : random.below(10),
  );
  const sum = digits.reduce((total, digit, place) => {
    const doubled = place % 2 === 0 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${digits.join('')}${(10 - (sum % 10)) % 10}`;
}

export interface SignIn {
  readonly mediumId: MediumId | null;
  readonly accessKey: string | null;
  readonly memberNumber: string | null;
  readonly pin: string;
}
export type SignInFault = Fault<'member_unknown' | 'pin_wrong' | 'pin_locked' | 'member_blocked'>;

/** Whose medium this is, or null: the access key on it must be the one it was registered with (MED-5). */
export async function ownerOfMedium(
  stores: Pick<HubDeps['db']['stores'], 'media' | 'members'>,
  mediumId: MediumId,
  accessKey: string,
): Promise<MemberRow | null> {
  const medium = await stores.media.find({ mediumId });
  if (medium === null || medium.memberId === null || medium.accessKeyHash !== accessKeyHash(accessKey))
    return null;
  return stores.members.find({ memberId: medium.memberId });
}

/**
 * Signs a member in with medium or number and PIN. An unknown member takes as long as a known one with a wrong PIN. Each wrong PIN is
 * counted before the answer leaves, under the row's lock, so that many at once do not get more tries.
 */
export async function signIn(deps: HubDeps, request: SignIn): Promise<Result<MemberRow, SignInFault>> {
  const member = await findMember(deps, request);
  const right = await verifySecret(request.pin, member?.pinVerifier ?? NO_ONE);
  if (member === null) return fault('member_unknown', 'no member has this medium or number');
  return deps.db.transaction(async (stores) => {
    const row = await stores.members.findForUpdate({ memberId: member.memberId });
    if (row === null || row.state === 'deleted')
      return fault('member_unknown', 'no member has this medium or number');
    if (row.pinTries >= PIN_TRIES)
      return fault('pin_locked', 'locked after five wrong PINs; staff can reset it', { triesLeft: 0 });
    if (!right || row.pinVerifier !== member.pinVerifier) {
      const pinTries = row.pinTries + 1;
      const locked = pinTries >= PIN_TRIES;
      await stores.members.patch(
        { memberId: row.memberId },
        { pinTries, pinLockedAt: locked ? deps.clock.now() : null },
      );
      return locked
        ? fault('pin_locked', 'locked after five wrong PINs; staff can reset it', { triesLeft: 0 })
        : fault('pin_wrong', 'the PIN is wrong', { triesLeft: PIN_TRIES - pinTries });
    }
    if (row.state === 'blocked')
      return fault('member_blocked', 'this account is blocked; please ask the staff');
    if (row.pinTries > 0) await stores.members.patch({ memberId: row.memberId }, { pinTries: 0 });
    return ok({ ...row, pinTries: 0 });
  });
}

async function findMember(deps: HubDeps, request: SignIn): Promise<MemberRow | null> {
  const { stores } = deps.db;
  if (request.memberNumber !== null) return stores.members.first({ number: request.memberNumber });
  if (request.mediumId === null || request.accessKey === null) return null;
  return ownerOfMedium(stores, request.mediumId, request.accessKey);
}

/** Gives a new PIN and unlocks (MED-5): staff checked who it is. */
export async function resetPin(
  deps: HubDeps,
  actor: Actor,
  memberId: MemberId,
  pin: string,
): Promise<Result<MemberRow, Fault<'member_missing'>>> {
  const pinVerifier = await makeVerifier(pin, deps.random);
  return deps.db.transaction(async (stores) => {
    const changed = await stores.members.patch({ memberId }, { pinVerifier, pinTries: 0, pinLockedAt: null });
    const row = await stores.members.find({ memberId });
    if (!changed || row === null) return fault('member_missing', 'there is no member of this id');
    await stores.audit.append({
      at: deps.clock.now(),
      actor,
      action: 'member.pin_reset',
      subject: memberId,
      detail: {},
    });
    return ok(row);
  });
}
