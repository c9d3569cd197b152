import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HubDeps } from '#hub/app/deps.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** A working day; then staff sign in again. */
export const STAFF_SESSION_MS = 10 * 3_600_000;

export interface StaffSessions {
  /** A token for the cookie: names the account and its end, sealed with the hub's key. */
  open(staffId: string): { readonly token: string; readonly expiresAt: EpochMs };
  /** The account of a token that is whole, not over and not signed out; else null. */
  read(token: string): string | null;
  end(token: string): void;
}

/**
 * Sessions without a table: every hub of the fleet that shares the key reads every other's tokens. A sign-out is
 * remembered until the token would have ended anyway.
 */
export function openStaffSessions(deps: Pick<HubDeps, 'clock' | 'random'>, key: Uint8Array): StaffSessions {
  const ended = new Map<string, number>();
  const seal = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  const parse = (token: string): { staffId: string; expiresAt: number } | null => {
    const [version, staffId, expires, nonce, mac] = token.split('.');
    if (version !== 'v1' || staffId === undefined || expires === undefined || mac === undefined) return null;
    const right = Buffer.from(seal(`v1.${staffId}.${expires}.${nonce}`));
    const given = Buffer.from(mac);
    if (right.length !== given.length || !timingSafeEqual(right, given)) return null;
    return { staffId, expiresAt: Number(expires) };
  };
  return {
    open(staffId) {
      const expiresAt = (deps.clock.now() + STAFF_SESSION_MS) as EpochMs;
      const nonce = Buffer.from(deps.random.bytes(16)).toString('base64url');
      const text = `v1.${staffId}.${expiresAt}.${nonce}`;
      return { token: `${text}.${seal(text)}`, expiresAt };
    },
    read(token) {
      if (token.length > 400 || ended.has(token)) return null;
      const parsed = parse(token);
      return parsed === null || parsed.expiresAt <= deps.clock.now() ? null : parsed.staffId;
    },
    end(token) {
      const parsed = parse(token);
      if (parsed !== null) ended.set(token, parsed.expiresAt);
      for (const [other, expiresAt] of ended) if (expiresAt <= deps.clock.now()) ended.delete(other);
    },
  };
}
