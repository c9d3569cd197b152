import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { mayBeOverruled } from '#hub/app/ingest/held.ts';
import { verifyLog } from '#hub/app/log/verify.ts';
import { acceptAnswer, acceptBody, logReport } from '#hub/http/contract/log.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';
import { staffOf } from './guard.ts';

const tag = 'log';

/** What the hub believes, for staff (SEC-4): the replay of books and receipts, and letters that take two people. */
export function logRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/log/verify',
      summary: 'SEC-4: replays ledger, audit trail and receipts against the signed log.',
      tag,
      answer: logReport,
    },
    async () => ok(await verifyLog(deps.db, deps.trust)),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/dead-letters/{deadLetterId}/accept',
      summary: 'SEC-4: asks another person to accept an event that was kept back.',
      tag,
      params: z.object({ deadLetterId: z.string().max(64) }),
      body: acceptBody,
      answer: acceptAnswer,
    },
    async ({ params: { deadLetterId }, body, c }) => {
      const letter = await deps.db.stores.deadLetters.find({ deadLetterId });
      if (letter === null) return fault('dead_letter_unknown', 'no dead letter has this id');
      if (letter.state === 'applied' || letter.state === 'dismissed')
        return fault('dead_letter_settled', `this letter is ${letter.state}`);
      if (!mayBeOverruled(letter.cause))
        return fault('dead_letter_not_acceptable', 'this event cannot be accepted, only dismissed');
      const wish = { subject: deadLetterId, payload: { deadLetterId }, reason: body.reason };
      const { requestId } = await deps.secondPerson.request(staffOf(c), 'dead_letter.accept', wish);
      return ok({ requestId });
    },
  );
}
