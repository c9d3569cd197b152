import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { StaffIdentity } from '#hub/app/staff/accounts.ts';
import * as contract from '#hub/http/contract/staff.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { SecondPersonRow } from '#hub/ports/rows/index.ts';
import { ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';
import { staffOf } from './guard.ts';

const tag = 'second person';
const oneRequest = z.object({ requestId: z.uuid() });
const WORDS = {
  approve: 'SEC-7: agrees to what somebody else asked for, and does it.',
  refuse: 'SEC-7: refuses what somebody else asked for.',
  withdraw: 'SEC-7: takes back what one asked for.',
} as const;

/** SEC-7: acts that wait for a second person. */
export function secondPersonRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const viewOf = (row: SecondPersonRow, by: StaffIdentity): contract.SecondPersonView => ({
    requestId: row.requestId,
    action: row.action,
    subject: row.subject,
    payload: row.payload as Record<string, unknown>,
    reason: row.reason,
    state: row.state === 'pending' && row.expiresAt <= deps.clock.now() ? 'expired' : row.state,
    requestedBy: row.requestedByName,
    requestedAt: row.requestedAt,
    expiresAt: row.expiresAt,
    decidedBy: row.decidedByName,
    decidedAt: row.decidedAt,
    own: row.requestedBy === by.staffId,
    mayDecide:
      row.requestedBy !== by.staffId &&
      row.subject !== by.staffId &&
      deps.secondPerson.approversOf(row.action).includes(by.role),
  });
  endpoint(
    app,
    {
      method: 'get',
      path: '/second-person',
      summary: 'SEC-7: what waits for a second person, then what was decided.',
      tag,
      answer: contract.secondPersonList,
    },
    async ({ c }) => {
      const items = (await deps.secondPerson.list(200)).map((row) => viewOf(row, staffOf(c)));
      return ok({
        items,
        open: items.filter(({ state, mayDecide }) => state === 'pending' && mayDecide).length,
      });
    },
  );
  for (const what of ['approve', 'refuse', 'withdraw'] as const)
    endpoint(
      app,
      {
        method: 'post',
        path: `/second-person/{requestId}/${what}`,
        summary: WORDS[what],
        tag,
        params: oneRequest,
        answer: contract.secondPersonView,
      },
      async ({ params, c }) => {
        const done = await deps.secondPerson[what](params.requestId, staffOf(c));
        return done.ok ? ok(viewOf(done.value, staffOf(c))) : done;
      },
    );
}
