import type { MqttClient } from 'mqtt';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import { currentTimeline } from '#hub/app/ingest/timeline.ts';
import { createEmbeddedBroker } from '#hub/mqtt/embedded-broker.ts';
import { createHubLink } from '#hub/mqtt/hub-link.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { Broker } from '#hub/ports/broker.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { silentLog } from '#shared/ports/log.ts';
import { decodeAck, encode } from '#shared/protocol/decode.ts';
import type { Ack } from '#shared/protocol/envelope.ts';
import { downTopic, hubTopic, partitionOf, upTopic } from '#shared/protocol/topics.ts';
import { CHALLENGE_KEY, type Devices, furnish, openHub, REWARDS, START } from '#test/contract/hub-world.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import { enrolDevice, foundFleet } from '#test/support/test-fleet.ts';
import { hubAtShop } from './hub-at-shop.ts';

/** The hub's end of the wire over a real connection: once with the embedded broker, once with the distribution's Mosquitto. */
export interface World {
  readonly hub: Awaited<ReturnType<typeof openHub>>;
  readonly url: string;
  /** The fleet of the wire: real brokers judge certificates by the machine's clock, so it is not the one of the documents. */
  readonly wire: Wire;
  stop(): Promise<void>;
}

interface Wire {
  readonly authority: FleetAuthority;
  readonly terminals: ReadonlyMap<string, Awaited<ReturnType<typeof enrolDevice>>>;
}

async function wireOf(authority: FleetAuthority): Promise<Wire> {
  const terminals = new Map<string, Awaited<ReturnType<typeof enrolDevice>>>();
  for (const name of ['kiosk-1', 'return-1'])
    terminals.set(
      name,
      await enrolDevice(authority, name, name.startsWith('kiosk') ? 'kiosk' : 'return-terminal'),
    );
  return { authority, terminals };
}

async function openWorld(
  devices: Devices,
  wire: Wire,
  makeBroker: (hub: World['hub']) => Broker,
): Promise<World & { link: ReturnType<typeof createHubLink> }> {
  const hub = await openHub({ folder: null });
  await furnish(hub.db);
  const broker = makeBroker(hub);
  const deps = { db: hub.db, clock: hub.clock, random: hub.random, log: silentLog };
  const rules = { trust: devices.fleet.trust, rewards: REWARDS, challengeKey: CHALLENGE_KEY };
  const ingest = createIngest({ ...deps, ...rules });
  const link = createHubLink({
    ...deps,
    broker,
    ingest,
    holder: 'hub-1',
    timeline: () => currentTimeline(hub.db, deps),
  });
  const up = await broker.start();
  if (!up.ok) throw new Error(up.error.message);
  ingest.start();
  await link.start();
  return {
    hub,
    link,
    url: up.value.url,
    wire,
    async stop() {
      await link.stop();
      await ingest.stop();
      await broker.stop();
      await hub.db.close();
    },
  };
}

export const asWhom = ({ authority, terminals }: Wire, name: string) => ({
  trust: authority.trust,
  clock: systemClock,
  identity: terminals.get(name)?.tls ?? null,
});

/** A terminal's connection, as plain as can be: it keeps what it hears and waits for what it needs. */
export async function terminal(world: World, name: string, session = 's1') {
  const terminalId = name as TerminalId;
  const birth = (online: boolean) =>
    Buffer.from(
      encode({
        version: { major: 1, minor: 0 },
        terminal: name,
        session,
        epoch: 'epoch1',
        online,
        role: name.startsWith('kiosk') ? 'kiosk' : 'return-terminal',
        siteId: '01890000-0000-7000-8000-00000000000a',
        software: '1',
        at: START,
      }),
    );
  const client: MqttClient = await mqttAs(world.url, asWhom(world.wire, name), {
    clientId: name,
    username: name,
    keepalive: 5,
    will: { topic: upTopic(terminalId, 'st'), payload: birth(false), qos: 1, retain: true },
  });
  const heard: { topic: string; payload: Buffer }[] = [];
  const waiting = new Set<() => void>();
  client.on('message', (topic, payload) => {
    heard.push({ topic, payload });
    for (const wake of waiting) wake();
  });
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const own = (['ack', 'cmd', 'cfg'] as const).map((channel) => downTopic(terminalId, channel));
  await client.subscribeAsync([...own, hubTopic(partitionOf(terminalId))], { qos: 1 });
  await client.publishAsync(upTopic(terminalId, 'st'), birth(true), { qos: 1, retain: true });
  const ack = (wanted: (ack: Ack) => boolean): Promise<Ack> =>
    until(() => {
      for (const { topic, payload } of heard) {
        const decoded = topic === downTopic(terminalId, 'ack') ? decodeAck(payload) : null;
        if (decoded?.ok && wanted(decoded.value)) return decoded.value;
      }
      return undefined;
    });
  const on = (channel: 'cmd' | 'cfg') =>
    until(() => heard.find((message) => message.topic === downTopic(terminalId, channel))?.payload);
  const send = (payload: Uint8Array) =>
    client.publishAsync(upTopic(terminalId, 'up'), Buffer.from(payload), { qos: 1 });
  return { client, heard, ack, on, send, until, terminalId };
}

export type WiredWorld = Awaited<ReturnType<typeof openWorld>>;

export const BROKERS: readonly [
  string,
  (devices: Devices) => Promise<{ world: WiredWorld; end: () => Promise<void> }>,
][] = [
  [
    'embedded broker',
    async (devices) => {
      const wire = await wireOf(await foundFleet(systemClock.now()));
      const names = new Map([...wire.terminals].map(([name, { fingerprint }]) => [fingerprint, name]));
      const world = await openWorld(devices, wire, (hub) =>
        createEmbeddedBroker(
          { host: '127.0.0.1', port: 0, maxConnections: 100, maxPerAddress: 100, atOnce: 100 },
          {
            log: silentLog,
            clock: systemClock,
            trust: wire.authority.trust,
            alarm: { raise: async () => {} },
            identity: () => wire.authority.serverIdentity('broker'),
            async admit(fingerprint) {
              const terminalId = names.get(fingerprint) as TerminalId;
              const row = await hub.db.stores.terminals.find({ terminalId });
              return row === null ? fault('terminal_unknown', 'no') : ok(row);
            },
          },
        ),
      );
      return { world, end: () => world.stop() };
    },
  ],
  [
    'Mosquitto',
    async (devices) => {
      const at = await hubAtShop();
      const world = await openWorld(devices, await wireOf(at.authority), () => at.broker);
      return {
        world,
        end: async () => {
          await world.stop();
          await at.stop();
        },
      };
    },
  ],
];
