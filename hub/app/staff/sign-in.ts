import { NO_ONE, verifySecret } from '#hub/app/members/verifier.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { StaffRow, StaffSessionRow } from '#hub/ports/rows/index.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { identityOf, type StaffCore } from './accounts.ts';
import { codeHash } from './keys.ts';
import { addressGroup, type Bucket, foldName, giveBack, hashedName, takeAttempts } from './limits.ts';
import { endSessions, openSession, rotateSession, type SignInPlace, type StaffPresence } from './sessions.ts';
import { isTotpCode, totpStep } from './totp.ts';

export type SignInDeps = StaffCore & { readonly alarm: SecurityAlarm };

export interface SignedIn {
  readonly token: string;
  readonly presence: StaffPresence;
  /** For the browser to keep: this account was signed in here. Null while the second factor is still to come. */
  readonly device: string | null;
}
export type SignInFault = Fault<'staff_unknown' | 'staff_locked' | 'second_factor_wrong'>;

const LOCKED = fault('staff_locked', 'too many wrong attempts; wait a quarter of an hour');
const UNKNOWN = fault('staff_unknown', 'name or password is wrong');
const CODE_WRONG = fault('second_factor_wrong', 'this code is wrong, used already, or too old');

/**
 * SEC-7: name and password, and the code of the second factor where it is given at once. A known name with a wrong password, an unknown name, a
 * closed account and one without password get the same answer after the same work. The session is `full`, waits for the second factor, or may only set one
 * up. Faults: `staff_unknown`, `staff_locked`, `second_factor_wrong`.
 */
export async function signIn(
  deps: SignInDeps,
  given: { readonly name: string; readonly password: string; readonly code: string | null },
  place: SignInPlace,
): Promise<Result<SignedIn, SignInFault>> {
  const name = foldName(given.name);
  const row = await deps.db.stores.staff.first({ name });
  const buckets = bucketsOf(deps, row, name, place);
  const used = await takeAttempts(deps, buckets);
  if (used !== null) {
    await deps.alarm.raise({
      code: 'security_sign_in_guessing',
      subject:
        used.kind === 'address' ? `address ${addressGroup(place.address)}` : (row?.name ?? 'unknown names'),
      message: 'many wrong passwords at the staff sign-in; further ones are refused for a while',
    });
    return LOCKED;
  }
  const right = await verifySecret(given.password, row?.secretVerifier ?? NO_ONE);
  if (row === null || !right || row.disabledAt !== null) return UNKNOWN;
  await giveBack(deps, buckets);
  const level = levelFor(deps, row);
  const opened = await deps.db.transaction((stores) => openSession(deps, stores, row.staffId, level, place));
  const presence = { identity: identityOf(row), session: opened.session, account: row };
  if (level !== 'password') return ok(await welcome(deps, opened.token, presence));
  if (given.code === null) return ok({ token: opened.token, presence, device: null });
  const second = await secondFactor(deps, presence, given.code);
  if (!second.ok) await endSessions(deps, deps.db.stores, { tokenHash: opened.session.tokenHash });
  return second;
}

const levelFor = (deps: StaffCore, row: StaffRow): StaffSessionRow['level'] => {
  if (row.totpConfirmedAt !== null) return 'password';
  return deps.secondFactorFor.has(row.role) ? 'setup' : 'full';
};

function bucketsOf(deps: StaffCore, row: StaffRow | null, name: string, place: SignInPlace): Bucket[] {
  const device =
    row === null || place.device === null ? null : deps.staffKeys.deviceOf(place.device, row.staffId);
  if (device !== null) return [{ kind: 'device', of: device }];
  const address = addressGroup(place.address);
  const account = hashedName(name);
  return [
    { kind: 'address', of: address },
    { kind: 'pair', of: `${account}:${address}` },
    { kind: 'account', of: account },
  ];
}

