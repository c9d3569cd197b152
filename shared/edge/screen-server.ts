import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import type { Fault } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { AssetCache } from './assets.ts';
import { type LocalRefusal, localGuard } from './local-guard.ts';
import type { Screen } from './screen.ts';
import { securityHeaders } from './security-headers.ts';
import { stillPages } from './still-pages.ts';

export interface ScreenServerDeps<Snapshot, Intent> {
  readonly screen: Screen<Snapshot, Intent>;
  readonly assets: AssetCache;
  readonly clock: Clock;
  readonly log: Log;
  /** Folder of the built page, absolute (`uiDirectory` of `shared/toolchain/assets.ts`). */
  readonly uiFolder: string;
  /** Pages of these origins may send intents besides the served page itself (the demo's panel). */
  readonly otherOrigins?: readonly string[];
  /** Told when somebody else's page asks (SEC-8). */
  readonly refused?: (code: LocalRefusal) => void;
  /** For `/health`: whatever a watchdog should see. */
  health(): Readonly<Record<string, unknown>>;
  /** For `/ready`: why no customer can be served now; none: they can. */
  readonly notReady?: () => readonly string[];
  /** For `/metrics` (OPS-4). */
  readonly metrics?: { readonly contentType: string; scrape(): Promise<string> };
}

const INTENT_BYTES = 64 * 1024;
const HEARTBEAT = milliseconds(15_000);

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/**
 * The local page's server (DESIGN §7): snapshots out, intents in, pictures and the built page. Session answers are never stored; only JSON
 * of the page's own origin is taken (SEC-8).
 */
export function createScreenApp<Snapshot, Intent>(deps: ScreenServerDeps<Snapshot, Intent>): Hono {
  const app = new Hono();
  app.use('*', securityHeaders);
  app.use('*', async (c, next) => {
    await next();
    if (c.req.path.startsWith('/session')) c.res.headers.set('cache-control', 'no-store');
  });

  app.use('*', localGuard({ otherOrigins: deps.otherOrigins ?? [], refused: deps.refused ?? (() => {}) }));

  app.get('/health', (c) => c.json({ status: 'ok', ...deps.health() }));
  app.get('/ready', (c) => {
    const reasons = deps.notReady?.() ?? [];
    return c.json(
      { status: reasons.length === 0 ? 'ready' : 'not_ready', reasons },
      reasons.length === 0 ? 200 : 503,
    );
  });
  const { metrics } = deps;
  if (metrics !== undefined)
    app.get('/metrics', async (c) =>
      c.body(await metrics.scrape(), 200, {
        'content-type': metrics.contentType,
        'cache-control': 'no-store',
      }),
    );
  app.get('/session', (c) => c.body(JSON.stringify(deps.screen.snapshot()), 200, json));

  app.get('/session/events', (c) =>
    streamSSE(c, async (stream) => {
      // Changes that come faster than the page reads become one snapshot: only the newest counts.
      let pending = true;
      let wakeUp = (): void => {};
      let sequence = 0;
      const unsubscribe = deps.screen.subscribe(() => {
        pending = true;
        wakeUp();
      });
      const gone = new AbortController();
      stream.onAbort(() => {
        gone.abort();
        wakeUp();
      });
      try {
        while (!gone.signal.aborted && !stream.closed) {
          if (pending) {
            pending = false;
            sequence += 1;
            await stream.writeSSE({
              event: 'snapshot',
              id: String(sequence),
              data: JSON.stringify(deps.screen.snapshot()),
            });
            continue;
          }
          const changed = new Promise<'changed'>((resolve) => {
            wakeUp = () => resolve('changed');
          });
          const quiet = new AbortController();
          const first = await Promise.race([
            changed,
            deps.clock.sleep(HEARTBEAT, quiet.signal).then(() => 'quiet' as const),
          ]);
          quiet.abort();
          if (first === 'quiet') await stream.write(': here\n\n');
        }
      } finally {
        unsubscribe();
      }
    }),
  );

  app.post(
    '/session/intents',
    bodyLimit({
      maxSize: INTENT_BYTES,
      onError: () => problem(413, { code: 'body_too_large', message: `at most ${INTENT_BYTES} bytes` }),
    }),
    async (c) => {
      const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
      if (type !== 'application/json')
        return problem(415, { code: 'media_type_unsupported', message: 'send application/json' });
      const body: unknown = await c.req.json().catch(() => undefined);
      const parsed = deps.screen.intents.safeParse(body);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        return problem(400, {
          code: 'intent_malformed',
          message: `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
        });
      }
      const taken = await deps.screen.intent(parsed.data);
      return taken.ok ? c.body('{"accepted":true}', 202, json) : problem(409, taken.error);
    },
  );

  app.get('/assets/:name{[0-9a-f]{64}}', async (c) => {
    const asset = await deps.assets.get(c.req.param('name'));
    if (!asset.ok) return problem(asset.error.code === 'hub_away' ? 503 : 404, asset.error);
    return c.body(Buffer.from(asset.value.bytes), 200, {
      'content-type': asset.value.mediaType,
      'cache-control': 'private, max-age=31536000, immutable',
    });
  });

  app.route('/', stillPages());
  app.get('*', async (c) => {
    const file = await uiFile(deps.uiFolder, c.req.path);
    if (file === null) return problem(404, { code: 'not_found', message: 'no such page' });
    return c.body(file.bytes, 200, { 'content-type': file.mediaType, 'cache-control': file.caching });
  });

  app.onError((error) => {
    deps.log.error({ error: error.message }, 'a request of the page failed');
    return problem(500, { code: 'terminal_failed', message: 'the terminal could not do this' });
  });
  return app;
}

const json = { 'content-type': 'application/json' };

function problem(status: number, fault: Fault): Response {
  const body = {
    type: `urn:keyturn:problem:${fault.code}`,
    title: fault.code.replaceAll('_', ' '),
    status,
    code: fault.code,
    detail: fault.message,
    ...(fault.details === undefined ? {} : { details: fault.details }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

async function uiFile(
  folder: string,
  path: string,
): Promise<{ bytes: Buffer<ArrayBuffer>; mediaType: string; caching: string } | null> {
  const decoded = decodePath(path);
  if (decoded === null) return null;
  const relative = normalize(decoded).replace(/^[/\\]+/, '');
  if (relative.split(sep).includes('..') || relative.includes('\0')) return null;
  const name = relative === '' || relative === '.' ? 'index.html' : relative;
  const mediaType = MEDIA_TYPES[extname(name)];
  if (mediaType === undefined) return null;
  try {
    const bytes = await readFile(join(folder, name));
    // Names under assets/ carry a hash of their content; the page itself is never kept, also not for the way back (SCR-7).
    const caching = name.startsWith(`assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-store';
    return { bytes: Buffer.from(bytes), mediaType, caching };
  } catch {
    return null;
  }
}

function decodePath(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
