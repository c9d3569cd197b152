import { createServer, type Socket } from 'node:net';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import type { Broker, BrokerMessage } from '#hub/ports/broker.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import { assert } from '#shared/kernel/assert.ts';
import { TERMINAL_ID_PATTERN, type TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Log } from '#shared/ports/log.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { mayPublish, maySubscribe } from './rights.ts';

export interface EmbeddedBrokerDeps {
  readonly log: Log;
  /** Whether a terminal with this secret belongs to the fleet. */
  admit(terminalId: string, secret: string): Promise<Result<TerminalRow, Fault>>;
}
export interface EmbeddedBrokerSettings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Connections at once; further ones are closed unheard. */
  readonly maxConnections: number;
}

/** Headers around the largest payload that the protocol allows. */
const FRAME_BYTES = LIMITS.packetBytes + 1024;
const NOT_AUTHORIZED = 5;

/**
 * The broker inside the hub: aedes with its in-memory persistence. Deny by default: user name = client id = terminal id, the secret is checked by
 * the hub, every publish (also retained ones and wills) and subscription against the terminal's rights. What terminals send is taken in
 * aedes' own hook, without a subscription in between.
 */
export function createEmbeddedBroker(settings: EmbeddedBrokerSettings, deps: EmbeddedBrokerDeps): Broker {
  const clients = new Map<TerminalId, Client>();
  const sockets = new Set<Socket>();
  let listener: (message: BrokerMessage) => void = () => {};
  let connected: () => void = () => {};
  let aedes: Aedes | null = null;

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    assert(aedes !== null, 'listening only after the broker was made');
    boundFrames(aedes.handle(socket), socket);
  });
  server.maxConnections = settings.maxConnections;

  const identityOf = (client: Client | null): TerminalId | null => {
    const id = client?.id as TerminalId | undefined;
    return id !== undefined && clients.get(id) === client ? id : null;
  };
  const take = (packet: PublishPacket) => {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    listener({ topic: packet.topic, payload, retained: packet.retain });
  };

  const makeAedes = () =>
    Aedes.createBroker({
      id: 'keyturn-hub',
      concurrency: 1000,
      connectTimeout: 10_000,
      heartbeatInterval: 60_000,
      queueLimit: 1000,
      maxClientsIdLength: 32,
      maxTopicLevels: 8,
      authenticate(client, username, password, done) {
        const name = username ?? '';
        const refuse = (message: string) => {
          const error = Object.assign(new Error(message), {
            returnCode: NOT_AUTHORIZED,
          }) as AuthenticateError;
          done(error, null);
        };
        if (client.id !== name || !TERMINAL_ID_PATTERN.test(name))
          return refuse('client id and user name differ');
        deps.admit(name, password?.toString('utf8') ?? '').then(
          (admitted) => {
            if (!admitted.ok) {
              deps.log.warn(
                { terminal: name, code: admitted.error.code },
                'a connection to the broker was refused',
              );
              return refuse(admitted.error.code);
            }
            clients.set(name as TerminalId, client);
            done(null, true);
          },
          () => refuse('the hub cannot check this terminal now'),
        );
      },
      authorizePublish(client, packet, done) {
        const terminal = identityOf(client);
        const asked = { topic: packet.topic, retain: packet.retain, bytes: packet.payload.length };
        if (terminal === null || !mayPublish(terminal, asked)) {
          deps.log.warn({ terminal: client?.id, topic: packet.topic.slice(0, 100) }, 'a publish was denied');
          return done(new Error('denied'));
        }
        take(packet);
        done(null);
      },
      authorizeSubscribe(client, subscription, done) {
        const terminal = identityOf(client);
        if (terminal !== null && maySubscribe(terminal, subscription.topic)) return done(null, subscription);
        deps.log.warn(
          { terminal: client.id, topic: subscription.topic.slice(0, 100) },
          'a subscription was denied',
        );
        // A null subscription answers "refused" for this topic and leaves the connection.
        done(null, null);
      },
    });

  return {
    kind: 'embedded',
    async start() {
      const made = await makeAedes();
      aedes = made;
      made.on('clientDisconnect', (client) => {
        if (clients.get(client.id as TerminalId) === client) clients.delete(client.id as TerminalId);
      });
      made.on('clientError', (client, error) =>
        deps.log.debug({ terminal: client.id, error: error.message }, 'a connection failed'),
      );
      made.on('connectionError', (_client, error) =>
        deps.log.debug({ error: error.message }, 'a connection failed'),
      );
      const listening = await new Promise<Result<number, Fault<'broker_port_taken' | 'broker_unreachable'>>>(
        (resolve) => {
          server.once('error', (error: NodeJS.ErrnoException) =>
            resolve(
              fault(error.code === 'EADDRINUSE' ? 'broker_port_taken' : 'broker_unreachable', error.message, {
                port: settings.port,
              }),
            ),
          );
          server.listen(settings.port, settings.host, () => {
            const address = server.address();
            resolve(ok(typeof address === 'object' && address !== null ? address.port : settings.port));
          });
        },
      );
      if (!listening.ok) return listening;
      connected();
      return ok({ url: `mqtt://${settings.host}:${listening.value}` });
    },
    // Everything that terminals may publish passes the hook already.
    subscribe: async () => {},
    unsubscribe: async () => {},
    publish(topic, payload, options) {
      return new Promise((resolve) => {
        if (aedes === null || aedes.closed) return resolve(fault('broker_away', 'the broker is not running'));
        const packet = {
          cmd: 'publish' as const,
          topic,
          payload: Buffer.from(payload),
          qos: 0 as const,
          retain: options?.retain ?? false,
          dup: false,
        };
        aedes.publish(packet, (error) =>
          resolve(
            error === undefined || error === null ? ok(undefined) : fault('broker_away', error.message),
          ),
        );
      });
    },
    onMessage: (take_) => {
      listener = take_;
    },
    onConnected: (call) => {
      connected = call;
    },
    drop(terminalId) {
      clients.get(terminalId)?.close();
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const ended = new Promise<void>((resolve) =>
        aedes === null ? resolve() : aedes.close(() => resolve()),
      );
      await ended;
      for (const socket of sockets) socket.destroy();
      if (server.listening) await closed;
    },
  };
}

/**
 * Ends a connection as soon as it announces or collects more than a packet may have: aedes itself would gather up to 256 MB. Looks into
 * aedes' parser, which is why its version is pinned.
 */
function boundFrames(client: Client, socket: Socket): void {
  const { _parser: parser } = client as Client & {
    _parser?: { parse(bytes: Buffer): number; packet?: { length?: number } };
  };
  assert(parser !== undefined, 'this version of aedes has a parser at its client');
  const parse = parser.parse.bind(parser);
  parser.parse = (bytes) => {
    const left = parse(bytes);
    if (left > FRAME_BYTES || (parser.packet?.length ?? 0) > FRAME_BYTES) socket.destroy();
    return left;
  };
}
