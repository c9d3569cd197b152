import type { OpenAPIHono } from '@hono/zod-openapi';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { STAFF_SESSION_MS } from '#hub/app/staff/sessions.ts';
import * as contract from '#hub/http/contract/staff.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf, needs, SESSION_COOKIE, staffOf } from './guard.ts';

const tag = 'staff';

/** Signing in comes before the guard, everything else behind it. */
export function signInRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/session',
      summary: 'SEC-7: signs in; the session lives in a cookie.',
      tag,
      body: contract.signInBody,
      answer: contract.staffSession,
    },
    async ({ body, c }) => {
      const person = await deps.desk.signIn(body.name, body.password);
      const at = deps.clock.now();
      if (!person.ok) {
        deps.log.warn({ code: person.error.code }, 'staff sign-in refused');
        return person;
      }
      const session = deps.sessions.open(person.value.staffId);
      setCookie(c, SESSION_COOKIE, session.token, {
        httpOnly: true,
        sameSite: 'Strict',
        secure: c.req.url.startsWith('https:'),
        path: '/',
        maxAge: STAFF_SESSION_MS / 1000,
      });
      const actor = `staff:${person.value.name}` as const;
      await deps.db.stores.audit.append({
        at,
        actor,
        action: 'staff.signed_in',
        subject: person.value.staffId,
        detail: {},
      });
      return ok({ ...person.value, expiresAt: session.expiresAt });
    },
  );
  endpoint(
    app,
    { method: 'delete', path: '/session', summary: 'Signs out; twice is once.', tag },
    async ({ c }) => {
      const token = getCookie(c, SESSION_COOKIE);
      if (token !== undefined) deps.sessions.end(token);
      deleteCookie(c, SESSION_COOKIE, { path: '/' });
      return ok(undefined);
    },
  );
}

export function staffRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    { method: 'get', path: '/session', summary: 'Who is signed in.', tag, answer: contract.staffSession },
    async ({ c }) => ok({ ...staffOf(c), expiresAt: null }),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/staff',
      summary: 'Adds an account.',
      tag,
      guard: needs('admin'),
      body: contract.addStaffBody,
      answer: contract.staffSession,
    },
    async ({ body, c }) => {
      if ((await addStaff(deps, body)) === 'exists') return fault('staff_exists', 'this name is taken');
      const row = await deps.db.stores.staff.first({ name: body.name });
      const staffId = row?.staffId ?? '';
      const at = deps.clock.now();
      await deps.db.stores.audit.append({
        at,
        actor: actorOf(c),
        action: 'staff.added',
        subject: staffId,
        detail: { role: body.role },
      });
      return ok({ staffId, name: body.name, role: body.role, expiresAt: null });
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/audit',
      summary: 'SEC-7: what people did, newest first, and whether the chain is whole.',
      tag,
      guard: needs('manager'),
      query: contract.auditQuery,
      answer: contract.auditPage,
    },
    async ({ query }) => {
      const rows = await deps.db.stores.audit.list({
        limit: query.limit,
        ...(query.cursor === undefined ? {} : { before: Number(query.cursor) }),
      });
      const last = rows.at(-1);
      const next = rows.length < query.limit || last === undefined ? null : String(last.sequence);
      return ok({ items: [...rows], next, firstBroken: await deps.db.stores.audit.firstBroken() });
    },
  );
}
