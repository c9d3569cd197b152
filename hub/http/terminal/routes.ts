import { OpenAPIHono } from '@hono/zod-openapi';
import { grantLease } from '#hub/app/content/lease.ts';
import { makeBundle } from '#hub/app/fleet/bundle.ts';
import { toppedUp, topUp } from '#hub/app/ledger/payments.ts';
import { registerMember } from '#hub/app/members/members.ts';
import { playersOf, revokedPlayersOf } from '#hub/app/members/players.ts';
import { mediumHistory, recommendationsFor, sessionView } from '#hub/app/members/session-view.ts';
import { endMemberSession, memberOfSession, openMemberSession } from '#hub/app/members/sessions.ts';
import { ownerOfMedium, signIn } from '#hub/app/members/sign-in.ts';
import { authorise, voidAuthorisation } from '#hub/app/quotes/authorise.ts';
import { openReturn } from '#hub/app/quotes/open-return.ts';
import { cancelPrepared, prepareOne } from '#hub/app/renting/prepare.ts';
import { rentalStates } from '#hub/app/renting/states.ts';
import { placeIn, queueOf } from '#hub/app/reservations/queue.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { problem } from '#hub/http/problem.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { contentRoutes } from './content.ts';
import { controllerRoutes } from './controller-routes.ts';
import { decommissionRoutes, repeatedReceipt } from './decommission-routes.ts';
import type { TerminalDeps } from './deps.ts';
import { enrolmentRoute, renewalRoute } from './enrolment-routes.ts';
import { terminalGuard, terminalOf } from './guard.ts';
import { playerRoutes } from './player-routes.ts';

const tag = 'terminal';

/** Every question of `shared/protocol/terminal-api.ts`, below `/terminal/v1`. */
export function terminalRoutes(deps: TerminalDeps): OpenAPIHono {
  const app = new OpenAPIHono();
  enrolmentRoute(app, deps);
  app.post('/decommission/receipt', repeatedReceipt(deps));
  app.use('*', terminalGuard(deps));
  app.get('/health', (c) => c.json({ status: 'ok' }));
  renewalRoute(app, deps);
  decommissionRoutes(app, deps);
  bundleRoute(app, deps);
  leaseRoute(app, deps);
  memberRoutes(app, deps);
  playerRoutes(app, deps);
  controllerRoutes(app, deps);
  rentalRoutes(app, deps);
  returnRoutes(app, deps);
  recommendationRoute(app, deps);
  contentRoutes(app, deps);
  return app;
}

function bundleRoute(app: OpenAPIHono, deps: TerminalDeps): void {
  app.get('/bundle', async (c) => {
    const bundle = await makeBundle(deps, terminalOf(c));
    const etag = `"${bundle.version}"`;
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, { etag });
    return c.json(bundle, 200, { etag, 'cache-control': 'no-cache' });
  });
}

function leaseRoute(app: OpenAPIHono, deps: TerminalDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/content-lease',
      summary: 'CNT-1: the key to a kiosk’s own content, for 72 h.',
      tag,
      body: api.leaseRequest,
      answer: api.leaseAnswer,
    },
    async ({ body, c }) => {
      c.header('cache-control', 'no-store');
      return grantLease(deps, terminalOf(c), body.wrapped);
    },
  );
}

function memberRoutes(app: OpenAPIHono, deps: TerminalDeps): void {
  const { stores } = deps.db;
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/sign-in',
      summary: 'MED-5: medium or number, and PIN.',
      tag,
      body: api.signInRequest,
      answer: api.memberSession,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      const member = await signIn(deps, terminal.terminalId, body);
      if (!member.ok) return member;
      const token = await openMemberSession(deps, member.value.memberId, terminal.terminalId);
      return ok(await sessionView(deps, member.value, terminal, token));
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/register',
      summary: 'MBR-1: the short form at the kiosk.',
      tag,
      body: api.registerRequest,
      answer: api.registerAnswer,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      const made = await registerMember(deps, `terminal:${terminal.terminalId}`, {
        ...body,
        siteId: terminal.siteId,
      });
      if (!made.ok) return made;
      const token = await openMemberSession(deps, made.value.memberId, terminal.terminalId);
      return ok({
        memberNumber: made.value.number,
        session: await sessionView(deps, made.value, terminal, token),
      });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/session',
      summary: 'The member session anew.',
      tag,
      body: api.sessionRequest,
      answer: api.memberSession,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      const member = await memberOfSession(deps, stores, body.sessionToken, terminal.terminalId);
      if (!member.ok) return member;
      return ok(await sessionView(deps, member.value, terminal, body.sessionToken));
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/sign-out',
      summary: 'Ends a session; twice is once.',
      tag,
      body: api.sessionRequest,
    },
    async ({ body, c }) => {
      await endMemberSession(deps, body.sessionToken, terminalOf(c).terminalId);
      return ok(undefined);
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/top-up',
      summary: 'LED-2: prepaid balance, or what is due, by the card reader.',
      tag,
      body: api.topUpRequest,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      if (await toppedUp(stores, body.key, body.amount)) return ok(undefined);
      const member = await memberOfSession(deps, stores, body.sessionToken, terminal.terminalId);
      if (!member.ok) return member;
      if (body.amount.currency !== member.value.currency)
        return fault('currency_mismatch', `this account is kept in ${member.value.currency}`);
      const { key, amount, authorisationId, purpose } = body;
      const booked = await deps.db.transaction((inside) =>
        topUp(
          inside,
          { key, amount, authorisationId, purpose, memberId: member.value.memberId, siteId: terminal.siteId },
          deps.clock.now(),
        ),
      );
      return booked.ok ? ok(undefined) : booked;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/identify-medium',
      summary: 'Whose medium this is, without PIN: a token and titles only.',
      tag,
      body: api.identifyMediumRequest,
      answer: api.identifyMediumAnswer,
    },
    async ({ body, c }) => {
      const member = await ownerOfMedium(stores, body.mediumId, body.accessKey);
      if (member === null || member.state !== 'active') return ok({ memberToken: null, recommendations: [] });
      const recommendations = await recommendationsFor(deps, member, terminalOf(c), 40);
      return ok({ memberToken: member.token, recommendations });
    },
  );
}

