import type { HttpBindings } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { PairingDeps } from '#hub/app/members/pairing.ts';
import { isPassing } from '#hub/ports/database.ts';
import type { HubMetrics } from '#hub/ports/metrics.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { consolePage } from './console-page.ts';
import { logRoutes } from './log.ts';
import { measured } from './measured.ts';
import { playerRoutes } from './players.ts';
import { problem } from './problem.ts';
import { receiptRoutes } from './receipts.ts';
import { securityHeaders } from './security-headers.ts';
import { securityTxtRoute } from './security-txt.ts';
import { accountRoutes } from './staff/account-routes.ts';
import { auditRoutes } from './staff/audit-routes.ts';
import { backupRoutes } from './staff/backup-routes.ts';
import { catalogueRoutes } from './staff/catalogue-routes.ts';
import { controllerRoutes } from './staff/controller-routes.ts';
import type { StaffDeps } from './staff/deps.ts';
import { fleetRoutes } from './staff/fleet-routes.ts';
import { originGuard, staffGuard } from './staff/guard.ts';
import { keyRoutes } from './staff/key-routes.ts';
import { listRoutes } from './staff/list-routes.ts';
import { liveRoutes } from './staff/live-routes.ts';
import { logRoutes as staffLogRoutes } from './staff/log-routes.ts';
import { memberPlayerRoutes } from './staff/member-player-routes.ts';
import { memberRoutes } from './staff/member-routes.ts';
import { peopleRoutes } from './staff/people-routes.ts';
import { askPulse } from './staff/pulse.ts';
import { rentalRoutes } from './staff/rental-routes.ts';
import { reportRoutes } from './staff/report-routes.ts';
import { secondPersonRoutes } from './staff/second-person-routes.ts';
import { sessionRoutes } from './staff/session-routes.ts';
import { siteRoutes } from './staff/site-routes.ts';
import { uploadRoutes } from './staff/upload-routes.ts';
import type { TerminalDeps } from './terminal/deps.ts';
import { terminalRoutes } from './terminal/routes.ts';

export type ServerDeps = TerminalDeps &
  PairingDeps &
  StaffDeps & {
    /** Null: the hub is up, but cannot serve now; the reason. */
    readonly ready: () => Promise<string | null>;
    readonly stopping: AbortSignal;
    /** Built console (`.build/ui/hub`); null: this hub serves no console. */
    readonly consoleFolder: string | null;
    readonly publicAddress: () => string;
    /** For `security.txt`; empty: none is served. */
    readonly securityContact: string;
    readonly metrics: HubMetrics;
  };

/** What the hub answers to terminals, and nothing else: served over mutual TLS only (SEC-2). */
export function terminalServer(deps: ServerDeps): OpenAPIHono {
  const app = plainServer(deps, 'terminals');
  app.use('*', plainBodies(deps));
  app.use('*', promptBodies(deps));
  app.use('*', smallBodies);
  app.route('/terminal/v1', terminalRoutes(deps));
  return app;
}

function plainServer(deps: ServerDeps, door: 'public' | 'terminals'): OpenAPIHono {
  const app = new OpenAPIHono();
  app.use('*', measured(deps, door));
  app.use('*', async (c, next) => {
    await next();
    c.header('x-content-type-options', 'nosniff');
  });
  app.notFound((c) => problem(c, { code: 'not_found', message: 'there is nothing at this address' }));
  app.onError((error, c) => failed(deps, error, c));
  return app;
}

/** What the hub answers to staff, customers and whoever watches over it. Terminals have a door of their own. */
export function hubServer(deps: ServerDeps): OpenAPIHono {
  const app = plainServer(deps, 'public');
  app.use('*', securityHeaders(deps));
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/ready', async (c) => {
    const reason = await deps.ready();
    return reason === null
      ? c.json({ status: 'ready' })
      : problem(c, { code: 'hub_starting', message: reason });
  });
  app.get('/fleet/root.pem', (c) =>
    c.text(deps.authority.rootPem, 200, { 'content-type': 'application/x-pem-file' }),
  );
  receiptRoutes(app, deps);
  securityTxtRoute(app, deps);
  logRoutes(app, deps);
  app.use('*', plainBodies(deps));
  app.use('/player/*', promptBodies(deps));
  app.use('/player/*', smallBodies);
  playerRoutes(app, deps);
  app.route('/api/v1', staffApi(deps));
  if (deps.consoleFolder !== null) consolePage(app, deps.consoleFolder);
  return app;
}

