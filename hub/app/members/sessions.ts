import { createHash } from 'node:crypto';
import type { HubDeps } from '#hub/app/deps.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { MemberRow, MemberSessionRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { MemberId, TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';

/** Longer than a slow write of several titles; the terminal ends it at sign-out anyway. */
const SESSION_MS = 2 * 3_600_000;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Opens a member's session at one terminal; only the token's hash is kept. */
export async function openMemberSession(
  deps: HubDeps,
  memberId: MemberId,
  terminalId: TerminalId,
): Promise<string> {
  const token = Buffer.from(deps.random.bytes(32)).toString('base64url');
  const now = deps.clock.now();
  const row: MemberSessionRow = {
    tokenHash: hashOf(token),
    memberId,
    terminalId,
    createdAt: now,
    expiresAt: epochMs(now + SESSION_MS),
    endedAt: null,
  };
  await deps.db.stores.memberSessions.insert(row);
  return token;
}

/** The member behind a session token, at the terminal that opened it and nowhere else. */
export async function memberOfSession(
  deps: Pick<HubDeps, 'clock'> & { readonly alarm?: SecurityAlarm },
  stores: Pick<Stores, 'memberSessions' | 'members'>,
  token: string,
  terminalId: TerminalId,
): Promise<Result<MemberRow, Fault<'session_over'>>> {
  const over = fault('session_over', 'this session is over; please sign in again');
  const row = await stores.memberSessions.find({ tokenHash: hashOf(token) });
  if (row !== null && row.terminalId !== terminalId)
    await deps.alarm?.raise({
      code: 'security_session_elsewhere',
      subject: terminalId,
      message: `${terminalId} used the sign-in of a member at ${row.terminalId}. It was refused.`,
      terminalId,
    });
  if (row === null || row.endedAt !== null || row.terminalId !== terminalId) return over;
  if (row.expiresAt <= deps.clock.now()) return over;
  const member = await stores.members.find({ memberId: row.memberId });
  return member === null || member.state !== 'active' ? over : ok(member);
}

/** Ends a session, at the terminal that opened it only; twice is once. */
export async function endMemberSession(deps: HubDeps, token: string, terminalId: TerminalId): Promise<void> {
  const { memberSessions } = deps.db.stores;
  const row = await memberSessions.find({ tokenHash: hashOf(token) });
  if (row !== null && row.endedAt === null && row.terminalId === terminalId)
    await memberSessions.patch({ tokenHash: row.tokenHash }, { endedAt: deps.clock.now() });
}
