import { connect, type TLSSocket } from 'node:tls';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { type ServerName, sentChain, type TlsIdentity, verifiedPeer } from './peer.ts';
import { TLS_RULES } from './rules.ts';

export type DialFault = Fault<'wire_not_secure' | 'wire_unreachable' | 'wire_untrusted'>;

export interface Destination {
  readonly host: string;
  readonly port: number;
}

const PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'mqtts:': 8883 };

/** Where an address leads. `wire_not_secure`: anything but `https://` or `mqtts://`; nothing of ours speaks plain text (SEC-2). */
export function destinationOf(
  address: string,
  scheme: 'https:' | 'mqtts:',
): Result<Destination, Fault<'wire_not_secure'>> {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || url.protocol !== scheme)
    return fault('wire_not_secure', `${scheme}// is wanted, not ${url?.protocol ?? 'this'}`);
  const port = url.port === '' ? (PORTS[scheme] ?? 0) : Number(url.port);
  return ok({ host: url.hostname.replace(/^\[|\]$/g, ''), port });
}

export interface Dialling {
  readonly to: Destination;
  readonly serverName: ServerName;
  readonly trust: FleetTrust;
  /** Null: without a certificate of one's own, as before enrolment. */
  readonly identity: TlsIdentity | null;
  readonly clock: Pick<Clock, 'now'>;
  readonly timeout: Milliseconds;
}

/**
 * A TLS 1.3 connection to one of the fleet's servers, whose certificate was verified before anybody can write a byte to it.
 * `wire_untrusted`: who answers is not the fleet's server of this name; `wire_unreachable`: everything else.
 */
export async function dial(dialling: Dialling): Promise<Result<TLSSocket, DialFault>> {
  const { identity, trust, serverName, clock } = dialling;
  const shaken = await handshake(dialling.to, dialling.timeout, {
    servername: serverName,
    ca: trust.root.toString(),
    ...(identity === null ? {} : { key: identity.keyPem, cert: identity.chainPem }),
  });
  if (!shaken.ok) return shaken;
  const peer = verifiedPeer(shaken.value, trust, { as: 'server', name: serverName, at: clock.now() });
  if (peer.ok) return shaken;
  shaken.value.destroy();
  return fault('wire_untrusted', peer.error.message, { code: peer.error.code });
}

/**
 * The self-signed end of the chain that a server shows (DER), for an enrolment that knows only its fingerprint; nothing is sent but the handshake.
 * Whether it is the right one is the caller's question: until then this is a claim.
 */
export async function shownRoot(
  to: Destination,
  serverName: ServerName,
  timeout: Milliseconds,
): Promise<Result<Uint8Array, DialFault>> {
  const shaken = await handshake(to, timeout, { servername: serverName });
  if (!shaken.ok) return shaken;
  const root = sentChain(shaken.value).at(-1);
  shaken.value.destroy();
  return root === undefined ? fault('wire_untrusted', 'the server has shown no certificate') : ok(root);
}

function handshake(
  { host, port }: Destination,
  timeout: Milliseconds,
  options: { servername: string; ca?: string; key?: string; cert?: string },
): Promise<Result<TLSSocket, Fault<'wire_unreachable'>>> {
  return new Promise((resolve) => {
    const end = (message: string): void => {
      socket.destroy();
      resolve(fault('wire_unreachable', message));
    };
    // The verdict is taken by `verifiedPeer` as soon as the handshake is over: Node's own would ask the machine's clock only.
    const socket = connect({ host, port, ...TLS_RULES, ...options, rejectUnauthorized: false });
    const failed = (error: Error): void => end(error.message);
    const late = (): void => end('no handshake in time');
    socket.setTimeout(timeout);
    socket.once('timeout', late);
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      socket.setTimeout(0);
      socket.off('timeout', late);
      socket.off('error', failed);
      socket.setNoDelay(true);
      resolve(ok(socket));
    });
  });
}