function rentalRoutes(app: OpenAPIHono, deps: TerminalDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/rentals/prepare',
      summary: 'RNT-1: permits copies, or says why not; nothing is charged.',
      tag,
      body: api.prepareRequest,
      answer: api.prepareAnswer,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      if (terminal.role !== 'kiosk') return fault('terminal_role_wrong', 'only kiosks rent');
      const member = await memberOfSession(deps, deps.db.stores, body.sessionToken, terminal.terminalId);
      if (!member.ok) return member;
      const { mediumId, mediumClass } = body;
      const items: (typeof api.prepareAnswer)['_input']['items'] = [];
      // One after the other: each takes its unit before the next is judged.
      for (const item of body.items) {
        const made = await prepareOne(deps, { member: member.value, terminal, mediumId, mediumClass }, item);
        items.push(
          made.ok
            ? { permitted: true, permit: made.value }
            : {
                permitted: false,
                rentalId: item.rentalId,
                code: made.error.code,
                message: made.error.message.slice(0, 300),
              },
        );
      }
      return ok({ items });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/rentals/cancel',
      summary: 'RNT-1: gives units back; twice is once.',
      tag,
      body: api.cancelRequest,
    },
    async ({ body, c }) => {
      await cancelPrepared(deps, terminalOf(c), body.rentalIds, body.reason);
      return ok(undefined);
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/rentals/states',
      summary: 'PR-28, RNT-6: what became of rentals that this kiosk wrote.',
      tag,
      body: api.rentalStatesRequest,
      answer: api.rentalStatesAnswer,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      if (terminal.role !== 'kiosk') return fault('terminal_role_wrong', 'only kiosks rent');
      return ok({ rentals: [...(await rentalStates(deps, terminal, body.rentalIds))] });
    },
  );
}

function returnRoutes(app: OpenAPIHono, deps: TerminalDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/returns/open',
      summary: 'CHG-7, RET-7: the signed quote and the challenge.',
      tag,
      body: api.openReturnRequest,
      answer: api.openReturnAnswer,
    },
    ({ body, c }) => openReturn(deps, terminalOf(c), body),
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/payments/authorise',
      summary: 'PAY-1: reserves points or balance; the same key is the same part.',
      tag,
      body: api.authoriseRequest,
      answer: api.authoriseAnswer,
    },
    async ({ body, c }) => {
      const part = await authorise(deps, terminalOf(c), body);
      return part.ok ? ok({ part: part.value }) : part;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/payments/void',
      summary: 'PAY-1: gives a reservation back; twice is once.',
      tag,
      body: api.voidRequest,
    },
    ({ body, c }) => voidAuthorisation(deps, terminalOf(c), body.key),
  );
}

/** Titles for which a place in the queue makes sense, best recommended first. */
const RESERVABLE = 12;

function recommendationRoute(app: OpenAPIHono, deps: TerminalDeps): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/recommendations',
      summary: 'RET-6: what a return terminal writes onto the medium.',
      tag,
      body: api.recommendRequest,
      answer: api.recommendAnswer,
    },
    async ({ body, c }) => {
      const { stores } = deps.db;
      const terminal = terminalOf(c);
      const member = await stores.members.first({ token: body.memberToken });
      if (member === null) return fault('member_unknown', 'no member has this token');
      const players = await playersOf(stores, member.memberId);
      return ok({
        recommendations: await recommendationsFor(deps, member, terminal, body.limit),
        history: await mediumHistory(stores, member.memberId),
        recipients: [await deps.fleet.readRecipient(), ...players.map(({ recipient }) => recipient)],
        revokedPlayers: [...(await revokedPlayersOf(stores, member.memberId))],
        reservable: await reservableTitles(deps, member.memberId),
      });
    },
  );
}

/** RSV-1: titles with limited units that are all out, or that are not released yet, and that this member has no place for. */
async function reservableTitles(
  deps: TerminalDeps,
  memberId: string,
): Promise<(typeof api.recommendAnswer)['_input']['reservable']> {
  const { stores } = deps.db;
  const now = deps.clock.now();
  const limited = await stores.titles.list(
    { withdrawn: false, unitsTotal: { not: null } },
    { orderBy: ['titleId'], descending: true, limit: 100 },
  );
  const coming = await stores.titles.list(
    { withdrawn: false, releaseAt: { gt: now } },
    { orderBy: ['releaseAt'], limit: 20 },
  );
  const found: (typeof api.recommendAnswer)['_input']['reservable'] = [];
  for (const title of new Map([...coming, ...limited].map((one) => [one.titleId, one] as const)).values()) {
    if (found.length >= RESERVABLE) break;
    const queue = await queueOf(stores, title, null, now);
    if (queue.queue.some((entry) => entry.memberId === memberId)) continue;
    const free = (queue.units.free ?? 0) - queue.queue.length;
    if (queue.units.releaseAt === null && free > 0) continue;
    const place = await placeIn(stores, title, queue, null, now);
    found.push({ titleId: title.titleId, queueLength: queue.queue.length, waitSeconds: place.waitSeconds });
  }
  return found;
}

/** Answers to anything else below `/terminal/v1`. */
export const terminalNotFound = (c: Parameters<typeof problem>[0]): Response =>
  problem(c, { code: 'not_found', message: 'there is nothing at this address' });