const smallBodies = bodyLimit({
  maxSize: LIMITS.httpBodyBytes,
  onError: (c) => problem(c, { code: 'body_too_large', message: `at most ${LIMITS.httpBodyBytes} bytes` }),
});

/** SEC-8: nothing that is sent is ever unpacked, so that a small body stays small. */
const plainBodies =
  (deps: Pick<ServerDeps, 'alarm'>): MiddlewareHandler =>
  async (c, next) => {
    const encoding = c.req.header('content-encoding')?.trim().toLowerCase() ?? 'identity';
    if (encoding === 'identity' || encoding === '') return next();
    await deps.alarm.raise({
      code: 'security_packed_body_refused',
      subject: 'http',
      message: 'A request with a packed body was refused: no program of the fleet sends one.',
    });
    return problem(c, { code: 'content_encoding_refused', message: 'send the body as it is, not packed' });
  };

const SMALL_BODY_TIME = milliseconds(30_000);

/** A small body arrives soon or its connection ends: large uploads have a pace of their own. */
const promptBodies =
  (deps: Pick<ServerDeps, 'clock'>): MiddlewareHandler =>
  async (c, next) => {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    if (incoming === undefined || incoming.complete) return next();
    const cancel = deps.clock.after(SMALL_BODY_TIME, () => {
      if (!incoming.complete) incoming.destroy();
    });
    await next();
    cancel();
  };

/** The staff API with its document; uploads are the only bodies that may be large. */
export function staffApi(deps: ServerDeps): OpenAPIHono {
  const app = new OpenAPIHono();
  const prompt = promptBodies(deps);
  app.use('*', (c, next) => (isUpload(c) ? next() : prompt(c, next)));
  app.use('*', (c, next) => (isUpload(c) ? next() : smallBodies(c, next)));
  app.use('*', originGuard(deps));
  app.use('*', staffGuard(deps));
  app.get('/openapi.json', (c) => c.json(app.getOpenAPI31Document(DOCUMENT)));
  const withPulse = { ...deps, pulse: askPulse(deps) };
  sessionRoutes(app, withPulse);
  accountRoutes(app, withPulse);
  peopleRoutes(app, deps);
  secondPersonRoutes(app, deps);
  auditRoutes(app, deps);
  fleetRoutes(app, deps);
  staffLogRoutes(app, deps);
  keyRoutes(app, deps);
  controllerRoutes(app, deps);
  backupRoutes(app, deps);
  catalogueRoutes(app, deps);
  siteRoutes(app, deps);
  uploadRoutes(app, deps);
  memberRoutes(app, deps);
  listRoutes(app, deps);
  memberPlayerRoutes(app, deps);
  rentalRoutes(app, deps);
  reportRoutes(app, deps);
  liveRoutes(app, withPulse);
  return app;
}

const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'Keyturn staff API',
    version: '1',
    description:
      'Errors are problem+json; their `code` is stable. Sign in with POST /session; the session is a cookie.',
  },
  servers: [{ url: '/api/v1' }],
};

const isUpload = (c: Context): boolean =>
  /\/titles\/[^/]+\/(edition|poster|preview|subtitles\/[^/]+)$/.test(c.req.path);

/** A passing trouble of the database asks the caller to come again; everything else is a bug: logged whole, told as a code only. */
function failed(deps: ServerDeps, error: Error, c: Context): Response {
  if (isPassing(error)) {
    deps.log.warn({ path: c.req.path, message: error.message }, 'the database is away');
    return problem(c, { code: 'hub_starting', message: 'the database is away for a moment; ask again' });
  }
  deps.log.error(
    { path: c.req.path, method: c.req.method, message: error.message, stack: error.stack },
    'request failed',
  );
  return problem(c, { code: 'hub_failed', message: 'this is a fault of the hub; it was logged' });
}
