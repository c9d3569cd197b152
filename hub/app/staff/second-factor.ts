import { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { StaffCore } from './accounts.ts';
import { codeHash, oneTimeCode } from './keys.ts';
import { endSessions, rotateSession, type StaffPresence } from './sessions.ts';
import type { SignedIn } from './sign-in.ts';
import { newTotpSecret, totpAddress, totpStep } from './totp.ts';

const BACKUP_CODES = 10;
const TICKET_MS = 15 * 60_000;
const ticketSchema = z.object({ staffId: z.string(), secret: z.string(), at: z.number() });

/** A new secret to be scanned; nothing holds before a code of it was right. `ticket` carries it sealed until then. */
export function beginSecondFactor(
  deps: StaffCore,
  { account }: StaffPresence,
): { readonly secret: string; readonly address: string; readonly ticket: string } {
  const secret = newTotpSecret(deps.random);
  const ticket = deps.staffKeys.seal(
    JSON.stringify({ staffId: account.staffId, secret, at: deps.clock.now() }),
  );
  return { secret, address: totpAddress(account.name, secret), ticket };
}

/**
 * Takes the second factor into use: the code proves that the app has the secret. Backup codes are made anew and answered once; other sessions of the
 * account end, this one goes on under a new token. Faults: `second_factor_ticket` (of another account or too old), `second_factor_wrong`.
 */
export async function confirmSecondFactor(
  deps: StaffCore,
  presence: StaffPresence,
  given: { readonly ticket: string; readonly code: string },
): Promise<
  Result<
    SignedIn & { readonly backupCodes: readonly string[] },
    Fault<'second_factor_ticket' | 'second_factor_wrong'>
  >
> {
  const { account, session } = presence;
  const ticket = readTicket(deps.staffKeys.unseal(given.ticket));
  const now = deps.clock.now();
  if (ticket === null || ticket.staffId !== account.staffId || now - ticket.at > TICKET_MS)
    return fault('second_factor_ticket', 'the picture is too old; begin again');
  const step = totpStep(ticket.secret, given.code, deps.authenticatorClock.now(), null);
  if (step === null) return fault('second_factor_wrong', 'this code is wrong or too old');
  const backupCodes = newBackupCodes(deps);
  const made = await deps.db.transaction(async (stores) => {
    const totpSecret = deps.staffKeys.seal(ticket.secret);
    await stores.staff.patch(
      { staffId: account.staffId },
      { totpSecret, totpConfirmedAt: now, totpLastStep: step },
    );
    await keepBackupCodes(deps, stores, account.staffId, backupCodes);
    await endSessions(deps, stores, { staffId: account.staffId, but: session.tokenHash });
    await note(deps, stores, presence, 'staff.second_factor_set');
    return rotateSession(deps, stores, session);
  });
  const { identity } = presence;
  return ok({
    token: made.token,
    presence: { identity, session: made.session, account: { ...account, totpConfirmedAt: now } },
    device: deps.staffKeys.deviceToken(account.staffId),
    backupCodes,
  });
}

/** Takes the second factor away; where the role demands one it can only be replaced. Fault: `second_factor_required`. */
export async function removeSecondFactor(
  deps: StaffCore,
  presence: StaffPresence,
): Promise<Result<undefined, Fault<'second_factor_required'>>> {
  const { account, session } = presence;
  if (deps.secondFactorFor.has(account.role))
    return fault(
      'second_factor_required',
      'this role signs in with a second factor; set up another one instead',
    );
  await deps.db.transaction(async (stores) => {
    await clearSecondFactor(stores, account.staffId);
    await endSessions(deps, stores, { staffId: account.staffId, but: session.tokenHash });
    await note(deps, stores, presence, 'staff.second_factor_removed');
  });
  return ok(undefined);
}

/** Ten new backup codes; the old ones are worth nothing from now on. */
export async function renewBackupCodes(deps: StaffCore, presence: StaffPresence): Promise<readonly string[]> {
  const codes = newBackupCodes(deps);
  await deps.db.transaction(async (stores) => {
    await keepBackupCodes(deps, stores, presence.account.staffId, codes);
    await note(deps, stores, presence, 'staff.backup_codes_renewed');
  });
  return codes;
}

type Stores = StaffCore['db']['stores'];

export async function clearSecondFactor(stores: Stores, staffId: string): Promise<void> {
  await stores.staff.patch({ staffId }, { totpSecret: null, totpConfirmedAt: null, totpLastStep: null });
  await stores.staffBackupCodes.removeWhere({ staffId });
}

const newBackupCodes = (deps: StaffCore): readonly string[] =>
  Array.from({ length: BACKUP_CODES }, () => oneTimeCode(deps.random));

async function keepBackupCodes(
  deps: StaffCore,
  stores: Stores,
  staffId: string,
  codes: readonly string[],
): Promise<void> {
  await stores.staffBackupCodes.removeWhere({ staffId });
  const createdAt = deps.clock.now();
  await stores.staffBackupCodes.insertMany(
    codes.map((code) => ({ codeHash: codeHash(code), staffId, createdAt, usedAt: null })),
  );
}

function readTicket(text: string | null): z.infer<typeof ticketSchema> | null {
  if (text === null || !text.startsWith('{')) return null;
  const parsed = ticketSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

const note = (deps: StaffCore, stores: Stores, { identity }: StaffPresence, action: string) =>
  stores.audit.append({
    at: deps.clock.now(),
    actor: `staff:${identity.name}`,
    action,
    subject: identity.staffId,
    detail: {},
  });
