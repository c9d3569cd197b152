import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';

/**
 * What a terminal gets when the hub lets a member in there (SEC-6), and shows when it speaks for this member: nobody without the fleet's secret can make it, and a hub that was set back
 * still knows it (SYN-6), as it does a return's challenge.
 */
export const visitOf = (key: Uint8Array, terminalId: TerminalId, memberToken: string): string =>
  createHmac('sha256', key).update(`visit ${terminalId} ${memberToken}`).digest('base64url');

/** Whether the hub let this member in at that terminal. One of a version before 1.6 shows nothing: then the session that was opened there says it, as long as it is kept. */
export async function wasThere(
  stores: Pick<Stores, 'memberSessions'>,
  key: Uint8Array,
  terminalId: TerminalId,
  { memberId, token }: Pick<MemberRow, 'memberId' | 'token'>,
  shown: string | undefined,
): Promise<boolean> {
  if (shown === undefined) return (await stores.memberSessions.first({ memberId, terminalId })) !== null;
  const [told, right] = [Buffer.from(shown), Buffer.from(visitOf(key, terminalId, token))];
  return told.length === right.length && timingSafeEqual(told, right);
}