/** The second step of a sign-in: a code of the authenticator app, or a backup code. A right one makes a new, full session. */
export async function secondFactor(
  deps: SignInDeps,
  { account, session, identity }: StaffPresence,
  code: string,
): Promise<Result<SignedIn, SignInFault>> {
  const buckets: Bucket[] = isTotpCode(code)
    ? [
        { kind: 'half', of: session.sessionId },
        { kind: 'second', of: account.staffId },
      ]
    : [{ kind: 'half', of: session.sessionId }];
  const used = await takeAttempts(deps, buckets);
  if (used !== null) {
    await endSessions(deps, deps.db.stores, { tokenHash: session.tokenHash });
    await deps.alarm.raise({
      code: 'security_second_factor_guessing',
      subject: account.name,
      severity: 'critical',
      message: `somebody who knows the password of ${account.name} guesses codes of the second factor; a new password is needed`,
    });
    return LOCKED;
  }
  if (!(await useCode(deps, account.staffId, code))) return CODE_WRONG;
  await giveBack(deps, buckets);
  const made = await deps.db.transaction((stores) => rotateSession(deps, stores, session));
  return ok(await welcome(deps, made.token, { identity, account, session: made.session }));
}

/** Uses a code up: a step of the app once, a backup code once, also when two hubs are asked at the same time. */
export async function useCode(deps: StaffCore, staffId: string, code: string): Promise<boolean> {
  const now = deps.clock.now();
  if (!isTotpCode(code)) {
    const match = { codeHash: codeHash(code), staffId, usedAt: null };
    return (await deps.db.stores.staffBackupCodes.patchWhere(match, { usedAt: now })) === 1;
  }
  return deps.db.transaction(async (stores) => {
    const row = await stores.staff.findForUpdate({ staffId });
    const secret = row?.totpSecret == null ? null : deps.staffKeys.unseal(row.totpSecret);
    if (row === null || secret === null || row.totpConfirmedAt === null) return false;
    const step = totpStep(secret, code, deps.authenticatorClock.now(), row.totpLastStep);
    return step !== null && stores.staff.patch({ staffId }, { totpLastStep: step });
  });
}

/** Proves oneself again inside a session, by the second factor, or by the password where there is none. The session goes on under a new token. */
export async function proveAgain(
  deps: SignInDeps,
  presence: StaffPresence,
  proof: string,
): Promise<Result<SignedIn, SignInFault>> {
  const { account, session, identity } = presence;
  const buckets: Bucket[] = [{ kind: 'prove', of: account.staffId }];
  if ((await takeAttempts(deps, buckets)) !== null) {
    await deps.alarm.raise({
      code: 'security_second_factor_guessing',
      subject: account.name,
      severity: 'critical',
      message: `many wrong proofs inside a session of ${account.name}`,
    });
    return LOCKED;
  }
  const right =
    account.totpConfirmedAt === null
      ? await verifySecret(proof, account.secretVerifier)
      : await useCode(deps, account.staffId, proof);
  if (!right) return account.totpConfirmedAt === null ? UNKNOWN : CODE_WRONG;
  await giveBack(deps, buckets);
  if (session.level !== 'full') {
    await deps.db.stores.staffSessions.patch(
      { tokenHash: session.tokenHash },
      { provedAt: deps.clock.now() },
    );
    return ok({ token: '', presence, device: null });
  }
  const made = await deps.db.transaction((stores) => rotateSession(deps, stores, session));
  return ok({ token: made.token, presence: { identity, account, session: made.session }, device: null });
}

async function welcome(deps: StaffCore, token: string, presence: StaffPresence): Promise<SignedIn> {
  const { identity, session } = presence;
  await deps.db.stores.audit.append({
    at: deps.clock.now(),
    actor: `staff:${identity.name}`,
    action: 'staff.signed_in',
    subject: identity.staffId,
    detail: { level: session.level, address: session.address },
  });
  return { token, presence, device: deps.staffKeys.deviceToken(identity.staffId) };
}
