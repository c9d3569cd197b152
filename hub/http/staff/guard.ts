import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { StaffIdentity } from '#hub/app/staff/accounts.ts';
import { isFresh, presenceOf, type StaffPresence } from '#hub/app/staff/sessions.ts';
import { problem } from '#hub/http/problem.ts';
import { countingAudit } from '#hub/ports/audit-watch.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { StaffDeps } from './deps.ts';
import { placeOf, sessionToken } from './place.ts';
import { COMPUTES, type Right, rightOf } from './rights.ts';

const PRESENT = new WeakMap<Request, StaffPresence>();
const reads = (c: Context): boolean => c.req.method === 'GET' || c.req.method === 'HEAD';

/**
 * Only a page of the hub itself may change anything (SEC-7): a browser says which page a request comes from (Origin) and how near it is
 * (Sec-Fetch-Site), and sends the session's cookie only to its own site (SameSite=Strict). Command lines send neither header, and no cookie of anybody.
 */
export function originGuard(deps: Pick<StaffDeps, 'publicAddress' | 'alarm'>): MiddlewareHandler {
  return async (c, next) => {
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    const host = c.req.header('host');
    const own =
      origin === deps.publicAddress() ||
      (host !== undefined && (origin === `http://${host}` || origin === `https://${host}`));
    const foreign = (origin !== undefined && !own) || site === 'cross-site' || site === 'same-site';
    if (!reads(c) && foreign) {
      await deps.alarm.raise({
        code: 'security_foreign_page',
        subject: 'staff API',
        message: `a page of somebody else (${(origin ?? site ?? '').slice(0, 100)}) tried to change something through the browser of staff`,
      });
      return problem(c, {
        code: 'origin_foreign',
        message: 'this request came from a page of somebody else',
      });
    }
    await next();
  };
}

/** Lets in whom the table of rights names for the route, and nobody where it names none. Each change leaves an audit entry. */
export function staffGuard(deps: StaffDeps): MiddlewareHandler {
  return async (c, next) => {
    const route = matchedRoutes(c).find((one) => one.method !== 'ALL');
    const { name, right } = rightOf(c.req.method, route?.path ?? '');
    if (right?.roles === 'everyone') return next();
    const token = sessionToken(deps, c);
    const presence =
      token === undefined
        ? null
        : await presenceOf(deps, token, c.req.header('x-keyturn-idle') === undefined);
    if (presence === null) {
      if (token !== undefined) await deps.tellEnded(token, placeOf(deps, c));
      return problem(c, { code: 'staff_signed_out', message: 'please sign in' });
    }
    PRESENT.set(c.req.raw, presence);
    const refusal = route === undefined ? null : refusalOf(right, presence, deps.clock.now());
    if (refusal === null)
      return reads(c) || COMPUTES.has(name) ? next() : audited(deps, c, name, presence, next);
    if (refusal.code === 'role_insufficient')
      await deps.alarm.raise({
        code: 'security_role_denied',
        subject: presence.identity.name,
        message: `${presence.identity.name} (${presence.identity.role}) asked for ${name}, which this role may not`,
      });
    return problem(c, refusal);
  };
}

function refusalOf(right: Right | null, { identity, session }: StaffPresence, now: number) {
  const may = right !== null && right.roles !== 'everyone' && right.roles.includes(identity.role);
  if (right === null || !may)
    return { code: 'role_insufficient', message: `the role ${identity.role} may not do this` } as const;
  const levels = { password: 0, setup: 1, full: 2 } as const;
  if (levels[session.level] < levels[right.level ?? 'full'])
    return session.level === 'password'
      ? ({ code: 'second_factor_needed', message: 'the code of the second factor is still to come' } as const)
      : ({ code: 'second_factor_setup', message: 'set up a second factor first' } as const);
  if (right.fresh === true && !isFresh(session, now))
    return {
      code: 'fresh_proof_needed',
      message: 'prove once more that it is you (POST /session/proof)',
    } as const;
  return null;
}

/** SEC-7: a change that says nothing of itself in the audit trail is named there by its route. */
async function audited(
  deps: StaffDeps,
  c: Context,
  name: string,
  presence: StaffPresence,
  next: () => Promise<void>,
): Promise<void> {
  const { entries } = await countingAudit(next);
  if (entries > 0 || c.res.status >= 400) return;
  const params = c.req.param() as Record<string, string>;
  await deps.db.stores.audit.append({
    at: deps.clock.now(),
    actor: `staff:${presence.identity.name}`,
    action: name,
    subject: Object.values(params)[0]?.slice(0, 100) ?? '',
    detail: {},
  });
}

/** Who asks, in which session; only behind the guard. */
export function presentStaff(c: Context): StaffPresence {
  const presence = PRESENT.get(c.req.raw);
  assert(presence !== undefined, 'the route lies behind the staff guard');
  return presence;
}
export const staffOf = (c: Context): StaffIdentity => presentStaff(c).identity;
export const actorOf = (c: Context): `staff:${string}` => `staff:${staffOf(c).name}`;
