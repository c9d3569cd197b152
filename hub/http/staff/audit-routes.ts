import type { OpenAPIHono } from '@hono/zod-openapi';
import { pageOfTable } from '#hub/app/reports/pages.ts';
import { watchAudit } from '#hub/app/staff/audit-check.ts';
import { cursorOf } from '#hub/http/contract/common.ts';
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
      const { audit } = deps.db.stores;
      const match = { ...(query.actor === undefined ? {} : { actor: query.actor }) };
      const q = query.q ?? '';
      const sought =
        q === ''
          ? []
          : [{ action: { contains: q } }, { subject: { contains: q } }, { actor: { contains: q } }];
      const orders = { number: { by: 'sequence', first: 'desc' } } as const;
      const page = await pageOfTable(audit, 'sequence', orders, match, query, sought);
      const firstBroken = query.cursor === undefined ? await audit.firstBroken() : null;
      return ok({ items: [...page.rows], next: cursorOf(page.next), total: page.total, firstBroken });
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
