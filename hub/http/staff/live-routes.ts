import type { OpenAPIHono } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { glanceOf, summaryOf } from '#hub/app/reports/fleet-view.ts';
import { presenceOf } from '#hub/app/staff/sessions.ts';
import type { TerminalNews } from '#hub/http/contract/fleet.ts';
import { describe } from '#hub/http/endpoint.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import type { StaffDeps } from './deps.ts';
import { sessionToken } from './place.ts';
import {
  BEAT,
  changedBetween,
  changedSince,
  oncePerBeat,
  type Part,
  type PulseDeps,
  positionOf,
} from './pulse.ts';

/** A comment line now and then keeps proxies from closing a quiet stream. */
const QUIET_BEATS = 15;
/** A session that ended, was closed or became another role's hears nothing more after this. */
const SESSION_BEATS = 5;

/** One message carries at most so many terminals; more changed at once only after an outage, and then a page reads its list again. */
const NEWS_AT_ONCE = 1000;

/**
 * FLT-1: tells an open page which parts changed (`changed`, with the names of the parts), so that it reads those again. The pulse comes from the
 * database, so a page sees what any hub of the fleet did; however many pages are open, each hub asks it once a second. A page says with `since` where the
 * pulse stood when it was last told, and hears in the greeting (`hello`) what changed after that: so it reads nothing twice, and misses nothing that
 * changed before it listened. A page that shows the list of terminals asks with `?terminals=yes` and is sent the very rows that changed (`terminals`).
 * Ends when the page goes away or the hub stops.
 */
export function liveRoutes(app: OpenAPIHono, deps: PulseDeps & { readonly stopping: AbortSignal }): void {
  describe(app, {
    method: 'get',
    path: '/live',
    summary: 'FLT-1: events: which parts changed. Ends with the session.',
    tag: 'fleet',
    answer: { type: 'text/event-stream' },
  });
  const { pulse } = deps;
  const spoke = oncePerBeat(deps, () => newsOf(deps, milliseconds(2 * BEAT)));
  app.get('/live', (c) =>
    streamSSE(c, async (stream) => {
      const token = sessionToken(deps, c) ?? '';
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const over = AbortSignal.any([gone.signal, deps.stopping]);
      const watchesTerminals = c.req.query('terminals') === 'yes';
      const told = new Map<string, string>();
      let known = await pulse();
      const tell = (event: string, parts: readonly Part[]) =>
        stream.writeSSE({
          event,
          data: JSON.stringify({ parts, position: positionOf(known), at: deps.clock.now() }),
        });
      await tell('hello', changedSince(known, c.req.query('since') ?? ''));
      for (let beat = 1; !over.aborted; beat += 1) {
        await deps.clock.sleep(BEAT, over);
        if (over.aborted) return;
        if (beat % SESSION_BEATS === 0 && (await presenceOf(deps, token, false)) === null) return;
        const now = await pulse();
        const parts = changedBetween(known, now);
        known = now;
        if (watchesTerminals && parts.includes('fleet')) {
          const news = unheard(await spoke(), told);
          if (news.items.length > 0)
            await stream.writeSSE({ event: 'terminals', data: JSON.stringify(news) });
        }
        if (parts.length > 0) await tell('changed', parts);
        else if (beat % QUIET_BEATS === 0) await stream.write(': still here\n\n');
      }
    }),
  );
}

/** Terminals that spoke, came or went within the last moments, and how many there are. */
async function newsOf(deps: StaffDeps, within: number): Promise<TerminalNews> {
  const { stores } = deps.db;
  const at = deps.clock.now();
  const since = { gte: epochMs(at - within) };
  const anyOf = [{ lastContactAt: since }, { heartbeatAt: since }, { onlineChangedAt: since }];
  const page = { by: 'terminalId', descending: false, after: null, limit: NEWS_AT_ONCE } as const;
  const rows = await stores.terminals.page({}, { ...page, anyOf });
  const items = (await glanceOf(stores, rows)).map(summaryOf);
  return { at, terminals: await stores.terminals.count({}), items };
}

/** What this page was not told a moment ago: the spans that are asked for overlap, so that none is missed. */
function unheard(news: TerminalNews, told: Map<string, string>): TerminalNews {
  const before = new Map(told);
  told.clear();
  for (const one of news.items) told.set(one.terminalId, JSON.stringify(one));
  return {
    ...news,
    items: news.items.filter((one) => before.get(one.terminalId) !== told.get(one.terminalId)),
  };
}
