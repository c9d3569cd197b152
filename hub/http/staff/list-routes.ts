import type { OpenAPIHono } from '@hono/zod-openapi';
import type { z } from 'zod';
import { playerNameOf } from '#hub/app/members/players.ts';
import { glanceOf, openAlerts, summaryOf } from '#hub/app/reports/fleet-view.ts';
import {
  findAnything,
  findMembers,
  MEMBER_ORDERS,
  membersSought,
  RENTAL_ORDERS,
  rentalsSought,
  TERMINAL_ORDERS,
  terminalsSought,
} from '#hub/app/reports/lists.ts';
import { type Page, pageOfTable } from '#hub/app/reports/pages.ts';
import { namesFor, rentalSummaries } from '#hub/app/reports/rental-view.ts';
import { cursorOf } from '#hub/http/contract/common.ts';
import * as controllers from '#hub/http/contract/controllers.ts';
import * as fleet from '#hub/http/contract/fleet.ts';
import * as members from '#hub/http/contract/members.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { readerLanguage } from '#hub/http/language.ts';
import type { AlertRow, DeadLetterRow, RentalRow } from '#hub/ports/rows/index.ts';
import type { Match } from '#hub/ports/table.ts';
import type { MemberId, TerminalId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { controllerViewOf } from './controller-routes.ts';
import type { StaffDeps } from './deps.ts';
import { letterView } from './fleet-routes.ts';
import { memberSummaryOf, reservationViews } from './member-routes.ts';

/** A page as it is sent: its rows as views, the mark as an opaque cursor. */
const sent = <Row, View>(page: Page<Row>, items: readonly View[]) => ({
  items: [...items],
  next: cursorOf(page.next),
  total: page.total,
});
type Query<T extends z.ZodType> = z.infer<T>;

/** Every long list of the console: pages by keyset, sorted, filtered, searched; and what the command bar finds (SCR-4). */
export function listRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  rentalLists(app, deps);
  fleetLists(app, deps);
  memberLists(app, deps);
  endpoint(
    app,
    {
      method: 'get',
      path: '/badges',
      summary: 'What waits for somebody: open alerts, dead letters, decisions.',
      tag: 'reports',
      answer: fleet.badges,
    },
    async () => ok(await badgesOf(deps)),
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/find',
      summary: 'SCR-4: rentals, terminals, members, titles and shops by a few letters or a number.',
      tag: 'reports',
      query: members.findQuery,
      answer: members.foundView,
    },
    async ({ query, c }) =>
      ok({ items: [...(await findAnything(deps.db.stores, deps.titleSearch, query.q, readerLanguage(c)))] }),
  );
}

async function badgesOf({ db: { stores } }: StaffDeps) {
  const open = (severity: AlertRow['severity']) => stores.alerts.count({ clearedAt: null, severity });
  return {
    alerts: { critical: await open('critical'), warning: await open('warning'), info: await open('info') },
    deadLetters: await stores.deadLetters.count({ state: ['dead', 'parked', 'quarantined'] }),
  };
}

const OPEN: readonly RentalRow['status'][] = ['active', 'returning', 'held'];
function rentalsMatching(query: Query<typeof members.rentalQuery>): Match<RentalRow> {
  return {
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.open === undefined ? {} : { status: OPEN }),
    ...(query.needsStaff === undefined ? {} : { needsStaff: true }),
    ...(query.siteId === undefined ? {} : { siteId: query.siteId }),
    ...(query.titleId === undefined ? {} : { titleId: query.titleId }),
    ...(query.memberId === undefined ? {} : { memberId: query.memberId as MemberId }),
    ...(query.kioskId === undefined ? {} : { kioskId: query.kioskId as TerminalId }),
  };
}

