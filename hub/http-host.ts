import { createServer as createPlain, type Server } from 'node:http';
import { createServer as createSecure, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import { addressCounter } from '#hub/mqtt/connection-limits.ts';
import { doorAlarms } from '#hub/mqtt/security-words.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { type Peer, type TlsIdentity, verifiedPeer } from '#shared/tls/peer.ts';
import { refusedHandshake, terminalServerOptions } from '#shared/tls/server.ts';

export interface HttpHost {
  /** `https://…` where it speaks TLS. */
  readonly address: string;
  close(): Promise<void>;
}
export interface TerminalHost extends HttpHost {
  /** Ends every connection of a terminal at once, also idle ones that are kept for its next question. */
  drop(terminalId: TerminalId): void;
}
export interface Place {
  readonly host: string;
  readonly port: number;
}
type HostFault = Fault<'hub_port_taken' | 'hub_not_listening'>;

/** How questions reach the hub, and who asks them. Real: `SOCKETS`. */
export interface HubDoors {
  readonly listenPublic: typeof listenPublic;
  readonly listenTerminals: typeof listenTerminals;
  readonly peerOf: typeof peerOf;
}

/** A large edition over a slow line takes hours; slow headers are still ended by Node's own limit of a minute. */
const LONGEST_REQUEST_MS = 12 * 3_600_000;
/** Terminals send small questions only. */
const LONGEST_QUESTION_MS = 60_000;
/** Longer than a terminal keeps an idle connection, so that it is the one that closes. */
const KEPT_IDLE_MS = 65_000;
const TERMINAL_CONNECTIONS = 10_000;
/** What is under way at a stop gets this long to end by itself (OPS-1). */
const GRACE = milliseconds(3000);

/** Serves console, staff API and customers: over HTTPS with a certificate of one's own, else over HTTP. Faults: `hub_port_taken`, `hub_not_listening`. */
export function listenPublic(
  app: OpenAPIHono,
  place: Place,
  certificate: { readonly cert: string; readonly key: string } | null,
  clock: Clock,
): Promise<Result<HttpHost, HostFault>> {
  const server = createAdaptorServer(
    certificate === null
      ? { fetch: app.fetch, createServer: createPlain }
      : {
          fetch: app.fetch,
          createServer: createSecure,
          serverOptions: { ...certificate, minVersion: 'TLSv1.2' },
        },
  ) as Server;
  server.requestTimeout = LONGEST_REQUEST_MS;
  return listening(server, place, certificate === null ? 'http' : 'https', clock);
}

const PEERS = new WeakMap<Socket, Peer>();
/** A shop's terminals may share one address; each keeps a handful of connections. */
const PER_ADDRESS = 512;

/** Who asks, proven by the certificate of his connection; null: nobody has shown one. */
export function peerOf(c: Context): Peer | null {
  const { incoming } = c.env as Partial<HttpBindings>;
  return incoming === undefined ? null : (PEERS.get(incoming.socket) ?? null);
}

/** Serves terminals over mutual TLS 1.3 (SEC-2). Without a certificate one may connect (to enrol); with a foreign one not. */
export async function listenTerminals(
  app: OpenAPIHono,
  place: Place,
  deps: {
    readonly clock: Clock;
    readonly trust: FleetTrust;
    readonly alarm: SecurityAlarm;
    identity(): Promise<TlsIdentity>;
  },
): Promise<Result<TerminalHost, HostFault>> {
  const { clock, trust, identity } = deps;
  const alarms = doorAlarms(deps.alarm, 'hub');
  const open = new Map<string, Set<TLSSocket>>();
  const options: ServerOptions = {
    ...(await terminalServerOptions(trust, identity, clock)),
    keepAliveTimeout: KEPT_IDLE_MS,
    requestTimeout: LONGEST_QUESTION_MS,
  };
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer: createSecure,
    serverOptions: options,
  }) as Server;
  server.maxConnections = TERMINAL_CONNECTIONS;
  const perAddress = addressCounter(PER_ADDRESS);
  server.on('connection', (socket: Socket) => {
    if (!perAddress.take(socket)) socket.destroy();
  });
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    const why = refusedHandshake(error);
    if (why !== null) alarms.handshake(why, socket.remoteAddress);
    socket.destroy();
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const peer = verifiedPeer(socket, trust, { as: 'client', name: null, at: null });
    if (!peer.ok) {
      if (peer.error.code === 'peer_without_certificate') return;
      alarms.stranger(peer.error, socket.remoteAddress);
      socket.destroy();
      return;
    }
    const { id } = peer.value;
    PEERS.set(socket, peer.value);
    const own = open.get(id) ?? new Set();
    open.set(id, own.add(socket));
    socket.once('close', () => {
      own.delete(socket);
      if (own.size === 0 && open.get(id) === own) open.delete(id);
    });
  });
  const host = await listening(server, place, 'https', clock);
  if (!host.ok) return host;
  return ok({
    ...host.value,
    drop: (terminalId) => {
      for (const socket of [...(open.get(terminalId) ?? [])]) socket.destroy();
    },
  });
}

export const SOCKETS: HubDoors = { listenPublic, listenTerminals, peerOf };

/** As clients on this machine reach what listens on an interface. */
export const shownHost = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

async function listening(
  server: Server,
  { host, port }: Place,
  scheme: 'http' | 'https',
  clock: Clock,
): Promise<Result<HttpHost, HostFault>> {
  const bound = await new Promise<Result<number, HostFault>>((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        fault(error.code === 'EADDRINUSE' ? 'hub_port_taken' : 'hub_not_listening', error.message, {
          host,
          port,
        }),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      resolve(ok(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
  if (!bound.ok) return bound;
  return ok({
    address: `${scheme}://${shownHost(host)}:${bound.value}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cancel = clock.after(GRACE, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  });
}
