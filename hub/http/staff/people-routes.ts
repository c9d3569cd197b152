import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { inviteStaff, resetStaff, setDisabled, setRole } from '#hub/app/staff/manage.ts';
import { endSessions, sessionsOf } from '#hub/app/staff/sessions.ts';
import * as contract from '#hub/http/contract/staff.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { ProblemCode } from '#hub/http/problem.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { listedSession } from './account-routes.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf, presentStaff, staffOf } from './guard.ts';

const tag = 'staff';
const onePerson = z.object({ staffId: z.string().min(1).max(60) });

/** SEC-7: administrators keep the accounts of staff. */
export function peopleRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;
  const by = (c: Parameters<typeof staffOf>[0]) => ({ staffId: staffOf(c).staffId, actor: actorOf(c) });
  endpoint(
    app,
    { method: 'get', path: '/staff', summary: 'Every account.', tag, answer: contract.staffList },
    async () => {
      const rows = await stores.staff.list({}, { orderBy: ['name'], limit: 1000 });
      const items = [];
      for (const row of rows)
        items.push({
          staffId: row.staffId,
          name: row.name,
          role: row.role,
          createdAt: row.createdAt,
          disabledAt: row.disabledAt,
          secondFactor: row.totpConfirmedAt !== null,
          sessions: (await sessionsOf(deps, row.staffId)).length,
        });
      return ok({ items });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/staff',
      summary:
        'SEC-7: adds an account; its one-time code sets the password. Administrators are raised, by two people.',
      tag,
      body: contract.addStaffBody,
      answer: contract.oneTimeCode,
    },
    async ({ body, c }) => {
      const made = await inviteStaff(deps, by(c), body);
      if (!made.ok) return made;
      const { account, code, expiresAt } = made.value;
      return ok({ staffId: account.staffId, name: account.name, code, expiresAt });
    },
  );
  endpoint(
    app,
    {
      method: 'patch',
      path: '/staff/{staffId}',
      summary:
        'SEC-7: another role, closed or open again; sessions end at once. Raising to administrator waits for a second person.',
      tag,
      params: onePerson,
      body: contract.changeStaffBody,
      answer: contract.changeStaffAnswer,
    },
    async ({ params, body, c }): Promise<Result<{ requestId: string | null }, Fault<ProblemCode>>> => {
      const { staffId } = params;
      const { role, disabled } = body;
      const row = await stores.staff.find({ staffId });
      if (row === null) return fault('staff_missing', 'there is no account of this id');
      const raises = role === 'admin' && row.role !== 'admin';
      const changed = await deps.db.transaction(async (tx) => {
        const closed =
          disabled === undefined ? ok(row) : await setDisabled(deps, tx, by(c), staffId, disabled);
        if (!closed.ok || role === undefined || raises) return closed;
        return setRole(deps, tx, by(c), staffId, role);
      });
      if (!changed.ok) return changed;
      if (!raises) return ok({ requestId: null });
      const wish = {
        subject: staffId,
        payload: { staffId, requestedBy: staffOf(c).staffId },
        reason: `${row.name}: ${row.role} → admin`,
      };
      const { requestId } = await deps.secondPerson.request(staffOf(c), 'staff.admin', wish);
      return ok({ requestId });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/staff/{staffId}/reset',
      summary: 'SEC-7: ends password and sessions of an account; a one-time code sets a new password.',
      tag,
      params: onePerson,
      body: contract.resetBody,
      answer: contract.oneTimeCode,
    },
    async ({ params, body, c }) => {
      const made = await resetStaff(deps, by(c), params.staffId, body.clearsSecondFactor);
      if (!made.ok) return made;
      const row = await stores.staff.find({ staffId: params.staffId });
      return ok({ staffId: params.staffId, name: row?.name ?? '', ...made.value });
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/staff/{staffId}/sessions',
      summary: 'SEC-7: sessions of an account that are open.',
      tag,
      params: onePerson,
      answer: contract.sessionList,
    },
    async ({ params, c }) => {
      const rows = await sessionsOf(deps, params.staffId);
      return ok({ items: rows.map((row) => listedSession(row, presentStaff(c).session)) });
    },
  );
  endpoint(
    app,
    {
      method: 'delete',
      path: '/staff/{staffId}/sessions',
      summary: 'SEC-7: signs a person out everywhere.',
      tag,
      params: onePerson,
      answer: contract.ended,
    },
    async ({ params }) => ok({ ended: await endSessions(deps, stores, { staffId: params.staffId }) }),
  );
  endpoint(
    app,
    {
      method: 'delete',
      path: '/staff/{staffId}/sessions/{sessionId}',
      summary: 'SEC-7: ends one session of a person.',
      tag,
      params: onePerson.extend({ sessionId: z.uuid() }),
      answer: contract.ended,
    },
    async ({ params }) => {
      const row = await stores.staffSessions.first(params);
      return ok({ ended: row === null ? 0 : await endSessions(deps, stores, { tokenHash: row.tokenHash }) });
    },
  );
}
