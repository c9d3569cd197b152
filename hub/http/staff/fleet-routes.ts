import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { callOffDecommission, leavingOf, mayDecommission, wipeOf } from '#hub/app/enrolment/decommission.ts';
import { decideEnrolment, enrolmentView, makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import { revokeTerminal } from '#hub/app/enrolment/revocation.ts';
import { acknowledgeAlert, putConfig, reopenAlert, sendCommand } from '#hub/app/fleet/control.ts';
import { dismissDeadLetter, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { mayBeOverruled } from '#hub/app/ingest/held.ts';
import { commandViewOf, glanceOf, summaryOf } from '#hub/app/reports/fleet-view.ts';
import { type ReaderLanguage, titleNameIn } from '#hub/app/reports/title-names.ts';
import * as contract from '#hub/http/contract/fleet.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { readerLanguage } from '#hub/http/language.ts';
import type { DeadLetterRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { terminalConfig } from '#shared/protocol/commands.ts';
import { terminalId } from '#shared/protocol/primitives.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf, staffOf } from './guard.ts';

const tag = 'fleet';
const oneTerminal = z.object({ terminalId });
const oneLetter = z.object({ deadLetterId: z.string().max(64) });
const applied = z.object({ applied: z.int().min(0) });

/** Terminals, orders, configuration, alerts, dead letters (FLT-1, FLT-2, SYN-3). */
export function fleetRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;

  endpoint(
    app,
    {
      method: 'get',
      path: '/terminals/{terminalId}',
      summary: 'FLT-1: one terminal.',
      tag,
      params: oneTerminal,
      answer: contract.terminalDetail,
    },
    async ({ params, c }) => {
      const row = await stores.terminals.find(params);
      const [glance] = row === null ? [] : await glanceOf(stores, [row]);
      if (glance === undefined) return fault('terminal_missing', 'there is no terminal of this id');
      return ok({ ...summaryOf(glance), ...(await detailOf(deps, glance.terminal, readerLanguage(c))) });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/terminals/{terminalId}/commands',
      summary: 'FLT-2: sends an order.',
      tag,
      params: oneTerminal,
      body: contract.sendCommandBody,
      answer: contract.commandView,
    },
    async ({ params, body, c }) => {
      const sent = await sendCommand(deps, actorOf(c), params.terminalId, body.order, body.expiresInSeconds);
      return sent.ok ? ok(commandViewOf(sent.value)) : sent;
    },
  );
  endpoint(
    app,
    {
      method: 'put',
      path: '/terminals/{terminalId}/config',
      summary: 'FLT-2: the desired configuration.',
      tag,
      params: oneTerminal,
      body: contract.putConfigBody,
      answer: terminalConfig,
    },
    ({ params, body, c }) => putConfig(deps, actorOf(c), params.terminalId, body.basedOn, body.config),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/enrolment-codes',
      summary: 'SEC-1: a one-time code for a new terminal.',
      tag,
      body: contract.enrolCodeBody,
      answer: contract.enrolCodeAnswer,
    },
    async ({ body, c }) => {
      const { again, ...request } = body;
      const made = await makeEnrolmentCode(deps, request, again);
      if (made.ok)
        await stores.audit.append({
          at: deps.clock.now(),
          actor: actorOf(c),
          action: 'terminal.code_issued',
          subject: request.terminalId,
          detail: {
            role: request.role,
            siteId: request.siteId,
            again,
            hardwareSerial: request.hardwareSerial,
            approvedBeforehand: request.approvedBeforehand,
          },
        });
      return made;
    },
  );
  for (const [word, approved] of [
    ['approve', true],
    ['refuse', false],
  ] as const)
    endpoint(
      app,
      {
        method: 'post',
        path: `/terminals/{terminalId}/${word}`,
        summary: `SEC-1: staff ${word} the enrolment of a terminal that asks.`,
        tag,
        params: oneTerminal,
      },
      ({ params, c }) => decideEnrolment(deps, actorOf(c), params.terminalId, approved),
    );
  endpoint(
    app,
    {
      method: 'post',
      path: '/terminals/{terminalId}/revoke',
      summary: 'SEC-1: takes a terminal out of the fleet, also where it is connected now.',
      tag,
      params: oneTerminal,
      body: contract.revokeBody,
    },
    ({ params, body, c }) => revokeTerminal(deps, actorOf(c), params.terminalId, body.reason),
  );
  leavingRoutes(app, deps);
  alertRoutes(app, deps);
  deadLetterRoutes(app, deps);
}

/** FLT-3: asking for a decommission takes a second person, calling it off does not. */
function leavingRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/terminals/{terminalId}/decommission',
      summary:
        'FLT-3: asks another person to take a terminal out of the fleet: it settles, wipes itself and leaves a receipt.',
      tag,
      params: oneTerminal,
      body: contract.decommissionBody,
      answer: contract.decommissionAnswer,
    },
    async ({ params: { terminalId: id }, body: { reason, nevertheless }, c }) => {
      const payload = { terminalId: id, nevertheless };
      const possible = await deps.db.transaction((inside) => mayDecommission(inside, payload));
      if (!possible.ok) return possible;
      const wish = { subject: id, payload, reason };
      const { requestId } = await deps.secondPerson.request(staffOf(c), 'terminal.decommission', wish);
      return ok({ requestId });
    },
  );
  endpoint(
    app,
    {
      method: 'delete',
      path: '/terminals/{terminalId}/decommission',
      summary: 'FLT-3: calls a decommission off while the terminal has not wiped itself.',
      tag,
      params: oneTerminal,
    },
    async ({ params, c }) => {
      const done = await callOffDecommission(deps, actorOf(c), params.terminalId);
      if (done.ok) deps.nudge.nudge(params.terminalId);
      return done;
    },
  );
}

