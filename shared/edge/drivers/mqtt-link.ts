import type { TLSSocket } from 'node:tls';
import mqtt from 'mqtt';
import { lastingEnd } from '#shared/kernel/lasting.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { LinkFault, LinkMessage, LinkOptions, MessageLink } from '#shared/ports/message-link.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { destinationOf, dial } from '#shared/tls/client.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';

export interface MqttLinkOptions {
  /** `mqtts://host:port`; nothing else is spoken (SEC-2). */
  readonly url: string;
  readonly trust: FleetTrust;
  /** Asked at each connect, so that a renewed certificate is in use without a restart. */
  readonly identity: () => TlsIdentity;
  readonly clock: Pick<Clock, 'now'>;
  readonly keepAliveSeconds?: number;
}

/** A hub to which a whole fleet comes back lets it in by turns (`hub/mqtt/waiting-room.ts`), so waiting is better than beginning anew. */
const HANDSHAKE_MS = 30_000;

/**
 * MQTT 3.1.1 through mqtt.js over mutual TLS 1.3: clean session, no reconnecting and no queue of its own (both are rules of `sync.ts`).
 * The broker is verified before CONNECT is sent.
 */
export function mqttLink(options: MqttLinkOptions): MessageLink {
  let client: mqtt.MqttClient | null = null;
  let receive: (message: LinkMessage) => void = () => {};
  let down: (reason: string) => void = () => {};
  /** Answers everybody who waits for something on this connection when it is lost. */
  let line = lastingEnd<string>();

  const open = async (wanted: LinkOptions): Promise<Result<void, LinkFault>> => {
    const socket = await secureSocket(options);
    if (!socket.ok) return socket;
    const own = new mqtt.MqttClient(() => socket.value, {
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      // Else every two-byte number is made in advance: 65,536 buffers, some 7 MiB of each terminal's memory.
      writeCache: false,
      connectTimeout: 10_000,
      keepalive: options.keepAliveSeconds ?? 30,
      clientId: wanted.clientId,
      username: wanted.clientId,
      ...(wanted.will === undefined
        ? {}
        : {
            will: {
              topic: wanted.will.topic,
              payload: Buffer.from(wanted.will.payload),
              qos: 1 as const,
              retain: wanted.will.retain,
            },
          }),
    });
    client = own;
    let problem: Error | null = null;
    own.on('error', (error) => {
      problem = error;
    });
    own.on('message', (topic, payload, packet) => {
      if (client === own) receive({ topic, payload: new Uint8Array(payload), retained: packet.retain });
    });
    const lost = lastingEnd<string>();
    line = lost;
    own.once('close', () => lost.end(problem?.message ?? 'connection closed'));
    const connected = new Promise<null>((resolve) => own.once('connect', () => resolve(null)));
    const early = await lost.orWhy(connected);
    if (early !== null) {
      own.end(true);
      return isRefusal(problem) ? fault('link_refused', early) : fault('link_down', early);
    }
    const granted = await lost.orWhy(subscribe(own, wanted.subscriptions));
    if (typeof granted === 'string') return fault('link_down', granted);
    if (!granted.ok) {
      own.end(true);
      return granted;
    }
    lost.whenOver((reason) => {
      if (client !== own) return;
      client = null;
      own.end(true);
      down(reason);
    });
    return ok(undefined);
  };

  return {
    connect: open,
    publish: async (topic, payload, choice) => {
      if (payload.length > LIMITS.packetBytes)
        return fault('link_packet_too_large', `${payload.length} bytes, at most ${LIMITS.packetBytes}`);
      if (client === null || !client.connected) return fault('link_down', 'not connected');
      const sent = client
        .publishAsync(topic, Buffer.from(payload), { qos: choice?.qos ?? 1, retain: choice?.retain ?? false })
        .then(() => null)
        .catch((error: unknown) => (error instanceof Error ? error.message : 'not published'));
      const problem = await line.orWhy(sent);
      return problem === null ? ok(undefined) : fault('link_down', problem);
    },
    onMessage: (listener) => {
      receive = listener;
    },
    onDown: (listener) => {
      down = listener;
    },
    close: async () => {
      const own = client;
      client = null;
      // Politely while connected, so that the broker does not publish the will; by force where nobody answers.
      if (own !== null) await own.endAsync(!own.connected).catch(() => own.end(true));
    },
  };
}

async function subscribe(
  client: mqtt.MqttClient,
  topics: readonly string[],
): Promise<Result<void, Fault<'link_refused' | 'link_down'>>> {
  try {
    const grants = await client.subscribeAsync([...topics], { qos: 1 });
    const refused = grants.filter(({ qos }) => Number(qos) > 2).map(({ topic }) => topic);
    return refused.length === 0 ? ok(undefined) : fault('link_refused', `not granted: ${refused.join(', ')}`);
  } catch (error) {
    return fault('link_refused', error instanceof Error ? error.message : 'subscription failed');
  }
}

/** The other side answered, and said no: CONNACK codes 1 to 5 (but for 3, "not now"), or a TLS alert about our certificate. */
function isRefusal(error: Error | null): boolean {
  const code: unknown = error === null ? undefined : Reflect.get(error, 'code');
  return typeof code === 'number'
    ? code >= 1 && code <= 5 && code !== 3
    : /^ERR_SSL_.*ALERT/.test(String(code));
}

async function secureSocket(options: MqttLinkOptions): Promise<Result<TLSSocket, LinkFault>> {
  const to = destinationOf(options.url, 'mqtts:');
  if (!to.ok) return to;
  const { trust, clock } = options;
  const timeout = milliseconds(HANDSHAKE_MS);
  const dialled = await dial({
    to: to.value,
    serverName: 'broker',
    trust,
    clock,
    identity: options.identity(),
    timeout,
  });
  if (dialled.ok) return dialled;
  const { code, message } = dialled.error;
  return code === 'wire_untrusted' ? fault('link_untrusted', message) : fault('link_down', message);
}
