import type { OpenAPIHono } from '@hono/zod-openapi';
import * as contract from '#hub/http/contract/backups.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf } from './guard.ts';

const tag = 'backups';

/** OPS-2: backups go where the hub's settings say and open for whom they say: nobody takes one out through the API. */
export function backupRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/backups',
      summary: 'OPS-2: backups on the hub’s backup disk, newest first.',
      tag,
      answer: contract.backupList,
    },
    async () => ok({ items: [...(await deps.backups.list())] }),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/backups',
      summary: 'OPS-2: makes a backup now.',
      tag,
      answer: contract.backupView,
    },
    async ({ c }) => {
      const made = await deps.backups.make();
      if (made.ok)
        await deps.db.stores.audit.append({
          at: deps.clock.now(),
          actor: actorOf(c),
          action: 'hub.backed_up',
          subject: made.value.name,
          detail: { sha256: made.value.sha256 },
        });
      return made;
    },
  );
}
