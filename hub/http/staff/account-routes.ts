import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { changePassword } from '#hub/app/staff/manage.ts';
import {
  beginSecondFactor,
  confirmSecondFactor,
  removeSecondFactor,
  renewBackupCodes,
} from '#hub/app/staff/second-factor.ts';
import { endSessions, sessionsOf } from '#hub/app/staff/sessions.ts';
import * as contract from '#hub/http/contract/staff.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { StaffSessionRow } from '#hub/ports/rows/index.ts';
import { ok } from '#shared/kernel/result.ts';
import { presentStaff } from './guard.ts';
import type { PulseDeps } from './pulse.ts';
import { handOver, sessionView } from './session-routes.ts';

const tag = 'account';

export const listedSession = (row: StaffSessionRow, own: StaffSessionRow): contract.SessionView => ({
  sessionId: row.sessionId,
  startedAt: row.startedAt,
  lastSeenAt: row.lastSeenAt,
  expiresAt: row.expiresAt,
  address: row.address,
  agent: row.agent,
  own: row.sessionId === own.sessionId,
});

/** SEC-7: what everybody does with the own account: password, second factor, sessions. */
export function accountRoutes(app: OpenAPIHono, deps: PulseDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/account',
      summary: 'The own account: second factor and sessions.',
      tag,
      answer: contract.accountView,
    },
    async ({ c }) => {
      const { account, identity, session } = presentStaff(c);
      const { staffId } = identity;
      return ok({
        ...identity,
        secondFactor: {
          since: account.totpConfirmedAt,
          required: deps.secondFactorFor.has(identity.role),
          backupCodesLeft: await deps.db.stores.staffBackupCodes.count({ staffId, usedAt: null }),
        },
        sessions: (await sessionsOf(deps, staffId)).map((row) => listedSession(row, session)),
      });
    },
  );
  endpoint(
    app,
    {
      method: 'put',
      path: '/account/password',
      summary: 'SEC-7: a new password; all other sessions end.',
      tag,
      body: contract.passwordBody,
      answer: contract.staffSession,
    },
    async ({ body, c }) => {
      const done = await changePassword(deps, presentStaff(c), body);
      if (!done.ok) return done;
      handOver(deps, c, done.value);
      return ok(await sessionView(deps, done.value.presence));
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/account/second-factor',
      summary: 'SEC-7: a new secret to be scanned; it holds when a code of it was right.',
      tag,
      answer: contract.secondFactorBegun,
    },
    async ({ c }) => ok(beginSecondFactor(deps, presentStaff(c))),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/account/second-factor/confirm',
      summary: 'SEC-7: takes the second factor into use; answers backup codes, once.',
      tag,
      body: contract.confirmBody,
      answer: contract.backupCodes,
    },
    async ({ body, c }) => {
      const done = await confirmSecondFactor(deps, presentStaff(c), body);
      if (!done.ok) return done;
      handOver(deps, c, done.value);
      return ok({ codes: [...done.value.backupCodes] });
    },
  );
  endpoint(
    app,
    {
      method: 'delete',
      path: '/account/second-factor',
      summary: 'SEC-7: takes the second factor away, where the role does not demand one.',
      tag,
    },
    async ({ c }) => removeSecondFactor(deps, presentStaff(c)),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/account/backup-codes',
      summary: 'SEC-7: ten new backup codes; the old ones are worth nothing.',
      tag,
      answer: contract.backupCodes,
    },
    async ({ c }) => ok({ codes: [...(await renewBackupCodes(deps, presentStaff(c)))] }),
  );
  endpoint(
    app,
    {
      method: 'delete',
      path: '/account/sessions',
      summary: 'SEC-7: signs out everywhere else.',
      tag,
      answer: contract.ended,
    },
    async ({ c }) => {
      const { identity, session } = presentStaff(c);
      const which = { staffId: identity.staffId, but: session.tokenHash };
      return ok({ ended: await endSessions(deps, deps.db.stores, which) });
    },
  );
  endpoint(
    app,
    {
      method: 'delete',
      path: '/account/sessions/{sessionId}',
      summary: 'SEC-7: ends one of the own sessions; somebody else’s is not found.',
      tag,
      params: z.object({ sessionId: z.uuid() }),
      answer: contract.ended,
    },
    async ({ params, c }) => {
      const { staffId } = presentStaff(c).identity;
      const row = await deps.db.stores.staffSessions.first({ sessionId: params.sessionId, staffId });
      return ok({
        ended: row === null ? 0 : await endSessions(deps, deps.db.stores, { tokenHash: row.tokenHash }),
      });
    },
  );
}