async function detailOf(deps: StaffDeps, terminal: TerminalRow, language: ReaderLanguage) {
  const { stores } = deps.db;
  const commands = await stores.commands.list(
    { terminalId: terminal.terminalId },
    { orderBy: ['issuedAt'], descending: true, limit: 30 },
  );
  const alerts = await stores.alerts.list(
    { terminalId: terminal.terminalId },
    { orderBy: ['raisedAt'], descending: true, limit: 30 },
  );
  const lanes = await stores.cursors.list({ terminalId: terminal.terminalId }, { limit: 20 });
  const titles = await stores.titles.list(
    { titleId: Object.keys(terminal.cache) as TitleId[] },
    { limit: 5000 },
  );
  const certificates = await stores.certificates.list(
    { terminalId: terminal.terminalId },
    { orderBy: ['issuedAt'], descending: true, limit: 30 },
  );
  const certificate = certificates.find(({ state }) => state === 'active' || state === 'issued');
  return {
    certificate: {
      fingerprint: certificate?.fingerprint ?? null,
      expiresAt: certificate?.validTo ?? null,
    },
    certificates: certificates.map(
      ({ fingerprint, state, issuedAt, validTo, firstConnectedAt, revokedAt, revocationReason }) => ({
        ...{ fingerprint, state, issuedAt, validTo, firstConnectedAt, revokedAt, revocationReason },
      }),
    ),
    hardwareSerial: terminal.hardwareSerial,
    leaving: leavingOf(terminal),
    wipe: wipeOf(terminal),
    enrolment: await enrolmentView(deps, stores, terminal.terminalId),
    heartbeat: terminal.heartbeat,
    heartbeatAt: terminal.heartbeatAt,
    desiredConfig: terminal.configDesired,
    cache: titles.map(({ titleId, name }) => ({
      titleId,
      name: titleNameIn(name, language),
      state: terminal.cache[titleId]?.state ?? '',
      bytes: terminal.cache[titleId]?.bytes ?? 0,
    })),
    commands: commands.map(commandViewOf),
    alerts: [...alerts],
    lanes: lanes.map(({ epoch, lane, contiguous, last, updatedAt }) => ({
      epoch,
      lane,
      contiguous,
      last,
      updatedAt,
    })),
  };
}

function alertRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/alerts/{alertId}/acknowledge',
      summary: 'Puts an alert away.',
      tag,
      params: z.object({ alertId: z.string().max(64) }),
      answer: contract.alertView,
    },
    ({ params, c }) => acknowledgeAlert(deps, actorOf(c), params.alertId),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/alerts/{alertId}/reopen',
      summary: 'Takes it back that an alert was put away.',
      tag,
      params: z.object({ alertId: z.string().max(64) }),
      answer: contract.alertView,
    },
    ({ params, c }) => reopenAlert(deps, actorOf(c), params.alertId),
  );
}

export const letterView = (row: DeadLetterRow) => ({
  deadLetterId: row.deadLetterId,
  terminalId: row.terminalId,
  lane: row.lane,
  sequence: row.sequence,
  kind: row.event.kind,
  rentalId: row.rentalId,
  state: row.state,
  cause: row.cause,
  message: row.message,
  acceptable: mayBeOverruled(row.cause),
  createdAt: row.createdAt,
  tries: row.tries,
  settledAt: row.settledAt,
  settledBy: row.settledBy,
  data: row.event.data,
});

function deadLetterRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { db, ingest } = deps;

  const told = (
    c: Parameters<typeof actorOf>[0],
    action: string,
    subject: string,
    detail: Record<string, unknown>,
  ) => db.stores.audit.append({ at: deps.clock.now(), actor: actorOf(c), action, subject, detail });
  endpoint(
    app,
    {
      method: 'post',
      path: '/dead-letters/{deadLetterId}/retry',
      summary: 'SYN-3: tries again, and those behind it.',
      tag,
      params: oneLetter,
      answer: applied,
    },
    async ({ params, c }) => {
      const done = await retryDeadLetter(db, ingest, params.deadLetterId, actorOf(c));
      if (done.ok) await told(c, 'dead_letter.retried', params.deadLetterId, { applied: done.value.applied });
      return done;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/dead-letters/{deadLetterId}/dismiss',
      summary: 'SYN-3: leaves it out for good; those behind it go on.',
      tag,
      params: oneLetter,
      body: contract.dismissBody,
      answer: applied,
    },
    async ({ params, body, c }) => {
      const done = await dismissDeadLetter(db, ingest, params.deadLetterId, actorOf(c));
      if (done.ok) await told(c, 'dead_letter.dismissed', params.deadLetterId, { reason: body.reason });
      return done;
    },
  );
}
