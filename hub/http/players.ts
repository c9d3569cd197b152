import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { answerPlayer, type PairingDeps } from '#hub/app/members/pairing.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { jws } from '#shared/protocol/primitives.ts';
import { endpoint } from './endpoint.ts';

/** Questions of players at home, for which nobody signs in: so many a minute are answered, whoever asks. */
const A_MINUTE = 300;
const MINUTE_MS = 60_000;

/** `POST /player/v1/report` (SEC-6): open to the world; a player proves by its signature that it is itself, and learns nothing of others. */
export function playerRoutes(app: OpenAPIHono, deps: PairingDeps): void {
  let minute = 0;
  let asked = 0;
  endpoint(
    app,
    {
      method: 'post',
      path: '/player/v1/report',
      summary: 'SEC-6: a player at home: pairing code, how it stands, openings, the hub’s time.',
      tag: 'player',
      body: z.object({ playerKey: jws, report: jws }),
      answer: z.object({ answer: jws }),
    },
    async ({ body }) => {
      const now = Math.floor(deps.clock.monotonic() / MINUTE_MS);
      asked = now === minute ? asked + 1 : 1;
      minute = now;
      if (asked > A_MINUTE) return fault('too_many_requests', 'too many players ask; ask again in a minute');
      const answer = await answerPlayer(deps, body);
      return answer.ok ? ok({ answer: answer.value }) : answer;
    },
  );
}
