import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { redeemCode } from '#hub/app/staff/manage.ts';
import { endSessions, presenceOf, type StaffPresence } from '#hub/app/staff/sessions.ts';
import { proveAgain, type SignedIn, secondFactor, signIn } from '#hub/app/staff/sign-in.ts';
import * as contract from '#hub/http/contract/staff.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';
import { presentStaff } from './guard.ts';
import { dropSessionToken, placeOf, sessionToken, setDeviceToken, setSessionToken } from './place.ts';
import { type PulseDeps, positionOf } from './pulse.ts';

const tag = 'staff';

export const sessionView = async (
  { pulse }: PulseDeps,
  { identity, session, account }: StaffPresence,
): Promise<contract.StaffSession> => ({
  ...identity,
  level: session.level,
  secondFactor: account.totpConfirmedAt !== null,
  expiresAt: session.expiresAt,
  pulse: positionOf(await pulse()),
});

/** Hands the browser its new token; an empty one means that the session keeps the old. */
export function handOver(deps: StaffDeps, c: Context, signedIn: SignedIn): void {
  if (signedIn.token !== '') setSessionToken(deps, c, signedIn.token);
  if (signedIn.device !== null) setDeviceToken(deps, c, signedIn.device);
}

/** Signing in and out (SEC-7). */
export function sessionRoutes(app: OpenAPIHono, deps: PulseDeps): void {
  const end = async (c: Context): Promise<void> => {
    const token = sessionToken(deps, c);
    const old = token === undefined ? null : await presenceOf(deps, token, false);
    if (old === null) return;
    await endSessions(deps, deps.db.stores, { tokenHash: old.session.tokenHash });
    await deps.db.stores.audit.append({
      at: deps.clock.now(),
      actor: `staff:${old.identity.name}`,
      action: 'staff.signed_out',
      subject: old.identity.staffId,
      detail: {},
    });
  };
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
      const { name, password, code = null } = body;
      const done = await signIn(deps, { name, password, code }, placeOf(deps, c));
      if (!done.ok) {
        deps.log.warn({ code: done.error.code }, 'staff sign-in refused');
        return done;
      }
      await end(c);
      handOver(deps, c, done.value);
      return ok(await sessionView(deps, done.value.presence));
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/session/redeem',
      summary: 'SEC-7: sets a password with a one-time code of an administrator; signing in comes next.',
      tag,
      body: contract.redeemBody,
    },
    async ({ body, c }) => redeemCode(deps, body, placeOf(deps, c)),
  );
  endpoint(
    app,
    { method: 'delete', path: '/session', summary: 'Signs out; twice is once.', tag },
    async ({ c }) => {
      await end(c);
      dropSessionToken(deps, c);
      return ok(undefined);
    },
  );
  endpoint(
    app,
    { method: 'get', path: '/session', summary: 'Who is signed in.', tag, answer: contract.staffSession },
    async ({ c }) => ok(await sessionView(deps, presentStaff(c))),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/session/second-factor',
      summary: 'SEC-7: the second step of a sign-in: a code of the app, or a backup code.',
      tag,
      body: contract.secondFactorBody,
      answer: contract.staffSession,
    },
    async ({ body, c }) => {
      const presence = presentStaff(c);
      if (presence.session.level !== 'password') return ok(await sessionView(deps, presence));
      const done = await secondFactor(deps, presence, body.code);
      if (!done.ok) return done;
      handOver(deps, c, done.value);
      return ok(await sessionView(deps, done.value.presence));
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/session/proof',
      summary: 'SEC-7: proves oneself again before what weighs much; the session goes on under a new token.',
      tag,
      body: contract.proofBody,
      answer: contract.staffSession,
    },
    async ({ body, c }) => {
      const done = await proveAgain(deps, presentStaff(c), body.proof);
      if (!done.ok) return done;
      handOver(deps, c, done.value);
      return ok(await sessionView(deps, done.value.presence));
    },
  );
}
