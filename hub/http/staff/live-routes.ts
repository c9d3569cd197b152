import type { OpenAPIHono } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { presenceOf } from '#hub/app/staff/sessions.ts';
import { describe } from '#hub/http/endpoint.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { StaffDeps } from './deps.ts';
import { sessionToken } from './place.ts';

const BEAT = milliseconds(1000);
/** A comment line now and then keeps proxies from closing a quiet stream. */
const QUIET_BEATS = 15;
/** A session that ended, was closed or became another role's hears nothing more after this. */
const SESSION_BEATS = 5;

/**
 * FLT-1: tells an open page which parts changed (`changed`, with the names of the parts), so that it reads those again. The pulse comes from the
 * database, so a page sees what any hub of the fleet did. Ends when the page goes away or the hub stops.
 */
export function liveRoutes(app: OpenAPIHono, deps: StaffDeps & { readonly stopping: AbortSignal }): void {
  describe(app, {
    method: 'get',
    path: '/live',
    summary: 'FLT-1: events: which parts changed. Ends with the session.',
    tag: 'fleet',
    answer: { type: 'text/event-stream' },
  });
  app.get('/live', (c) =>
    streamSSE(c, async (stream) => {
      const token = sessionToken(deps, c) ?? '';
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const over = AbortSignal.any([gone.signal, deps.stopping]);
      let known = await deps.db.stores.reports.pulse();
      await stream.writeSSE({ event: 'hello', data: JSON.stringify({ at: deps.clock.now() }) });
      for (let beat = 1; !over.aborted; beat += 1) {
        await deps.clock.sleep(BEAT, over);
        if (over.aborted) return;
        if (beat % SESSION_BEATS === 0 && (await presenceOf(deps, token, false)) === null) return;
        const now = await deps.db.stores.reports.pulse();
        const parts = (Object.keys(now) as (keyof typeof now)[]).filter((part) => now[part] !== known[part]);
        known = now;
        if (parts.length > 0)
          await stream.writeSSE({ event: 'changed', data: JSON.stringify({ parts, at: deps.clock.now() }) });
        else if (beat % QUIET_BEATS === 0) await stream.write(': still here\n\n');
      }
    }),
  );
}
