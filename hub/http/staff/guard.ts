import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { roleReaches, type StaffDesk, type StaffIdentity, type StaffRole } from '#hub/app/staff/accounts.ts';
import type { StaffSessions } from '#hub/app/staff/sessions.ts';
import { problem } from '#hub/http/problem.ts';
import { assert } from '#shared/kernel/assert.ts';

export const SESSION_COOKIE = 'keyturn_staff';
const STAFF = new WeakMap<Request, StaffIdentity>();

/** Only a page of the hub itself may change anything: a browser says where a request comes from; command lines send no Origin. */
export function originGuard(allowed: () => readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    const reads = c.req.method === 'GET' || c.req.method === 'HEAD';
    const host = c.req.header('host');
    const own =
      origin !== undefined &&
      host !== undefined &&
      new Set(['http://', 'https://'].map((scheme) => `${scheme}${host}`)).has(origin);
    const foreign = origin !== undefined && !own && !allowed().includes(origin);
    if (!reads && (foreign || site === 'cross-site'))
      return problem(c, {
        code: 'origin_foreign',
        message: 'this request came from a page of somebody else',
      });
    await next();
  };
}

/** Lets staff in whose session is whole and whose account still exists. */
export function staffGuard(sessions: StaffSessions, desk: StaffDesk): MiddlewareHandler {
  return async (c, next) => {
    const token = getCookie(c, SESSION_COOKIE);
    const staffId = token === undefined ? null : sessions.read(token);
    const identity = staffId === null ? null : await desk.identity(staffId);
    if (identity === null) return problem(c, { code: 'staff_signed_out', message: 'please sign in' });
    STAFF.set(c.req.raw, identity);
    await next();
  };
}

/** Who asks; only behind the guard. */
export function staffOf(c: Context): StaffIdentity {
  const identity = STAFF.get(c.req.raw);
  assert(identity !== undefined, 'the route lies behind the staff guard');
  return identity;
}
export const actorOf = (c: Context): `staff:${string}` => `staff:${staffOf(c).name}`;

/** For routes that not everybody may use. */
export function needs(role: StaffRole): MiddlewareHandler {
  return async (c, next) => {
    if (!roleReaches(staffOf(c).role, role))
      return problem(c, { code: 'role_insufficient', message: `this needs the role ${role}` });
    await next();
  };
}