function rentalLists(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;
  endpoint(
    app,
    {
      method: 'get',
      path: '/rentals',
      summary: 'Rentals, newest first where no order is asked.',
      tag: 'rentals',
      query: members.rentalQuery,
      answer: members.rentalPage,
    },
    async ({ query, c }) => {
      const sought = await rentalsSought(stores, deps.titleSearch, query.q ?? '');
      const match = rentalsMatching(query);
      const page = await pageOfTable(stores.rentals, 'rentalId', RENTAL_ORDERS, match, query, sought);
      return ok(sent(page, await rentalSummaries(stores, page.rows, deps.clock.now(), readerLanguage(c))));
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/reservations',
      summary: 'RSV-1: everybody who waits.',
      tag: 'members',
      query: members.reservationQuery,
      answer: members.reservationList,
    },
    async ({ query, c }) => {
      const match = {
        state: query.state ?? (['waiting', 'paused', 'ready'] as const),
        ...(query.titleId === undefined ? {} : { titleId: query.titleId }),
      };
      const orders = { requested: { by: 'requestedAt', first: 'asc' } } as const;
      const page = await pageOfTable(stores.reservations, 'reservationId', orders, match, query);
      return ok(sent(page, await reservationViews(deps, page.rows, readerLanguage(c))));
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/ratings',
      summary: 'RAT-1: the latest ratings.',
      tag: 'members',
      query: members.ratingQuery,
      answer: members.ratingList,
    },
    async ({ query, c }) => {
      const match = {
        ...(query.stars === undefined ? {} : { stars: query.stars }),
        ...(query.titleId === undefined ? {} : { titleId: query.titleId }),
      };
      const orders = { at: { by: 'at', first: 'desc' }, stars: { by: 'stars', first: 'desc' } } as const;
      const page = await pageOfTable(stores.ratings, 'rentalId', orders, match, query);
      const names = await namesFor(
        stores,
        page.rows.map(({ titleId }) => titleId),
        [],
        readerLanguage(c),
      );
      const views = page.rows.map(({ rentalId, titleId, memberId, stars, at }) => ({
        ...{ rentalId, titleId, titleName: names.title(titleId), memberId, stars, at },
      }));
      return ok(sent(page, views));
    },
  );
}

