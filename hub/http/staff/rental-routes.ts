import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { reportMedium, settleComplaint } from '#hub/app/renting/complaints.ts';
import { linesSought } from '#hub/app/reports/lists.ts';
import { COUNTED, orderOf, totalOf } from '#hub/app/reports/pages.ts';
import { ledgerLineOf, rentalDetailOf } from '#hub/app/reports/rental-view.ts';
import { cursorOf, type ListMark } from '#hub/http/contract/common.ts';
import * as contract from '#hub/http/contract/members.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { readerLanguage } from '#hub/http/language.ts';
import type { LineMark } from '#hub/ports/ledger.ts';
import type { TransferRow } from '#hub/ports/rows/index.ts';
import type { MemberId, RentalId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { rentalId } from '#shared/protocol/primitives.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf, staffOf } from './guard.ts';

const tag = 'rentals';
const oneRental = z.object({ rentalId });

/** Rentals with their timeline, complaints and losses; the ledger behind them. */
export function rentalRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;
  const detailOf = (id: RentalId, c: Context) =>
    rentalDetailOf(stores, id, {
      now: deps.clock.now(),
      publicAddress: deps.fleet.publicAddress,
      language: readerLanguage(c),
    });

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
    ({ params, c }) => detailOf(params.rentalId, c),
  );
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
      return done.ok ? detailOf(params.rentalId, c) : done;
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
      return done.ok ? detailOf(params.rentalId, c) : done;
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

const LEDGER_ORDERS = {
  booked: { by: 'bookedAt', first: 'desc' },
  at: { by: 'at', first: 'desc' },
} as const;
/** `line:transfer`: ids of the ledger are texts of many forms. */
function lineMark(cursor: ListMark | undefined): LineMark | null {
  if (cursor === undefined) return null;
  const [line = '', ...id] = String(cursor.key).split(':');
  return { value: epochMs(Number(cursor.value)), line: Number(line), transferId: id.join(':') };
}

function ledgerRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { ledger } = deps.db.stores;
  endpoint(
    app,
    {
      method: 'get',
      path: '/ledger/entries',
      summary: 'LED-1: entries, newest booking first where no order is asked.',
      tag: 'ledger',
      query: contract.ledgerQuery,
      answer: contract.ledgerPage,
    },
    async ({ query }) => {
      const match = {
        ...(query.account === undefined ? {} : { accountId: query.account }),
        ...(query.memberId === undefined ? {} : { memberId: query.memberId as MemberId }),
        ...(query.rentalId === undefined ? {} : { rentalId: query.rentalId }),
        anyOf: await linesSought(deps.db.stores, query.q ?? ''),
      };
      const { sort, dir, by } = orderOf<Pick<TransferRow, 'bookedAt' | 'at'>>(LEDGER_ORDERS, query);
      const after = lineMark(query.cursor);
      const order = { by, descending: dir === 'desc' } as const;
      const found = await ledger.lines(match, { limit: query.limit + 1, after, order });
      const lines = found.slice(0, query.limit);
      const total = after === null ? totalOf(await ledger.countLines(match, COUNTED + 1)) : null;
      const last = found.length > query.limit ? lines.at(-1) : undefined;
      const next =
        last === undefined
          ? null
          : cursorOf({
              sort,
              dir,
              value: last.transfer[by],
              key: `${last.line}:${last.transfer.transferId}`,
            });
      return ok({ items: lines.map(ledgerLineOf), next, total });
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
