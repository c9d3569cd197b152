import type { MiddlewareHandler } from 'hono';

/** Names under which a browser on this machine knows it. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

export interface LocalGuardOptions {
  /** Names of this server besides those of loopback, as in an address: `192.0.2.7`, `[2001:db8::1]`. */
  readonly names?: readonly string[];
  /** Origins of other pages that may act here too: the demo's panel. */
  readonly otherOrigins?: readonly string[];
  /** Told of each refusal. */
  readonly refused: (code: LocalRefusal) => void;
}
export type LocalRefusal = 'security_host_refused' | 'security_origin_refused';

/**
 * Lets only this machine's own pages in (SEC-8): a page from elsewhere whose name was pointed at this address (DNS rebinding) asks with its
 * own name in `Host`, and names itself in `Origin` (RFC 9110 §7.2, RFC 6454). Both are compared exactly, for every method, also where
 * nothing is changed. No answer ever allows another origin to read it (no CORS). A request without `Origin` is a navigation or a program.
 */
export function localGuard({ names = [], otherOrigins = [], refused }: LocalGuardOptions): MiddlewareHandler {
  const known = new Set([...LOOPBACK, ...names.map((name) => name.toLowerCase())]);
  return async (c, next) => {
    const host = (c.req.header('host') ?? new URL(c.req.url).host).toLowerCase();
    if (!known.has(nameOf(host))) {
      refused('security_host_refused');
      return refusal(421, 'host_foreign', 'this server answers to its own name only');
    }
    const origin = c.req.header('origin');
    if (origin !== undefined && origin !== `http://${host}` && !otherOrigins.includes(origin)) {
      refused('security_origin_refused');
      return refusal(403, 'origin_foreign', 'only the pages of this machine may ask');
    }
    return next();
  };
}

const nameOf = (host: string): string => /^(\[[0-9a-f:.]+\]|[^:]+)(?::\d{1,5})?$/.exec(host)?.[1] ?? '';

const refusal = (status: number, code: string, detail: string): Response =>
  new Response(JSON.stringify({ type: `urn:keyturn:problem:${code}`, title: code, status, code, detail }), {
    status,
    headers: { 'content-type': 'application/problem+json', 'x-content-type-options': 'nosniff' },
  });
