import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request as send } from 'node:https';
import type { Duplex } from 'node:stream';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { type Destination, destinationOf, dial, shownRoot } from '#shared/tls/client.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../http-transport.ts';

export interface HubTransportOptions {
  readonly trust: FleetTrust;
  /** Asked at each connection, so that a renewed certificate is in use at once; null: none, as before enrolment. */
  readonly identity: () => TlsIdentity | null;
  readonly clock: Pick<Clock, 'now'>;
  /** Somebody else answered at the hub's address; nothing was asked of him. */
  readonly untrusted?: () => void;
}

type TransportFault = Fault<'hub_away' | 'answer_too_large'>;

const HANDSHAKE = milliseconds(15_000);
const CONNECTIONS = 16;
const IDLE_MS = 30_000;

/**
 * HTTPS to the hub over mutual TLS 1.3 (SEC-2): only the fleet's root is believed, redirects are not followed, connections are kept for the next question,
 * with a time limit over the whole exchange and a limit of the answer's length. An address that is not `https://` is never asked.
 */
export function hubTransport(options: HubTransportOptions): HttpTransport {
  let agent: { readonly of: TlsIdentity | null; readonly agent: Agent } | null = null;
  /** Connections of a former certificate are not used again; what is under way on them ends. */
  const agentOf = (identity: TlsIdentity | null): Agent => {
    if (agent?.of === identity) return agent.agent;
    for (const sockets of Object.values(agent?.agent.freeSockets ?? {}))
      for (const socket of sockets ?? []) socket.destroy();
    agent = { of: identity, agent: new FleetAgent(options, identity) };
    return agent.agent;
  };
  return {
    request: async (request) => {
      const to = destinationOf(request.url, 'https:');
      if (!to.ok) return fault('hub_away', to.error.message, { code: to.error.code });
      const used = options.identity();
      const exchange = () => exchanged(request, agentOf(options.identity()));
      const first = await exchange();
      // A kept connection may have been closed by the hub at the very moment of asking, and what was asked with the former certificate may come
      // after the hub has seen the next one; every question may be asked twice (PR-21).
      const replaced =
        first !== 'again' && first.ok && first.value.status === 403 && options.identity() !== used;
      if (first !== 'again' && !replaced) return first;
      const second = await exchange();
      return second === 'again' ? GONE : second;
    },
  };
}

/** The root that the hub at an address shows (DER): a claim, for an enrolment to compare with its code. Nothing is sent to it. */
export async function rootShownBy(
  hubUrl: string,
): Promise<Result<Uint8Array, Fault<'hub_away' | 'wire_not_secure'>>> {
  const to = destinationOf(hubUrl, 'https:');
  if (!to.ok) return to;
  const shown = await shownRoot(to.value, 'hub', HANDSHAKE);
  return shown.ok ? shown : fault('hub_away', shown.error.message, { code: shown.error.code });
}

const GONE = fault('hub_away', 'the connection was closed before an answer');

/** Connections of it are verified before a request is written to them. */
class FleetAgent extends Agent {
  readonly #options: HubTransportOptions;
  readonly #identity: TlsIdentity | null;

  constructor(options: HubTransportOptions, identity: TlsIdentity | null) {
    super({ keepAlive: true, maxSockets: CONNECTIONS, timeout: IDLE_MS, scheduling: 'lifo' });
    this.#options = options;
    this.#identity = identity;
  }

  override createConnection(
    options: RequestOptions,
    done: (error: Error | null, socket: Duplex) => void,
  ): null {
    const to: Destination = { host: options.host ?? '', port: Number(options.port) };
    const { trust, clock } = this.#options;
    const dialling = {
      to,
      serverName: 'hub' as const,
      trust,
      clock,
      identity: this.#identity,
      timeout: HANDSHAKE,
    };
    void dial(dialling).then((dialled) => {
      if (dialled.ok) return done(null, dialled.value);
      if (dialled.error.code === 'wire_untrusted') this.#options.untrusted?.();
      (done as (error: Error) => void)(
        Object.assign(new Error(dialled.error.message), { code: dialled.error.code }),
      );
    });
    return null;
  }
}

function exchanged(
  request: HttpRequest,
  agent: Agent,
): Promise<Result<HttpAnswer, TransportFault> | 'again'> {
  const limit = AbortSignal.timeout(request.timeout);
  const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]);
  return new Promise((resolve) => {
    const { body } = request;
    let sent: ClientRequest;
    let answering = false;
    const away = (error: Error): void => {
      const closed = Reflect.get(error, 'code') === 'ECONNRESET';
      if (closed && sent.reusedSocket && !answering && !signal.aborted) resolve('again');
      else resolve(fault('hub_away', error.message));
    };
    try {
      sent = send(request.url, {
        method: request.method,
        headers: {
          ...request.headers,
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        agent,
        signal,
      });
    } catch (error) {
      return resolve(fault('hub_away', error instanceof Error ? error.message : 'no answer'));
    }
    sent.on('error', away);
    sent.on('response', (response) => {
      answering = true;
      collect(response, request.maxBytes).then(
        (collected) => {
          if (collected === null) sent.destroy();
          resolve(
            collected === null
              ? fault('answer_too_large', `more than ${request.maxBytes} bytes from ${request.url}`)
              : ok({ status: response.statusCode ?? 0, header: headerOf(response), body: collected }),
          );
        },
        (error: unknown) => away(error instanceof Error ? error : new Error('the answer broke off')),
      );
    });
    sent.end(body);
  });
}

const headerOf =
  (response: IncomingMessage) =>
  (name: string): string | null => {
    const value = response.headers[name.toLowerCase()];
    return value === undefined ? null : String(value);
  };

/** The body, in one piece; null when it is longer than allowed. */
async function collect(response: IncomingMessage, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