function fleetLists(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;
  endpoint(
    app,
    {
      method: 'get',
      path: '/terminals',
      summary: 'FLT-1: terminals, by name where no order is asked.',
      tag: 'fleet',
      query: fleet.terminalQuery,
      answer: fleet.terminalList,
    },
    async ({ query }) => {
      const alerting = query.alerts === undefined ? null : await openAlerts(stores, 5000);
      const terminalId = (alerting ?? []).flatMap((one) => (one.terminalId === null ? [] : [one.terminalId]));
      const match = {
        ...(query.role === undefined ? {} : { role: query.role }),
        ...(query.siteId === undefined ? {} : { siteId: query.siteId }),
        ...(query.state === undefined ? {} : { state: query.state }),
        ...(query.online === undefined ? {} : { online: query.online === 'true' }),
        ...(alerting === null ? {} : { terminalId: [...new Set(terminalId)] }),
      };
      const sought = await terminalsSought(stores, query.q ?? '');
      const page = await pageOfTable(stores.terminals, 'terminalId', TERMINAL_ORDERS, match, query, sought);
      return ok(sent(page, (await glanceOf(stores, page.rows)).map(summaryOf)));
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/alerts',
      summary: 'Alerts, newest first; the open ones where nothing else is asked.',
      tag: 'fleet',
      query: fleet.alertQuery,
      answer: fleet.alertList,
    },
    async ({ query }) => {
      const match: Match<AlertRow> = {
        ...(query.state === 'open' ? { clearedAt: null } : {}),
        ...(query.state === 'cleared' ? { clearedAt: { not: null } } : {}),
        ...(query.severity === undefined ? {} : { severity: query.severity }),
      };
      const q = query.q ?? '';
      const sought: readonly Match<AlertRow>[] =
        q === ''
          ? []
          : [{ message: { contains: q } }, { code: { contains: q } }, { subject: { contains: q } }];
      const orders = {
        raised: { by: 'raisedAt', first: 'desc' },
        last: { by: 'lastAt', first: 'desc' },
        times: { by: 'count', first: 'desc' },
      } as const;
      const page = await pageOfTable(stores.alerts, 'alertId', orders, match, query, sought);
      return ok(sent(page, page.rows));
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/dead-letters',
      summary: 'SYN-3: events that could not be applied, and those that wait behind them.',
      tag: 'fleet',
      query: fleet.deadLetterQuery,
      answer: fleet.deadLetterList,
    },
    async ({ query }) => {
      const open = ['dead', 'parked', 'quarantined'] as const;
      const settled = ['applied', 'dismissed'] as const;
      const match: Match<DeadLetterRow> = {
        ...(query.state === 'all' ? {} : { state: query.state === 'open' ? open : settled }),
        ...(query.terminalId === undefined ? {} : { terminalId: query.terminalId }),
      };
      const q = query.q ?? '';
      const sought: readonly Match<DeadLetterRow>[] =
        q === ''
          ? []
          : [{ message: { contains: q } }, { cause: { contains: q } }, { terminalId: { contains: q } }];
      const orders = { came: { by: 'createdAt', first: 'desc' } } as const;
      const page = await pageOfTable(stores.deadLetters, 'deadLetterId', orders, match, query, sought);
      return ok(sent(page, page.rows.map(letterView)));
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/controllers',
      summary: 'SEC-5: certified controllers of secure media, newest first.',
      tag: 'secure media',
      query: controllers.controllerQuery,
      answer: controllers.controllerList,
    },
    async ({ query }) => {
      const match = {
        ...(query.state === undefined
          ? {}
          : { revokedAt: query.state === 'good' ? null : ({ not: null } as const) }),
      };
      const q = query.q ?? '';
      const sought = q === '' ? [] : [{ mediumId: { contains: q } }, { terminalId: { contains: q } }];
      const orders = { issued: { by: 'issuedAt', first: 'desc' } } as const;
      const page = await pageOfTable(stores.controllers, 'fingerprint', orders, match, query, sought);
      return ok(sent(page, page.rows.map(controllerViewOf)));
    },
  );
}

function memberLists(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;
  endpoint(
    app,
    {
      method: 'get',
      path: '/members',
      summary: 'Members by name or number, newest first where no order is asked.',
      tag: 'members',
      query: members.memberQuery,
      answer: members.memberPage,
    },
    async ({ query }) => {
      const match = {
        ...(query.state === undefined ? {} : { state: query.state }),
        ...(query.siteId === undefined ? {} : { siteId: query.siteId }),
      };
      const sought = membersSought(query.q ?? '');
      const page = await pageOfTable(stores.members, 'memberId', MEMBER_ORDERS, match, query, sought);
      return ok(sent(page, page.rows.map(memberSummaryOf)));
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/players',
      summary: 'SEC-6: players at home that members took on, last seen first.',
      tag: 'members',
      query: members.playerQuery,
      answer: members.playerPage,
    },
    async ({ query, c }) => {
      const match = { ...(query.state === undefined ? {} : { revoked: query.state === 'removed' }) };
      const q = query.q ?? '';
      const owners = q === '' ? [] : await findMembers(stores, q, 50);
      const sought =
        q === '' ? [] : [{ playerId: { contains: q } }, { memberId: owners.map(({ memberId }) => memberId) }];
      const orders = { seen: { by: 'seenAt', first: 'desc' } } as const;
      const page = await pageOfTable(stores.playerKeys, 'playerId', orders, match, query, sought);
      const names = await namesFor(
        stores,
        [],
        page.rows.map(({ memberId }) => memberId),
        readerLanguage(c),
      );
      const views = page.rows.map(async (row) => ({
        playerId: row.playerId,
        name: await playerNameOf(row),
        addedAt: row.addedAt,
        addedBy: row.addedBy,
        memberId: row.memberId,
        memberName: names.member(row.memberId),
        seenAt: row.seenAt,
        revokedAt: row.revokedAt,
      }));
      return ok(sent(page, await Promise.all(views)));
    },
  );
}
