import type { OpenAPIHono } from '@hono/zod-openapi';
import { certifyAtTerminal } from '#hub/app/enrolment/secure-media.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { ok } from '#shared/kernel/result.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import type { TerminalDeps } from './deps.ts';
import { terminalOf } from './guard.ts';

/** SEC-5: the certificate of a blank controller that staff ordered a kiosk to make. */
export function controllerRoutes(app: OpenAPIHono, deps: TerminalDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/controllers',
      summary: 'SEC-5: a certificate for the blank controller in the drive, by order of staff.',
      tag: 'terminal',
      body: api.certifyControllerRequest,
      answer: api.certifyControllerAnswer,
    },
    async ({ body, c }) => {
      const made = await certifyAtTerminal(deps, terminalOf(c), body);
      return made.ok ? ok({ certificateChain: [...made.value] }) : made;
    },
  );
}
