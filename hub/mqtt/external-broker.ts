import { connectAsync, type MqttClient } from 'mqtt';
import type { Broker, BrokerMessage } from '#hub/ports/broker.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { Log } from '#shared/ports/log.ts';

export interface ExternalBrokerSettings {
  /** `mqtt://user:secret@host:port`. */
  readonly url: string;
  /** Unique among the hubs at this broker. */
  readonly clientId: string;
  /** Address given to terminals; usually the same without the hub's own credentials. */
  readonly terminalUrl: string;
}

/** A broker of its own (Mosquitto, EMQX …) over MQTT 3.1.1, clean session: subscribed anew on every connect, events come with QoS 1. */
export function createExternalBroker(settings: ExternalBrokerSettings, deps: { readonly log: Log }): Broker {
  const wanted = new Set<string>();
  let client: MqttClient | null = null;
  let listener: (message: BrokerMessage) => void = () => {};
  let connected: () => void = () => {};

  const subscribeAll = async (filters: readonly string[]): Promise<void> => {
    if (client === null || !client.connected || filters.length === 0) return;
    try {
      await client.subscribeAsync([...filters], { qos: 1 });
    } catch (error) {
      deps.log.warn(
        { error: String(error) },
        'the broker did not take the subscriptions; they follow with the next connect',
      );
    }
  };

  return {
    kind: 'external',
    async start() {
      try {
        client = await connectAsync(settings.url, {
          protocolVersion: 4,
          clean: true,
          clientId: settings.clientId,
          reconnectPeriod: 1000,
          connectTimeout: 10_000,
          resubscribe: false,
          queueQoSZero: false,
        });
      } catch (error) {
        return fault('broker_unreachable', String(error), { url: new URL(settings.url).host });
      }
      client.on('message', (topic, payload, packet) => listener({ topic, payload, retained: packet.retain }));
      client.on('connect', () => void subscribeAll([...wanted]).then(() => connected()));
      client.on('error', (error) =>
        deps.log.warn({ error: error.message }, 'the connection to the broker failed'),
      );
      client.on('offline', () => deps.log.warn({}, 'the broker is away'));
      await subscribeAll([...wanted]);
      connected();
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
    // Who may stay connected is the external broker's own rule; the hub refuses what a revoked terminal sends.
    drop: () => {},
    async stop() {
      await client?.endAsync(true);
    },
  };
}
