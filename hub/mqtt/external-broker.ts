import type { TLSSocket } from 'node:tls';
import { type IClientOptions, MqttClient } from 'mqtt';
import type { Broker, BrokerMessage } from '#hub/ports/broker.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';

export interface ExternalBrokerSettings {
  /** `mqtts://host:port`, for the log. */
  readonly url: string;
  /** Unique among the hubs at this broker. */
  readonly clientId: string;
  /** Address given to terminals. */
  readonly terminalUrl: string;
}
export interface ExternalBrokerDeps {
  readonly log: Log;
  readonly clock: Clock;
  /** A verified connection to the broker's listener for hubs, with the hub's own certificate (mutual TLS 1.3). */
  connect(): Promise<Result<TLSSocket, Fault>>;
}

const RECONNECT = milliseconds(1000);
const HUB_USER = 'hub';

/**
 * A broker of its own (Mosquitto, EMQX …) over MQTT 3.1.1, clean session: subscribed anew on every connect, events come with QoS 1. Who may say and hear
 * what is the broker's configuration (`mosquitto-config.ts`); a terminal is dropped by taking its session over.
 */
export function createExternalBroker(settings: ExternalBrokerSettings, deps: ExternalBrokerDeps): Broker {
  const { clock, log } = deps;
  const wanted = new Set<string>();
  let client: MqttClient | null = null;
  let listener: (message: BrokerMessage) => void = () => {};
  let connected: () => void = () => {};
  let stopped = false;
  let cancel = (): void => {};

  const subscribeAll = async (filters: readonly string[]): Promise<void> => {
    if (client === null || !client.connected || filters.length === 0) return;
    try {
      await client.subscribeAsync([...filters], { qos: 1 });
    } catch (error) {
      log.warn(
        { error: String(error) },
        'the broker did not take the subscriptions; they follow with the next connect',
      );
    }
  };

  const session = async (clientId: string): Promise<Result<MqttClient, Fault<'broker_unreachable'>>> => {
    const socket = await deps.connect();
    if (!socket.ok) return fault('broker_unreachable', socket.error.message, { code: socket.error.code });
    return opened(socket.value, { ...OPTIONS, clientId, username: HUB_USER });
  };
  const connect = async (): Promise<Result<void, Fault<'broker_unreachable'>>> => {
    const made = await session(settings.clientId);
    if (!made.ok) return made;
    const own = made.value;
    client = own;
    own.on('message', (topic, payload, packet) => listener({ topic, payload, retained: packet.retain }));
    own.on('error', (error) => log.warn({ error: error.message }, 'the connection to the broker failed'));
    own.once('close', () => {
      if (client === own) client = null;
      own.end(true);
      if (stopped) return;
      log.warn({}, 'the broker is away');
      again();
    });
    await subscribeAll([...wanted]);
    connected();
    return ok(undefined);
  };
  const again = (): void => {
    cancel = clock.after(RECONNECT, () => {
      void connect().then((back) => {
        if (!back.ok && !stopped) again();
      });
    });
  };

  return {
    kind: 'external',
    async start() {
      const first = await connect();
      if (!first.ok)
        return fault('broker_unreachable', first.error.message, { url: new URL(settings.url).host });
      return ok({ url: settings.terminalUrl });
    },
    async subscribe(filters) {
      for (const filter of filters) wanted.add(filter);
      await subscribeAll(filters);
    },
    async unsubscribe(filters) {
      for (const filter of filters) wanted.delete(filter);
      if (client?.connected === true && filters.length > 0)
        await client.unsubscribeAsync([...filters]).catch(() => undefined);
    },
    async publish(topic, payload, options) {
      if (client === null || !client.connected) return fault('broker_away', 'no connection to the broker');
      try {
        await client.publishAsync(topic, Buffer.from(payload), { qos: 0, retain: options?.retain ?? false });
        return ok(undefined);
      } catch (error) {
        return fault('broker_away', String(error));
      }
    },
    onMessage: (take) => {
      listener = take;
    },
    onConnected: (call) => {
      connected = call;
    },
    drop(terminalId) {
      void takeOver(terminalId).catch((error: unknown) =>
        log.warn(
          { terminal: terminalId, error: String(error) },
          'a terminal could not be dropped at the broker',
        ),
      );
    },
    async stop() {
      stopped = true;
      cancel();
      await client?.endAsync(true);
    },
  };

  /** MQTT 3.1.1 §3.1.4: the broker ends the connection of a client id as soon as another one comes with it. */
  async function takeOver(terminalId: TerminalId): Promise<void> {
    const made = await session(terminalId);
    if (made.ok) await made.value.endAsync(false);
    else
      log.warn(
        { terminal: terminalId, code: made.error.code },
        'a terminal could not be dropped at the broker',
      );
  }
}

const OPTIONS: IClientOptions = {
  protocolVersion: 4,
  clean: true,
  reconnectPeriod: 0,
  connectTimeout: 10_000,
  resubscribe: false,
  writeCache: false,
  queueQoSZero: false,
};

/** An MQTT session on a connection that stands; rejected and lost ones are the same to whoever waits for it. */
function opened(
  socket: TLSSocket,
  options: IClientOptions,
): Promise<Result<MqttClient, Fault<'broker_unreachable'>>> {
  return new Promise((resolve) => {
    const client = new MqttClient(() => socket, options);
    let problem = 'the connection was closed';
    const failed = (error: Error): void => {
      problem = error.message;
    };
    const closed = (): void => {
      client.end(true);
      resolve(fault('broker_unreachable', problem));
    };
    client.on('error', failed);
    client.once('close', closed);
    client.once('connect', () => {
      client.off('error', failed);
      client.off('close', closed);
      // Nobody else listens between here and the caller's own listeners; an error without one would end the program.
      client.on('error', () => {});
      resolve(ok(client));
    });
  });
}
