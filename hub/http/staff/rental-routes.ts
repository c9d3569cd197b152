import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { reportMedium, settleComplaint } from '#hub/app/renting/complaints.ts';
import { ledgerLineOf, rentalDetailOf, rentalSummaries } from '#hub/app/reports/rental-view.ts';
import * as contract from '#hub/http/contract/members.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import type { Match } from '#hub/ports/table.ts';
import type { MemberId, RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { rentalId } from '#shared/protocol/primitives.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf, staffOf } from './guard.ts';

const tag = 'rentals';
const oneRental = z.object({ rentalId });
const OPEN: readonly RentalRow['status'][] = ['active', 'returning', 'held'];

/** Rentals with their timeline, complaints and losses; the ledger behind them. */
export function rentalRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;
  endpoint(
    app,
    {
      method: 'get',
      path: '/rentals',
      summary: 'Rentals, newest first.',
      tag,
      query: contract.rentalQuery,
      answer: contract.rentalPage,
    },
    async ({ query }) => {
      const rows = await stores.rentals.list(matchOf(query), {
        orderBy: ['rentalId'],
        descending: true,
        limit: query.limit,
      });
      const last = rows.at(-1);
      const next = rows.length < query.limit || last === undefined ? null : last.rentalId;
      return ok({ items: await rentalSummaries(stores, rows, deps.clock.now()), next });
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/rentals/{rentalId}',
      summary: 'RNT-8: everything known of one rental.',
      tag,
      params: oneRental,
      answer: contract.rentalDetail,
    },
    ({ params }) => rentalDetailOf(stores, params.rentalId, deps.clock.now()),
  );
  const reported = async (id: RentalId) => rentalDetailOf(stores, id, deps.clock.now());
  endpoint(
    app,
    {
      method: 'post',
      path: '/rentals/{rentalId}/lost',
      summary: 'RNT-7: the medium is lost; the meter stops now.',
      tag,
      params: oneRental,
      body: contract.reasonBody,
      answer: contract.rentalDetail,
    },
    async ({ params, body, c }) => {
      const done = await reportMedium(deps, actorOf(c), params.rentalId, { kind: 'lost' }, body.reason);
      return done.ok ? reported(params.rentalId) : done;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/rentals/{rentalId}/found',
      summary: 'RNT-7: staff settle a medium that was found again.',
      tag,
      params: oneRental,
      body: contract.foundBody,
      answer: contract.rentalDetail,
    },
    async ({ params, body, c }) => {
      const report = { kind: 'found', decision: body.decision } as const;
      const done = await reportMedium(deps, actorOf(c), params.rentalId, report, body.reason);
      return done.ok ? reported(params.rentalId) : done;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/rentals/{rentalId}/complaint',
      summary: 'RNT-8: refund or exchange with a reason; large ones wait for a second person.',
      tag,
      params: oneRental,
      body: contract.complaintBody,
      answer: contract.complaintAnswer,
    },
    async ({ params, body, c }) => {
      const { key, kind, reason } = body;
      const amount = body.amount ?? null;
      const complaint = { key, kind, reason, amount };
      const done = await settleComplaint(deps, actorOf(c), null, params.rentalId, complaint);
      if (done.ok) return ok({ ...done.value, requestId: null });
      if (done.error.code !== 'second_person_needed') return done;
      const { rentalId: id } = params;
      const wish = { subject: id, payload: { rentalId: id, key, amount }, reason };
      const { requestId } = await deps.secondPerson.request(staffOf(c), 'rental.refund', wish);
      return ok({ refunded: null, couponId: null, requestId });
    },
  );
  ledgerRoutes(app, deps);
}

function matchOf(query: z.infer<typeof contract.rentalQuery>): Match<RentalRow> {
  return {
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.open === undefined ? {} : { status: OPEN }),
    ...(query.needsStaff === undefined ? {} : { needsStaff: true }),
    ...(query.siteId === undefined ? {} : { siteId: query.siteId }),
    ...(query.titleId === undefined ? {} : { titleId: query.titleId }),
    ...(query.memberId === undefined ? {} : { memberId: query.memberId as MemberId }),
    ...(query.kioskId === undefined ? {} : { kioskId: query.kioskId as TerminalId }),
    ...(query.cursor === undefined ? {} : { rentalId: { lt: query.cursor as RentalId } }),
  };
}

function ledgerRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { ledger } = deps.db.stores;
  endpoint(
    app,
    {
      method: 'get',
      path: '/ledger/entries',
      summary: 'LED-1: entries, newest first.',
      tag: 'ledger',
      query: contract.ledgerQuery,
      answer: contract.ledgerPage,
    },
    async ({ query }) => {
      const offset = Number(query.cursor ?? 0);
      const lines = await ledger.lines(
        {
          ...(query.account === undefined ? {} : { accountId: query.account }),
          ...(query.memberId === undefined ? {} : { memberId: query.memberId as MemberId }),
          ...(query.rentalId === undefined ? {} : { rentalId: query.rentalId }),
        },
        { limit: query.limit, offset },
      );
      const next = lines.length < query.limit ? null : String(offset + lines.length);
      return ok({ items: lines.map(ledgerLineOf), next });
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/ledger/balance',
      summary: 'LED-1: every account; debits and credits add up to 0.',
      tag: 'ledger',
      query: contract.balanceQuery,
      answer: contract.balanceSheet,
    },
    async ({ query }) => {
      const accounts = (await ledger.trialBalance(query.before)).map(({ accountId, unit, posted }) => ({
        accountId,
        kind: accountId.split(':')[0] ?? '',
        unit,
        posted,
      }));
      const totals = new Map<string, { unit: string; kind: string; posted: number }>();
      const units = new Map<string, number>();
      for (const { kind, unit, posted } of accounts) {
        const key = `${unit}:${kind}`;
        totals.set(key, { unit, kind, posted: (totals.get(key)?.posted ?? 0) + posted });
        units.set(unit, (units.get(unit) ?? 0) + posted);
      }
      const balanced = [...units.values()].every((sum) => sum === 0);
      return ok({ at: query.before ?? deps.clock.now(), accounts, totals: [...totals.values()], balanced });
    },
  );
}
