import type { HubDeps } from '#hub/app/deps.ts';
import { makeVerifier } from '#hub/app/members/verifier.ts';
import type { StaffRow } from '#hub/ports/rows/index.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { newId } from '#shared/ports/random.ts';
import type { StaffKeys } from './keys.ts';

export type StaffRole = StaffRow['role'];
export const STAFF_ROLES: readonly StaffRole[] = ['clerk', 'manager', 'auditor', 'admin'];
export interface StaffIdentity {
  readonly staffId: string;
  readonly name: string;
  readonly role: StaffRole;
}
export const identityOf = ({ staffId, name, role }: StaffRow): StaffIdentity => ({ staffId, name, role });

/** What the use cases of staff share. */
export type StaffCore = HubDeps & {
  readonly staffKeys: StaffKeys;
  /** Roles that sign in only with a second factor; who has none yet may do nothing but set one up. */
  readonly secondFactorFor: ReadonlySet<StaffRole>;
  /** The time that people's authenticator apps show; apart from `clock`, because a demo moves its own time forward and not that of telephones. */
  readonly authenticatorClock: Pick<Clock, 'now'>;
};

const ALPHABET = 'abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ2345679';
/** 20 characters that can be read aloud: more than 110 bits. */
export const randomPassword = (random: HubDeps['random']): string =>
  Array.from({ length: 20 }, () => ALPHABET[random.below(ALPHABET.length)] ?? '').join('');

/**
 * Makes the first account (`admin`) when there is none at all, with the given password or a random one. Answers the password that
 * was made up, to be shown once; null where accounts exist or the password was given.
 */
export async function ensureFirstStaff(
  deps: Pick<HubDeps, 'db' | 'clock' | 'random'>,
  given: string | null,
): Promise<string | null> {
  if ((await deps.db.stores.staff.count({})) > 0) return null;
  const password = given ?? randomPassword(deps.random);
  await addStaff(deps, { name: 'admin', role: 'admin', password });
  return given === null ? password : null;
}

/** Adds an account with a password: the hub's own way, for the first one. People add others by `inviteStaff`. */
export async function addStaff(
  deps: Pick<HubDeps, 'db' | 'clock' | 'random'>,
  person: { readonly name: string; readonly role: StaffRole; readonly password: string },
): Promise<'created' | 'exists'> {
  return deps.db.stores.staff.insert({
    staffId: newId<string>(deps.clock, deps.random),
    name: person.name,
    role: person.role,
    secretVerifier: await makeVerifier(person.password, deps.random),
    createdAt: deps.clock.now(),
    disabledAt: null,
    credentialsBy: null,
    credentialsAt: null,
    totpSecret: null,
    totpConfirmedAt: null,
    totpLastStep: null,
  });
}
