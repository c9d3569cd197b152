import { createServer as createDoor, type Server as Door } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { Aedes, type AuthenticateError, type Client, type ConnectPacket, type PublishPacket } from 'aedes';
import { writeToStream } from 'mqtt-packet';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { Broker, BrokerMessage } from '#hub/ports/broker.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { type Peer, type TlsIdentity, verifiedPeer } from '#shared/tls/peer.ts';
import { refusedHandshake, terminalServerOptions } from '#shared/tls/server.ts';
import { brokerMemory } from './broker-memory.ts';
import {
  addressCounter,
  boundFrames,
  CONNECTION,
  publishBudget,
  type WatchedFrames,
} from './connection-limits.ts';
import { mayPublish, maySubscribe } from './rights.ts';
import { brokerAlarms } from './security-words.ts';
import { waitingRoom } from './waiting-room.ts';

export interface EmbeddedBrokerDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly trust: FleetTrust;
  readonly alarm: SecurityAlarm;
  /** The broker's own certificate. */
  identity(): Promise<TlsIdentity>;
  /** Whether the holder of this certificate (SHA-256, hex; `shown`: with its issuing one) belongs to the fleet now. */
  admit(
    fingerprint: string,
    now: EpochMs,
    shown: () => readonly Uint8Array[],
  ): Promise<Result<TerminalRow, Fault>>;
}
export interface EmbeddedBrokerSettings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Connections at once; further ones are closed unheard. */
  readonly maxConnections: number;
  /** Of these, from one address: a shop's terminals may share one. */
  readonly maxPerAddress: number;
  /** Of these, coming in at once; the others wait for their turn. */
  readonly atOnce: number;
}

/** Of each two-byte number the broker would make a buffer in advance: 65,536 of them, some 7 MiB. */
writeToStream.cacheNumbers = false;

const NOT_AUTHORIZED = 5;
/** The hub cannot tell now: to be tried again soon. */
const UNAVAILABLE = 3;
const NOT_NOW = 'the hub cannot check this terminal now';
const LOOK_EVERY = milliseconds(5000);
/** Open connections are admitted anew this often, in milliseconds: a revocation acts within a minute whatever else was missed (SEC-1). */
const ADMIT_AGAIN_MS = 20_000;

/** One connection whose certificate was verified. */
interface Connection {
  readonly client: Client;
  readonly socket: TLSSocket;
  readonly peer: Peer;
  readonly budget: { take(): boolean };
  frames: WatchedFrames | null;
  connect: ConnectPacket | null;
  admittedAt: number;
  deniedSubscriptions: number;
}

/**
 * The broker inside the hub: aedes with its in-memory persistence, behind mutual TLS 1.3. Deny by default: certificate name = user name = client id, the certificate
 * is admitted by the hub, every publish (also retained ones and wills, these at CONNECT already) and subscription is checked against the
 * terminal's rights. What terminals send is taken in aedes' own hook, without a subscription in between.
 */
