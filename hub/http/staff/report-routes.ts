import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import { entriesCsv, figuresCsv, rentalsCsv } from '#hub/app/reports/exports.ts';
import { type ReportAsk, reportOf, type Takings } from '#hub/app/reports/figures.ts';
import { overviewOf } from '#hub/app/reports/overview.ts';
import { terminalHistoryOf } from '#hub/app/reports/terminal-history.ts';
import * as contract from '#hub/http/contract/reports.ts';
import { describe, endpoint } from '#hub/http/endpoint.ts';
import { readerLanguage } from '#hub/http/language.ts';
import { problem } from '#hub/http/problem.ts';
import { ok } from '#shared/kernel/result.ts';
import { terminalId } from '#shared/protocol/primitives.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf } from './guard.ts';

const tag = 'reports';

/** What the console shows as figures: sums of rows and entries, asked when they are looked at. */
export function reportRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/overview',
      summary: 'The figures of the first page.',
      tag,
      answer: contract.overview,
    },
    async () => ok(await overviewOf(deps)),
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/terminals/{terminalId}/history',
      summary: 'FLT-1: how a terminal was in the last days.',
      tag,
      params: z.object({ terminalId }),
      query: contract.historyQuery,
      answer: contract.terminalHistory,
    },
    ({ params, query }) => terminalHistoryOf(deps, params.terminalId, query.days),
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/reports',
      summary: 'Rentals, returns, revenue and points over local days of the shops.',
      tag,
      query: contract.reportQuery,
      answer: contract.report,
    },
    async ({ query, c }) => {
      const made = await reportOf(deps, askOf(query), readerLanguage(c));
      if (!made.ok) return made;
      const shown = <T extends { readonly revenue: readonly Takings[] }>(figures: T) => ({
        ...figures,
        revenue: [...figures.revenue],
      });
      return ok({ rows: made.value.rows.map(shown), totals: shown(made.value.totals) });
    },
  );
  describe(app, {
    method: 'get',
    path: '/reports/export',
    summary: 'The same, or the rentals or entries behind it, as a file (RFC 4180, UTF-8).',
    tag,
    query: contract.exportQuery,
    answer: { type: 'text/csv' },
  });
  app.get('/reports/export', async (c) => {
    const query = contract.exportQuery.safeParse(c.req.query());
    if (!query.success)
      return problem(c, { code: 'request_malformed', message: query.error.issues[0]?.message ?? 'query' });
    const { table } = query.data;
    const ask = askOf(query.data);
    const report = await reportOf(deps, ask);
    if (!report.ok) return problem(c, report.error);
    const lines = {
      figures: () => figuresCsv(ask, report.value),
      rentals: () => rentalsCsv(deps, ask),
      entries: () => entriesCsv(deps, ask),
    }[table]();
    await deps.db.stores.audit.append({
      at: deps.clock.now(),
      actor: actorOf(c),
      action: 'report.exported',
      subject: table,
      detail: { ...ask },
    });
    c.header('content-type', 'text/csv; charset=utf-8; header=present');
    c.header('content-disposition', `attachment; filename="keyturn-${table}-${ask.from}-${ask.to}.csv"`);
    return stream(c, async (out) => {
      // Lines are gathered, so that a long file does not go out in small pieces.
      let waiting = '';
      for await (const line of lines) {
        waiting += line;
        if (waiting.length < 32_768) continue;
        if (out.aborted) return;
        await out.write(waiting);
        waiting = '';
      }
      await out.write(waiting);
    });
  });
}

const askOf = ({ from, to, by, siteId, titleId }: z.infer<typeof contract.reportQuery>): ReportAsk => ({
  from,
  to,
  by,
  siteId: siteId ?? null,
  titleId: titleId ?? null,
});
