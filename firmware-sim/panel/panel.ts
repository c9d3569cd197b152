import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { localGuard } from '#shared/edge/local-guard.ts';
import { SECURITY_HEADERS } from '#shared/edge/security-headers.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { type PanelSnapshot, type PanelWorld, panelAction } from './contract.ts';

const LOOK_EVERY = milliseconds(1000);
/** A line at least this often, so that the page notices a demo that ended. */
const QUIET_LOOKS = 15;

/** The demo's panel: snapshots by server-sent events, actions by POST of the panel's own page. `clock` is the machine's. */
export function panelApp(world: PanelWorld, clock: Pick<Clock, 'sleep'>, uiFolder: string): Hono {
  const app = new Hono();
  app.use('*', async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  app.use('*', localGuard({ refused: () => {} }));
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/api/state', async (c) => c.json(await world.snapshot(), 200, { 'Cache-Control': 'no-store' }));
  app.get('/api/events', (c) =>
    streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      let last = '';
      let quiet = 0;
      while (!gone.signal.aborted && !stream.closed) {
        const look = new AbortController();
        const stop = world.watch(() => look.abort());
        const snapshot = await world.snapshot();
        const shown = comparable(snapshot);
        quiet = shown === last ? quiet + 1 : 0;
        if (quiet === 0 || quiet >= QUIET_LOOKS) {
          quiet = 0;
          await stream.writeSSE({ event: 'state', data: JSON.stringify(snapshot) });
        }
        last = shown;
        if (!look.signal.aborted) await clock.sleep(LOOK_EVERY, AbortSignal.any([look.signal, gone.signal]));
        stop();
      }
    }),
  );
  app.post('/api/actions', bodyLimit({ maxSize: 4096 }), async (c) => {
    if (!(c.req.header('Content-Type') ?? '').startsWith('application/json'))
      return problem('media_type_unsupported', 415);
    const action = panelAction.safeParse(await c.req.json().catch(() => null));
    if (!action.success) return problem('malformed', 400);
    const done = await world.act(action.data);
    return done.ok ? c.json(done.value) : problem(done.error.code, 409);
  });
  app.use('*', serveStatic({ root: uiFolder }));
  return app;
}

/** A snapshot without the time, which passes by itself on the page. */
const comparable = ({ now: _now, ...rest }: PanelSnapshot): string => JSON.stringify(rest);

const problem = (code: string, status: number): Response =>
  new Response(JSON.stringify({ type: `urn:keyturn:problem:${code}`, title: code, status, code }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
