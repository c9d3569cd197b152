import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { readyToWipe, takeWipeReceipt, wasTaken } from '#hub/app/enrolment/decommission.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import type { TerminalDeps } from './deps.ts';
import { terminalOf } from './guard.ts';

const tag = 'terminal';

/**
 * Before the guard: the very receipt that was taken from this terminal is answered again although its certificate is revoked by now, and without
 * an alert, since nobody attacks (PR-24). Everything else goes on to the guard.
 */
export const repeatedReceipt =
  (deps: TerminalDeps): MiddlewareHandler =>
  async (c, next) => {
    const peer = deps.peerOf(c);
    const body = api.wipeReceiptRequest.safeParse(await c.req.json().catch(() => null));
    if (peer === null || !body.success) return next();
    const taken = await wasTaken(deps.db.stores, peer.fingerprint, body.data.receipt);
    return taken ? c.body(null, 204) : next();
  };

/** FLT-3: a terminal asks whether it may wipe itself, and says that it has. */
export function decommissionRoutes(app: OpenAPIHono, deps: TerminalDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/decommission/ready',
      summary: 'FLT-3: may this terminal wipe itself: asked for, and everything it reported is committed.',
      tag,
      body: api.readyToWipeRequest,
      answer: api.readyToWipeAnswer,
    },
    ({ body, c }) => readyToWipe(deps, terminalOf(c), body.lanes),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/decommission/receipt',
      summary: 'FLT-3: a terminal’s wipe receipt: ends its certificates; twice is once.',
      tag,
      body: api.wipeReceiptRequest,
    },
    async ({ body, c }) => {
      const peer = deps.peerOf(c);
      if (peer === null) return { ok: false, error: NO_PEER };
      return takeWipeReceipt(deps, terminalOf(c).terminalId, peer.fingerprint, body.receipt);
    },
  );
}

const NO_PEER = { code: 'terminal_unknown', message: 'a terminal shows its certificate' } as const;
