import type { OpenAPIHono } from '@hono/zod-openapi';
import { enrol } from '#hub/app/enrolment/enrolment.ts';
import { renewCertificate } from '#hub/app/enrolment/renewal.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { ok } from '#shared/kernel/result.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import type { TerminalDeps } from './deps.ts';
import { terminalOf } from './guard.ts';

const tag = 'terminal';
/** How soon a terminal that waits for approval asks again. */
const ENROLMENT_RETRY_SECONDS = 3;

/** Before the guard: whoever enrols has no certificate yet. */
export function enrolmentRoute(app: OpenAPIHono, deps: TerminalDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/enrol',
      summary: 'SEC-1: trades a one-time code and a certificate request for an identity.',
      tag,
      body: api.enrolRequest,
      answer: api.enrolResponse,
    },
    async ({ body }) => {
      const enrolled = await enrol(deps, body);
      if (!enrolled.ok) return enrolled;
      if (enrolled.value.state === 'pending')
        return ok({
          pending: true as const,
          retryAfterSeconds: ENROLMENT_RETRY_SECONDS,
          rootCertificate: deps.authority.rootPem,
        });
      const { terminal, certificateChain } = enrolled.value;
      return ok({
        terminalId: terminal.terminalId,
        role: terminal.role,
        fleetId: deps.authority.fleetId,
        siteId: terminal.siteId,
        certificateChain: [...certificateChain],
        rootCertificate: deps.authority.rootPem,
        mqttUrl: deps.mqttUrl,
      });
    },
  );
}

export function renewalRoute(app: OpenAPIHono, deps: TerminalDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/renew',
      summary: 'SEC-1: a certificate for the next key of a terminal.',
      tag,
      body: api.renewRequest,
      answer: api.renewAnswer,
    },
    async ({ body, c }) => {
      const chain = await renewCertificate(deps, terminalOf(c), body.certificateRequest);
      return chain.ok ? ok({ certificateChain: [...chain.value] }) : chain;
    },
  );
}
