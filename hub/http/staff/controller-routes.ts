import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { revokeController } from '#hub/app/enrolment/secure-media.ts';
import { sendCommand } from '#hub/app/fleet/control.ts';
import { commandViewOf } from '#hub/app/reports/fleet-view.ts';
import * as contract from '#hub/http/contract/controllers.ts';
import { commandView } from '#hub/http/contract/fleet.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { ControllerRow } from '#hub/ports/rows/index.ts';
import type { MediumId, TerminalId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';
import { mediumId } from '#shared/protocol/primitives.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf } from './guard.ts';

const tag = 'secure media';
/** Somebody stands at the kiosk with the medium, or walks there. */
const PATIENCE_SECONDS = 900;

export const controllerViewOf = ({
  chain: _chain,
  certificateRequest: _request,
  commandId: _command,
  ...row
}: ControllerRow) => row;

/** SEC-5: controllers of secure media: a new one at a kiosk, the end of one. */
export function controllerRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/controllers',
      summary: 'SEC-5: orders a kiosk to make the blank secure medium in its drive one of this fleet.',
      tag,
      body: contract.makeControllerBody,
      answer: commandView,
    },
    async ({ body, c }) => {
      const id = newId<MediumId>(deps.clock, deps.random);
      const order = { kind: 'make_secure_medium', mediumId: id } as const;
      const sent = await sendCommand(
        deps,
        actorOf(c),
        body.terminalId as TerminalId,
        order,
        PATIENCE_SECONDS,
      );
      return sent.ok ? ok(commandViewOf(sent.value)) : sent;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/controllers/{mediumId}/revoke',
      summary:
        'SEC-5: a controller that was stolen, copied or is broken counts no more. Returns on it go on.',
      tag,
      params: z.object({ mediumId }),
      body: contract.revokeControllerBody,
      answer: contract.controllerView,
    },
    async ({ params, body, c }) => {
      const done = await revokeController(deps, actorOf(c), params.mediumId as MediumId, body.reason);
      return done.ok ? ok(controllerViewOf(done.value)) : done;
    },
  );
}