export function createEmbeddedBroker(settings: EmbeddedBrokerSettings, deps: EmbeddedBrokerDeps): Broker {
  const { clock, log } = deps;
  const alarms = brokerAlarms(deps.alarm);
  const clients = new Map<TerminalId, Client>();
  /** Looked up also after the socket is gone: wills come then. */
  const connections = new WeakMap<Client, Connection>();
  const open = new Set<Connection>();
  const perAddress = addressCounter(settings.maxPerAddress);
  let listener: (message: BrokerMessage) => void = () => {};
  let connected: () => void = () => {};
  let aedes: Aedes | null = null;
  let door: Door | null = null;
  const room = waitingRoom(clock, settings.atOnce);
  let cancelLook = (): void => {};

  /** Whose connection this is, while it is the terminal's present one. */
  const terminalOf = (client: Client | null): TerminalId | null => {
    const id = client?.id as TerminalId | undefined;
    return id !== undefined && clients.get(id) === client ? id : null;
  };
  const take = (packet: PublishPacket) => {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    listener({ topic: packet.topic, payload, retained: packet.retain });
  };

  /** Null: this CONNECT may go on. Everything is judged before the broker keeps anything of it. */
  const refusalOf = async (client: Client, username: string | undefined): Promise<string | null> => {
    const connection = connections.get(client);
    const packet = connection?.connect;
    if (connection === undefined || packet === null || packet === undefined) return 'no certificate';
    const { peer } = connection;
    if (client.id !== peer.id || (username ?? peer.id) !== peer.id) {
      alarms.otherName(peer, String(client.id));
      return 'the client id is not the name in the certificate';
    }
    if (!packet.clean || !keepAliveFits(packet.keepalive)) return 'clean sessions with a keep-alive only';
    const { will } = packet;
    if (will !== undefined && !mayPublish(peer.id as TerminalId, factsOf(will as PublishPacket))) {
      alarms.will(peer, will.topic);
      return 'the will is not for its own topic';
    }
    const admitted = await deps.admit(peer.fingerprint, clock.now(), peer.chain);
    if (!admitted.ok) {
      log.warn({ terminal: peer.id, code: admitted.error.code }, 'a connection to the broker was refused');
      return admitted.error.code;
    }
    connection.admittedAt = clock.monotonic();
    return admitted.value.terminalId === peer.id ? null : 'another terminal';
  };

  const makeAedes = () =>
    Aedes.createBroker({
      id: 'keyturn-hub',
      persistence: brokerMemory(),
      concurrency: 1000,
      connectTimeout: 10_000,
      heartbeatInterval: 60_000,
      drainTimeout: 30_000,
      queueLimit: 1000,
      maxInflightInbound: 20,
      maxClientsIdLength: 32,
      maxTopicLevels: 8,
      preConnect(client, packet, done) {
        const connection = connections.get(client);
        if (connection !== undefined) connection.connect = packet;
        done(null, connection !== undefined);
      },
      authenticate(client, username, _password, done) {
        refusalOf(client, username)
          .catch(() => NOT_NOW)
          .then((refusal) => {
            const connection = connections.get(client);
            // Judged: who keeps ten thousand connections keeps nothing of how they began.
            if (connection !== undefined) connection.connect = null;
            if (refusal === null) {
              clients.set(client.id as TerminalId, client);
              return done(null, true);
            }
            const error = Object.assign(new Error(refusal), {
              returnCode: refusal === NOT_NOW ? UNAVAILABLE : NOT_AUTHORIZED,
            });
            done(error as AuthenticateError, null);
          });
      },
      authorizePublish(client, packet, done) {
        const connection = client === null ? undefined : connections.get(client);
        const terminal = terminalOf(client);
        if (connection !== undefined && terminal !== null && mayPublish(terminal, factsOf(packet))) {
          room.settled(connection.socket);
          if (connection.budget.take()) {
            take(packet);
            // Nobody but the hub may read it, and the hub has it.
            packet.retain = false;
            return done(null);
          }
          alarms.flood(connection.peer);
          connection.socket.destroy();
          return done(new Error('too many messages'));
        }
        // The will of a connection that a newer one of the same terminal has replaced says nothing, and is no attack.
        if (connection !== undefined && terminal !== null) alarms.publish(connection.peer, packet.topic);
        done(new Error('denied'));
      },
      authorizeSubscribe(client, subscription, done) {
        const terminal = terminalOf(client);
        if (terminal !== null && maySubscribe(terminal, subscription.topic)) return done(null, subscription);
        const connection = connections.get(client);
        if (connection !== undefined) {
          alarms.subscribe(connection.peer, subscription.topic);
          connection.deniedSubscriptions += 1;
          if (connection.deniedSubscriptions >= CONNECTION.deniedSubscriptions) connection.socket.destroy();
        }
        // A null subscription answers "refused" for this topic and leaves the connection.
        done(null, null);
      },
    });

  const secured = (socket: TLSSocket): void => {
    const peer = verifiedPeer(socket, deps.trust, { as: 'client', name: null, at: null });
    if (!peer.ok) {
      alarms.stranger(peer.error, socket.remoteAddress);
      socket.destroy();
      return;
    }
    assert(aedes !== null, 'listening only after the broker was made');
    socket.setNoDelay(true);
    const client = aedes.handle(socket);
    const now = () => clock.monotonic();
    const connection: Connection = {
      client,
      socket,
      peer: peer.value,
      budget: publishBudget(now),
      frames: null,
      connect: null,
      admittedAt: now(),
      deniedSubscriptions: 0,
    };
    connections.set(client, connection);
    open.add(connection);
    connection.frames = boundFrames(client, socket, now, (why) => alarms.frame(peer.value, why));
    socket.once('close', () => open.delete(connection));
  };

  /** Packets that never end, and terminals that are no longer admitted. */
  const look = (): void => {
    const now = clock.monotonic();
    for (const connection of open) {
      connection.frames?.look(now);
      if (now - connection.admittedAt < ADMIT_AGAIN_MS) continue;
      connection.admittedAt = now;
      const { fingerprint, chain } = connection.peer;
      deps.admit(fingerprint, clock.now(), chain).then(
        (admitted) => {
          if (!admitted.ok) connection.socket.destroy();
        },
        (error: unknown) => log.warn({ error: String(error) }, 'a terminal could not be admitted anew'),
      );
    }
    cancelLook = clock.after(LOOK_EVERY, look);
  };

  return {
    kind: 'embedded',
    async start() {
      const made = await makeAedes();
      aedes = made;
      made.on('clientDisconnect', (client) => {
        if (clients.get(client.id as TerminalId) === client) clients.delete(client.id as TerminalId);
      });
      made.on('clientError', (client, error) =>
        log.debug({ terminal: client.id, error: error.message }, 'a connection failed'),
      );
      made.on('connectionError', (_client, error) =>
        log.debug({ error: error.message }, 'a connection failed'),
      );
      const options = await terminalServerOptions(deps.trust, deps.identity, clock);
      const listening = await listen(options);
      if (!listening.ok) return listening;
      look();
      connected();
      const shown = settings.host === '0.0.0.0' || settings.host === '::' ? '127.0.0.1' : settings.host;
      return ok({ url: `mqtts://${shown}:${listening.value}` });
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
      for (const { peer, socket } of open) if (peer.id === terminalId) socket.destroy();
    },
    async stop() {
      cancelLook();
      const closed = new Promise<void>((resolve) =>
        door?.listening === true ? door.close(() => resolve()) : resolve(),
      );
      room.stop();
      await new Promise<void>((resolve) => (aedes === null ? resolve() : aedes.close(() => resolve())));
      for (const { socket } of open) socket.destroy();
      await closed;
    },
  };

  function listen(
    options: TlsOptions,
  ): Promise<Result<number, Fault<'broker_port_taken' | 'broker_unreachable'>>> {
    const own = createServer(options, secured);
    const outer = createDoor({ pauseOnConnect: true }, (socket) => {
      if (perAddress.take(socket)) room.take(socket, () => own.emit('connection', socket));
      else socket.destroy();
    });
    outer.maxConnections = settings.maxConnections;
    door = outer;
    own.on('tlsClientError', (error, socket) => {
      const why = refusedHandshake(error);
      if (why !== null) alarms.handshake(why, socket.remoteAddress);
      socket.destroy();
    });
    return new Promise((resolve) => {
      outer.once('error', (error: NodeJS.ErrnoException) =>
        resolve(
          fault(error.code === 'EADDRINUSE' ? 'broker_port_taken' : 'broker_unreachable', error.message, {
            port: settings.port,
          }),
        ),
      );
      outer.listen(settings.port, settings.host, () => {
        const address = outer.address();
        resolve(ok(typeof address === 'object' && address !== null ? address.port : settings.port));
      });
    });
  }
}

const keepAliveFits = (seconds: number | undefined): boolean =>
  seconds !== undefined && seconds >= 1 && seconds <= CONNECTION.keepAliveSeconds;
const factsOf = (packet: PublishPacket) => ({
  topic: packet.topic,
  retain: packet.retain,
  bytes: packet.payload.length,
});
