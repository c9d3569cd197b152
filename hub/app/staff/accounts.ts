import type { HubDeps } from '#hub/app/deps.ts';
import { makeVerifier, NO_ONE, verifySecret } from '#hub/app/members/verifier.ts';
import type { StaffRow } from '#hub/ports/rows/index.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';

export type StaffRole = StaffRow['role'];
export interface StaffIdentity {
  readonly staffId: string;
  readonly name: string;
  readonly role: StaffRole;
}

const RANK: Record<StaffRole, number> = { auditor: 0, clerk: 1, manager: 2, admin: 3 };
/** Whether a role may do what asks for `needed`: each higher role may do everything a lower one may. */
export const roleReaches = (role: StaffRole, needed: StaffRole): boolean => RANK[role] >= RANK[needed];

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

/** Wrong passwords of one account within a quarter of an hour before it must wait (SEC-7). */
const TRIES = 8;
const WINDOW_MS = 15 * 60_000;

export interface StaffDesk {
  /** Faults: `staff_unknown` for a wrong name or password alike, `staff_locked` after too many tries. */
  signIn(
    name: string,
    password: string,
  ): Promise<Result<StaffIdentity, Fault<'staff_unknown' | 'staff_locked'>>>;
  /** The account of a session, as it is now: a disabled one has none. */
  identity(staffId: string): Promise<StaffIdentity | null>;
}

/** Sign-in of staff; the rate limit counts per account name, known or not, so that guessing tells nothing. */
export function openStaffDesk(deps: Pick<HubDeps, 'db' | 'clock'>): StaffDesk {
  const tries = new Map<string, { count: number; since: number }>();
  const failed = (name: string): void => {
    const now = deps.clock.now();
    const before = tries.get(name);
    const current =
      before === undefined || now - before.since > WINDOW_MS ? { count: 0, since: now } : before;
    tries.set(name, { ...current, count: current.count + 1 });
    if (tries.size > 10_000)
      for (const [key, { since }] of tries) if (now - since > WINDOW_MS) tries.delete(key);
  };
  return {
    async signIn(name, password) {
      const key = name.normalize('NFKC').toLowerCase();
      const before = tries.get(key);
      if (before !== undefined && before.count >= TRIES && deps.clock.now() - before.since <= WINDOW_MS)
        return fault('staff_locked', 'too many wrong passwords for this account; wait a quarter of an hour');
      const row = await deps.db.stores.staff.first({ name: key });
      const right = await verifySecret(password, row?.secretVerifier ?? NO_ONE);
      if (row === null || !right || row.disabledAt !== null) {
        failed(key);
        return fault('staff_unknown', 'name or password is wrong');
      }
      tries.delete(key);
      return ok({ staffId: row.staffId, name: row.name, role: row.role });
    },
    async identity(staffId) {
      const row = await deps.db.stores.staff.find({ staffId });
      return row === null || row.disabledAt !== null
        ? null
        : { staffId: row.staffId, name: row.name, role: row.role };
    },
  };
}
