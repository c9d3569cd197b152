import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { type SignInPlace, STAFF_SESSION_MS } from '#hub/app/staff/sessions.ts';

export interface PlaceDeps {
  readonly publicAddress: () => string;
  /** Header in which a proxy of our own names the client; empty: the socket's address counts. */
  readonly clientAddressHeader: string;
}

const DEVICE_SECONDS = 180 * 86_400;
const SESSION = 'keyturn_staff';
const DEVICE = 'keyturn_device';

/** Over https the name binds the cookie to this host and to https (`__Host-`, ASVS 5.0 3.3.1). */
const nameOf = (deps: PlaceDeps, c: Context, base: string): string =>
  overHttps(deps, c) ? `__Host-${base}` : base;
export const overHttps = (deps: PlaceDeps, c: Context): boolean =>
  c.req.url.startsWith('https:') || deps.publicAddress().startsWith('https:');

const attributes = (deps: PlaceDeps, c: Context, maxAge: number) =>
  ({ httpOnly: true, sameSite: 'Strict', secure: overHttps(deps, c), path: '/', maxAge }) as const;

export const sessionToken = (deps: PlaceDeps, c: Context): string | undefined =>
  getCookie(c, nameOf(deps, c, SESSION));
export const setSessionToken = (deps: PlaceDeps, c: Context, token: string): void =>
  setCookie(c, nameOf(deps, c, SESSION), token, attributes(deps, c, STAFF_SESSION_MS / 1000));
export const dropSessionToken = (deps: PlaceDeps, c: Context): void => {
  deleteCookie(c, nameOf(deps, c, SESSION), { path: '/', secure: overHttps(deps, c) });
};
export const setDeviceToken = (deps: PlaceDeps, c: Context, token: string): void =>
  setCookie(c, nameOf(deps, c, DEVICE), token, attributes(deps, c, DEVICE_SECONDS));

/** Where a request comes from. Of a list of addresses in the proxy's header the last one is its own word; the others are hearsay. */
export function placeOf(deps: PlaceDeps, c: Context): SignInPlace {
  const told =
    deps.clientAddressHeader === ''
      ? undefined
      : c.req.header(deps.clientAddressHeader)?.split(',').at(-1)?.trim();
  return {
    address: told || socketAddress(c),
    agent: c.req.header('user-agent') ?? '',
    device: getCookie(c, nameOf(deps, c, DEVICE)) ?? null,
  };
}

function socketAddress(c: Context): string {
  // Without a server beneath (tests that call the app itself) there is no socket.
  if ((c.env as { incoming?: unknown } | undefined)?.incoming === undefined) return 'unknown';
  return getConnInfo(c).remote.address ?? 'unknown';
}
