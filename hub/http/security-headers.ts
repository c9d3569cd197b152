import type { MiddlewareHandler } from 'hono';
import { overHttps, type PlaceDeps } from './staff/place.ts';

/** Nothing runs, loads or is sent but what this hub serves itself; nobody frames it (ASVS 5.0 3.4.3, 3.4.6). */
export const CONSOLE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "object-src 'none'",
].join('; ');

/** For every answer that is no page: should a browser show it all the same, it can do nothing. */
const BARE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";
const TWO_YEARS = 63_072_000;

/**
 * Headers of every answer (SEC-7). An answer that brings a policy of its own keeps it. What the API says is stored nowhere (`no-store`), but for
 * pictures by hash, which say so themselves.
 */
export function securityHeaders(deps: PlaceDeps): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    const absent = (name: string, value: string): void => {
      if (!headers.has(name)) headers.set(name, value);
    };
    const page = headers.get('content-type')?.startsWith('text/html') === true;
    absent('content-security-policy', page ? CONSOLE_POLICY : BARE_POLICY);
    headers.set('x-content-type-options', 'nosniff');
    headers.set('x-frame-options', 'DENY');
    headers.set('referrer-policy', 'no-referrer');
    headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    if (c.req.path.startsWith('/api/')) absent('cache-control', 'no-store');
    if (overHttps(deps, c))
      headers.set('strict-transport-security', `max-age=${TWO_YEARS}; includeSubDomains`);
  };
}
