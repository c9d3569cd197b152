import type { HubDeps } from '#hub/app/deps.ts';
import { makeVerifier, NO_ONE, verifySecret } from '#hub/app/members/verifier.ts';
import type { StaffRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { StaffCore, StaffRole } from './accounts.ts';
import { codeHash, oneTimeCode } from './keys.ts';
import { addressGroup, foldName, giveBack, takeAttempts } from './limits.ts';
import { checkPassword, type PasswordFault } from './passwords.ts';
import { clearSecondFactor } from './second-factor.ts';
import { endSessions, rotateSession, type SignInPlace, type StaffPresence } from './sessions.ts';
import type { SignedIn, SignInDeps } from './sign-in.ts';

/** A one-time code to set a password lasts a day. */
const RESET_MS = 24 * 3_600_000;

export interface OneTimeCode {
  readonly code: string;
  readonly expiresAt: EpochMs;
}
/** Who changes accounts. */
export interface StaffActor {
  readonly staffId: string;
  readonly actor: `staff:${string}`;
}

/** A new account without a password: its one-time code, shown once, lets the person set one. Administrators are made by raising (two people). */
export async function inviteStaff(
  deps: StaffCore,
  by: StaffActor,
  person: { readonly name: string; readonly role: Exclude<StaffRole, 'admin'> },
): Promise<Result<OneTimeCode & { readonly account: StaffRow }, Fault<'staff_exists'>>> {
  return deps.db.transaction(async (stores) => {
    const now = deps.clock.now();
    const account: StaffRow = {
      staffId: newId<string>(deps.clock, deps.random),
      name: foldName(person.name),
      role: person.role,
      secretVerifier: NO_ONE,
      createdAt: now,
      disabledAt: null,
      credentialsBy: by.staffId,
      credentialsAt: now,
      totpSecret: null,
      totpConfirmedAt: null,
      totpLastStep: null,
    };
    if ((await stores.staff.insert(account)) === 'exists') return fault('staff_exists', 'this name is taken');
    const code = await issueCode(deps, stores, by, account.staffId, false);
    await note(deps, stores, by.actor, 'staff.added', account.staffId, {
      name: account.name,
      role: person.role,
    });
    return ok({ account, ...code });
  });
}

/**
 * An admin's help for who forgot a password or lost a telephone: the old password and all sessions are over at once, the one-time code sets a new one.
 * Faults: `staff_missing`, `staff_self` (for the own account there is the account page).
 */
export async function resetStaff(
  deps: StaffCore,
  by: StaffActor,
  staffId: string,
  clearsSecondFactor: boolean,
): Promise<Result<OneTimeCode, Fault<'staff_missing' | 'staff_self'>>> {
  if (staffId === by.staffId) return fault('staff_self', 'nobody resets the own account');
  return deps.db.transaction(async (stores) => {
    const row = await stores.staff.findForUpdate({ staffId });
    if (row === null) return fault('staff_missing', 'there is no account of this id');
    const credentials = { credentialsBy: by.staffId, credentialsAt: deps.clock.now() };
    await stores.staff.patch({ staffId }, { secretVerifier: NO_ONE, ...credentials });
    await endSessions(deps, stores, { staffId });
    const code = await issueCode(deps, stores, by, staffId, clearsSecondFactor);
    await note(deps, stores, by.actor, 'staff.reset', staffId, { clearsSecondFactor });
    return ok(code);
  });
}

async function issueCode(
  deps: Pick<HubDeps, 'clock' | 'random'>,
  stores: Stores,
  by: StaffActor,
  staffId: string,
  clearsSecondFactor: boolean,
): Promise<OneTimeCode> {
  await stores.staffResets.removeWhere({ staffId, usedAt: null });
  const code = oneTimeCode(deps.random);
  const createdAt = deps.clock.now();
  const expiresAt = epochMs(createdAt + RESET_MS);
  await stores.staffResets.insert({
    codeHash: codeHash(code),
    staffId,
    issuedBy: by.staffId,
    clearsSecondFactor,
    createdAt,
    expiresAt,
    usedAt: null,
  });
  return { code, expiresAt };
}

/** Sets a password with a one-time code; then the person signs in as ever. Faults: `staff_code_wrong` for a wrong, used or old code and a wrong name alike. */
export async function redeemCode(
  deps: SignInDeps,
  given: { readonly name: string; readonly code: string; readonly password: string },
  place: SignInPlace,
): Promise<Result<undefined, Fault<'staff_code_wrong' | 'staff_locked'> | PasswordFault>> {
  const name = foldName(given.name);
  const good = checkPassword(given.password, [name]);
  if (!good.ok) return good;
  const bucket = { kind: 'redeem', of: addressGroup(place.address) } as const;
  if ((await takeAttempts(deps, [bucket])) !== null) {
    await deps.alarm.raise({
      code: 'security_sign_in_guessing',
      subject: `address ${bucket.of}`,
      message: 'many wrong one-time codes',
    });
    return fault('staff_locked', 'too many wrong attempts; wait a quarter of an hour');
  }
  const secretVerifier = await makeVerifier(given.password, deps.random);
  const done = await deps.db.transaction(async (stores) => {
    const now = deps.clock.now();
    const reset = await stores.staffResets.findForUpdate({ codeHash: codeHash(given.code) });
    if (reset === null || reset.usedAt !== null || reset.expiresAt <= now) return false;
    const row = await stores.staff.findForUpdate({ staffId: reset.staffId });
    if (row === null || row.name !== name || row.disabledAt !== null) return false;
    await stores.staffResets.patch({ codeHash: reset.codeHash }, { usedAt: now });
    await stores.staff.patch({ staffId: row.staffId }, { secretVerifier });
    if (reset.clearsSecondFactor) await clearSecondFactor(stores, row.staffId);
    await endSessions(deps, stores, { staffId: row.staffId });
    await note(deps, stores, `staff:${row.name}`, 'staff.password_set', row.staffId, { byCode: true });
    return true;
  });
  if (!done)
    return fault('staff_code_wrong', 'name or one-time code is wrong, or the code is used or too old');
  await giveBack(deps, [bucket]);
  return ok(undefined);
}

/** The own password, with the old one; other sessions end, this one goes on under a new token. */
export async function changePassword(
  deps: SignInDeps,
  { account, session, identity }: StaffPresence,
  given: { readonly current: string; readonly next: string },
): Promise<Result<SignedIn, Fault<'staff_unknown' | 'staff_locked'> | PasswordFault>> {
  const bucket = { kind: 'prove', of: account.staffId } as const;
  if ((await takeAttempts(deps, [bucket])) !== null)
    return fault('staff_locked', 'too many wrong attempts; wait a quarter of an hour');
  if (!(await verifySecret(given.current, account.secretVerifier)))
    return fault('staff_unknown', 'the present password is wrong');
  await giveBack(deps, [bucket]);
  const good = checkPassword(given.next, [account.name]);
  if (!good.ok) return good;
  const secretVerifier = await makeVerifier(given.next, deps.random);
  const { staffId } = account;
  const made = await deps.db.transaction(async (stores) => {
    await stores.staff.patch({ staffId }, { secretVerifier });
    await endSessions(deps, stores, { staffId, but: session.tokenHash });
    await note(deps, stores, `staff:${identity.name}`, 'staff.password_set', staffId, { byCode: false });
    return session.level === 'full' ? rotateSession(deps, stores, session) : { token: '', session };
  });
  return ok({ token: made.token, presence: { identity, account, session: made.session }, device: null });
}

type ChangeFault = Fault<'staff_missing' | 'staff_self' | 'last_admin'>;

/** Gives an account another role; its sessions end at once, so that nobody goes on with the rights of before. Call it inside a transaction. */
export async function setRole(
  deps: Pick<HubDeps, 'clock'>,
  stores: Stores,
  by: StaffActor,
  staffId: string,
  role: StaffRole,
): Promise<Result<StaffRow, ChangeFault>> {
  const row = await changeable(stores, by, staffId, role !== 'admin');
  if (!row.ok || row.value.role === role) return row;
  await stores.staff.patch({ staffId }, { role });
  await endSessions(deps, stores, { staffId });
  await note(deps, stores, by.actor, 'staff.role_changed', staffId, { from: row.value.role, to: role });
  return ok({ ...row.value, role });
}

/** Closes an account, or opens it again; a closed one has no sessions. Call it inside a transaction. */
export async function setDisabled(
  deps: Pick<HubDeps, 'clock'>,
  stores: Stores,
  by: StaffActor,
  staffId: string,
  disabled: boolean,
): Promise<Result<StaffRow, ChangeFault>> {
  const row = await changeable(stores, by, staffId, disabled);
  if (!row.ok || (row.value.disabledAt !== null) === disabled) return row;
  const disabledAt = disabled ? deps.clock.now() : null;
  await stores.staff.patch({ staffId }, { disabledAt });
  await endSessions(deps, stores, { staffId });
  await note(deps, stores, by.actor, disabled ? 'staff.disabled' : 'staff.enabled', staffId, {});
  return ok({ ...row.value, disabledAt });
}

/** Not the own account, and never the last administrator: all accounts are locked while that is counted. */
async function changeable(
  stores: Stores,
  by: StaffActor,
  staffId: string,
  losesAdmin: boolean,
): Promise<Result<StaffRow, ChangeFault>> {
  if (staffId === by.staffId) return fault('staff_self', 'nobody changes the own account this way');
  const admins = await stores.staff.list(
    { role: 'admin', disabledAt: null },
    { orderBy: ['staffId'], limit: 100 },
  );
  for (const { staffId: id } of admins) await stores.staff.findForUpdate({ staffId: id });
  const row = await stores.staff.findForUpdate({ staffId });
  if (row === null) return fault('staff_missing', 'there is no account of this id');
  const others = await stores.staff.count({ role: 'admin', disabledAt: null, staffId: { not: staffId } });
  return losesAdmin && row.role === 'admin' && others === 0
    ? fault('last_admin', 'somebody has to be an administrator')
    : ok(row);
}

const note = (
  deps: Pick<HubDeps, 'clock'>,
  stores: Stores,
  actor: `staff:${string}`,
  action: string,
  subject: string,
  detail: Readonly<Record<string, unknown>>,
) => stores.audit.append({ at: deps.clock.now(), actor, action, subject, detail });
