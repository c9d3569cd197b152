import { createHash } from 'node:crypto';
import type { HubDeps } from '#hub/app/deps.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { StaffRow, StaffSessionRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { identityOf, type StaffIdentity } from './accounts.ts';

/** A working day; then staff sign in again, whatever they do (NIST SP 800-63B-4 2.2.3 asks for 24 hours at most). */
export const STAFF_SESSION_MS = 10 * 3_600_000;
/** Without a hand at the console for this long a session is over. */
export const STAFF_IDLE_MS = 3_600_000;
/** A sign-in that still lacks its second factor, or sets one up, does not wait longer. */
const HALF_SESSION_MS = 15 * 60_000;
/** What weighs much asks for password or second factor within this time. */
export const FRESH_MS = 5 * 60_000;
/** The moment of last use is written at most this often. */
const TOUCH_MS = 60_000;

/** Where a sign-in comes from; `device`: the cookie of a browser the account was signed in on before. */
export interface SignInPlace {
  readonly address: string;
  readonly agent: string;
  readonly device: string | null;
}

/** Who asks, in which session. */
export interface StaffPresence {
  readonly identity: StaffIdentity;
  readonly session: StaffSessionRow;
  readonly account: StaffRow;
}

type Deps = Pick<HubDeps, 'db' | 'clock' | 'random'>;
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whether password or second factor were proved in this session just now. */
export const isFresh = (session: StaffSessionRow, now: number): boolean => now - session.provedAt <= FRESH_MS;

/** Opens a session; 256 bits of chance name it, of which the database keeps the hash. Call it inside a transaction where an old one ends with it. */
export async function openSession(
  deps: Pick<HubDeps, 'clock' | 'random'>,
  stores: Stores,
  staffId: string,
  level: StaffSessionRow['level'],
  place: Pick<SignInPlace, 'address' | 'agent'>,
): Promise<{ readonly token: string; readonly session: StaffSessionRow }> {
  const token = Buffer.from(deps.random.bytes(32)).toString('base64url');
  const now = deps.clock.now();
  const session: StaffSessionRow = {
    tokenHash: hashOf(token),
    sessionId: newId<string>(deps.clock, deps.random),
    staffId,
    level,
    startedAt: now,
    lastSeenAt: now,
    provedAt: now,
    expiresAt: epochMs(now + (level === 'full' ? STAFF_SESSION_MS : HALF_SESSION_MS)),
    endedAt: null,
    address: place.address.slice(0, 60),
    agent: place.agent.slice(0, 160),
  };
  await stores.staffSessions.insert(session);
  return { token, session };
}

/**
 * A new token for a session that now may do more or was proved anew; the old one is over at once, so that a token somebody planted or saw
 * before is worth nothing (session fixation). The absolute end of a full session stays.
 */
export async function rotateSession(
  deps: Pick<HubDeps, 'clock' | 'random'>,
  stores: Stores,
  old: StaffSessionRow,
): Promise<{ readonly token: string; readonly session: StaffSessionRow }> {
  const made = await openSession(deps, stores, old.staffId, 'full', old);
  await endSessions(deps, stores, { tokenHash: old.tokenHash });
  if (old.level !== 'full') return made;
  const kept = { expiresAt: old.expiresAt, startedAt: old.startedAt };
  await stores.staffSessions.patch({ tokenHash: made.session.tokenHash }, kept);
  return { token: made.token, session: { ...made.session, ...kept } };
}

/** Ends sessions: one, or all of an account but the one that is kept. */
export async function endSessions(
  deps: Pick<HubDeps, 'clock'>,
  stores: Stores,
  which: { readonly tokenHash: string } | { readonly staffId: string; readonly but?: string },
): Promise<number> {
  const { staffSessions } = stores;
  const endedAt = deps.clock.now();
  if ('tokenHash' in which)
    return staffSessions.patchWhere({ tokenHash: which.tokenHash, endedAt: null }, { endedAt });
  const { staffId, but } = which;
  return staffSessions.patchWhere(
    { staffId, endedAt: null, ...(but === undefined ? {} : { tokenHash: { not: but } }) },
    { endedAt },
  );
}

const lives = (session: StaffSessionRow, now: number): boolean =>
  session.endedAt === null && session.expiresAt > now && now - session.lastSeenAt <= STAFF_IDLE_MS;

/**
 * The person behind a cookie, read from the database each time: an end, a closed account or another role hold at once on every hub.
 * `active`: a hand was at the console; what a page asks by itself does not keep a session alive.
 */
export async function presenceOf(deps: Deps, token: string, active: boolean): Promise<StaffPresence | null> {
  if (token.length > 100) return null;
  const { stores } = deps.db;
  const session = await stores.staffSessions.find({ tokenHash: hashOf(token) });
  const now = deps.clock.now();
  if (session === null || !lives(session, now)) return null;
  const account = await stores.staff.find({ staffId: session.staffId });
  if (account === null || account.disabledAt !== null) return null;
  if (active && now - session.lastSeenAt >= TOUCH_MS)
    await stores.staffSessions.patch({ tokenHash: session.tokenHash }, { lastSeenAt: now });
  return { identity: identityOf(account), session, account };
}

/** Sessions of an account that are still good, newest first. */
export async function sessionsOf(deps: Deps, staffId: string): Promise<readonly StaffSessionRow[]> {
  const rows = await deps.db.stores.staffSessions.list(
    { staffId, endedAt: null },
    { orderBy: ['startedAt'], descending: true, limit: 100 },
  );
  const now = deps.clock.now();
  return rows.filter((row) => lives(row, now));
}

/** Sessions over for a month, attempts and codes of last week: nobody asks for them again. Answers how many rows went. */
export async function sweepStaff(deps: Deps): Promise<number> {
  const { stores, now } = { stores: deps.db.stores, now: deps.clock.now() };
  const before = (days: number) => ({ lte: epochMs(now - days * 86_400_000) });
  return (
    (await stores.staffSessions.removeWhere({ expiresAt: before(30) })) +
    (await stores.staffAttempts.removeWhere({ since: before(7) })) +
    (await stores.staffResets.removeWhere({ expiresAt: before(7) }))
  );
}

/** Requests that were under way when a token was replaced are no attack. */
const ENDED_GRACE_MS = 5000;

/** Somebody uses the token of a session that was ended before its time (rotation, sign-out, closed account): whoever kept it is told on. */
export const tellEndedSession =
  (deps: Deps & { readonly alarm: SecurityAlarm }) =>
  async (token: string, place: Pick<SignInPlace, 'address'>): Promise<void> => {
    if (token.length > 100) return;
    const { stores } = deps.db;
    const session = await stores.staffSessions.find({ tokenHash: hashOf(token) });
    if (session?.endedAt == null || deps.clock.now() - session.endedAt < ENDED_GRACE_MS) return;
    const account = await stores.staff.find({ staffId: session.staffId });
    await deps.alarm.raise({
      code: 'security_ended_session_used',
      subject: account?.name ?? session.staffId,
      message: `a session that had ended was used again, from ${place.address}`,
    });
  };
