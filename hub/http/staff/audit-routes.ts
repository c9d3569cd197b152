import type { OpenAPIHono } from '@hono/zod-openapi';
import { watchAudit } from '#hub/app/staff/audit-check.ts';
import * as contract from '#hub/http/contract/staff.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';

const tag = 'audit';

/** SEC-7: what people did. */
export function auditRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/audit',
      summary: 'SEC-7: what people did, newest first, and whether the chain is whole.',
      tag,
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
  endpoint(
    app,
    {
      method: 'get',
      path: '/audit/verification',
      summary: 'SEC-7: walks the whole trail and compares it with every signed checkpoint.',
      tag,
      answer: contract.auditVerification,
    },
    async () => ok(await watchAudit(deps)),
  );
}
