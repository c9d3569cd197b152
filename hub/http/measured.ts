import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { AnsweredRequest, HubMetrics } from '#hub/ports/metrics.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** Methods that make a series of their own; whatever else somebody sends is one. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Measures every answer under its route's pattern (OPS-4): `/api/v1/rentals/:rentalId`, `file` for the console's own, `none` where nothing is at this address. */
export const measured =
  (
    deps: { readonly clock: Clock; readonly metrics: HubMetrics },
    door: AnsweredRequest['door'],
  ): MiddlewareHandler =>
  async (c, next) => {
    const start = deps.clock.monotonic();
    await next();
    const routes = matchedRoutes(c).filter(({ method }) => method !== 'ALL');
    deps.metrics.answered({
      door,
      method: METHODS.includes(c.req.method) ? c.req.method : 'other',
      route: routes.at(-1)?.path ?? (c.res.ok ? 'file' : 'none'),
      status: c.res.status,
      seconds: (deps.clock.monotonic() - start) / 1000,
    });
  };
