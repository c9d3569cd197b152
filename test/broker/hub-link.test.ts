import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import { currentTimeline } from '#hub/app/ingest/timeline.ts';
import { createEmbeddedBroker } from '#hub/mqtt/embedded-broker.ts';
import { createExternalBroker } from '#hub/mqtt/external-broker.ts';
import { createHubLink } from '#hub/mqtt/hub-link.ts';
import { openAuthority } from '#hub/open-authority.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { Broker } from '#hub/ports/broker.ts';
import { openSecrets } from '#hub/secrets.ts';
import { dialBroker } from '#hub/wire.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { decodeAck, decodeCommand, decodeConfig, encode } from '#shared/protocol/decode.ts';
import type { Ack } from '#shared/protocol/envelope.ts';
import { downTopic, hubTopic, partitionOf, upTopic } from '#shared/protocol/topics.ts';
import {
  balancesOf,
  CHALLENGE_KEY,
  cardPart,
  type Devices,
  furnish,
  HOUR,
  id,
  lane,
  makeDevices,
  openHub,
  REWARDS,
  returned,
  START,
  started,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import { startShopBroker } from '#test/support/shop-broker.ts';
import { enrolDevice, foundFleet } from '#test/support/test-fleet.ts';

/** The hub's end of the wire over a real connection: once with the embedded broker, once with the distribution's Mosquitto. */
interface World {
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

let devices: Devices;
beforeAll(async () => {
  devices = await makeDevices();
});

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

const asWhom = ({ authority, terminals }: Wire, name: string) => ({
  trust: authority.trust,
  clock: systemClock,
  identity: terminals.get(name)?.tls ?? null,
});

/** A terminal's connection, as plain as can be: it keeps what it hears and waits for what it needs. */
async function terminal(world: World, name: string, session = 's1') {
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

const brokers: [
  string,
  () => Promise<{ world: Awaited<ReturnType<typeof openWorld>>; end: () => Promise<void> }>,
][] = [
  [
    'embedded broker',
    async () => {
      const wire = await wireOf(await foundFleet(systemClock.now()));
      const names = new Map([...wire.terminals].map(([name, { fingerprint }]) => [fingerprint, name]));
      const world = await openWorld(wire, (hub) =>
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
    async () => {
      const home = mkdtempSync(join(tmpdir(), 'keyturn-broker-'));
      const shop = await startShopBroker(home);
      const secrets = await openSecrets('', join(home, 'hub'), systemRandom);
      const parts = { clock: systemClock, random: systemRandom };
      const authority = await openAuthority(parts, secrets, join(home, 'hub', 'authority'));
      if (!authority.ok) throw new Error(authority.error.message);
      const { url, terminalUrl } = shop;
      const world = await openWorld(await wireOf(authority.value), () =>
        createExternalBroker(
          { url, clientId: 'hub-1', terminalUrl },
          {
            log: silentLog,
            clock: systemClock,
            connect: () => dialBroker(url, authority.value, systemClock),
          },
        ),
      );
      return {
        world,
        end: async () => {
          await world.stop();
          await shop.broker.stop();
          rmSync(home, { recursive: true, force: true });
        },
      };
    },
  ],
];

describe.each(brokers)('%s', (name, open) => {
  let world: Awaited<ReturnType<typeof openWorld>>;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ world, end } = await open());
  });
  afterAll(() => end());

  it('SYN-1, SYN-2: a rental and its return come in over the wire, are committed and acknowledged', async () => {
    const rental = await writtenCopy(devices);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, devices.returns, t0);
    const kiosk = await terminal(world, 'kiosk-1');
    const returns = await terminal(world, 'return-1');
    const first = await kiosk.ack((ack) => ack.lane === 0);
    expect(first).toMatchObject({ contiguous: -1, rejection: null, session: 's1' });
    const events = { kiosk: lane('kiosk-1'), returns: lane('return-1') };
    events.kiosk.add('rental.started', started(rental), START);
    events.returns.add('return.accepted', back.accepted, t0);
    events.returns.add(
      'return.destroyed',
      { ...back.destroyed, parts: [cardPart(rental, back.returnId, 400)] },
      t0,
    );
    // The return arrives before its rental, and twice.
    const batch = encode({ ...events.returns.batch().batch, session: 's1' });
    await returns.send(batch);
    await returns.send(batch);
    await returns.ack((ack) => ack.contiguous === 1);
    await kiosk.send(encode({ ...events.kiosk.batch().batch, session: 's1' }));
    const ack = await kiosk.ack((each) => each.contiguous === 0);
    expect(ack.timeline).toBe(first.timeline);
    expect((await balancesOf(world.hub.db))['card_clearing:EUR']).toBe(400);
    expect(await world.hub.db.stores.rentals.find({ rentalId: rental.rentalId })).toMatchObject({
      status: 'closed',
    });
    await kiosk.client.endAsync();
    await returns.client.endAsync();
  });

  it('FLT-2, PR-18: an order goes out once to the terminal that is there, and its state is true', async () => {
    const { db, clock } = world.hub;
    const commandId = id<never>();
    const now = clock.now();
    const kiosk = await terminal(world, 'kiosk-1', 's2');
    await kiosk.ack((ack) => ack.session === 's2');
    const row = {
      commandId,
      terminalId: kiosk.terminalId,
      order: { kind: 'lock' as const, locked: true },
      state: 'queued' as const,
    };
    await db.stores.commands.insert({
      ...row,
      issuedBy: 'hub',
      issuedAt: now,
      expiresAt: epochMs(now + HOUR),
      updatedAt: now,
      fault: null,
      output: null,
    });
    world.link.nudge(kiosk.terminalId);
    const decoded = decodeCommand(await kiosk.on('cmd'));
    expect(decoded).toMatchObject({
      ok: true,
      value: { id: commandId, order: { kind: 'lock', locked: true } },
    });
    expect(await db.stores.commands.find({ commandId })).toMatchObject({ state: 'sent' });
    await kiosk.client.endAsync();
  });

  it('PR-4, PR-6: refuses a malformed batch and one of another session, and nothing is stored', async () => {
    const kiosk = await terminal(world, 'kiosk-1', 's3');
    await kiosk.ack((ack) => ack.session === 's3');
    await kiosk.send(Buffer.from('{"version":{"major":1,"minor":0}}'));
    await kiosk.ack((ack) => ack.rejection === 'malformed');
    await kiosk.send(Buffer.from('{"version":{"major":2,"minor":0}}'));
    await kiosk.ack((ack) => ack.rejection === 'version_too_new');
    const events = lane('kiosk-1', 0, 'epoch9');
    events.add('alert.raised', { code: 'never', subject: 's', message: 'm', at: START }, START);
    await kiosk.send(encode({ ...events.batch().batch, session: 'old' }));
    await kiosk.ack((ack) => ack.rejection === 'session_stale');
    await kiosk.send(encode({ ...events.batch().batch, session: 's3', terminal: 'return-1' }));
    await kiosk.ack((ack) => ack.rejection === 'identity_mismatch');
    expect(await world.hub.db.stores.inboxEvents.count({ epoch: 'epoch9' })).toBe(0);
    await kiosk.client.endAsync();
  });

  it('PR-2: a terminal of an older and one of a newer minor version are served; of another major nothing is read, and it hears why', async () => {
    const kiosk = await terminal(world, 'kiosk-1', 's5');
    await kiosk.ack((ack) => ack.session === 's5');
    const events = lane('kiosk-1', 0, 'epoch5');
    events.add('alert.raised', { code: 'of_today', subject: 's', message: 'm', at: START }, START);
    events.add('alert.raised', { code: 'of_tomorrow', subject: 's', message: 'm', at: START }, START);
    const { batch } = events.batch();
    const both = [0, 9].map((minor, index) => ({
      ...batch,
      session: 's5',
      version: { major: 1, minor },
      events: batch.events.slice(index, index + 1).map((event) => ({ ...event, mood: ['good'] })),
      ...(minor === 0 ? {} : { fieldOfTomorrow: { deep: true } }),
    }));
    for (const each of both) await kiosk.send(encode(each));
    const acked = await kiosk.ack((ack) => ack.epoch === 'epoch5' && ack.contiguous === 1);
    expect(acked.version.major).toBe(1);
    for (const [major, rejection] of [
      [2, 'version_too_new'],
      [0, 'version_too_old'],
    ] as const) {
      await kiosk.send(encode({ ...both[0], epoch: 'epoch6', version: { major, minor: 0 } }));
      await kiosk.ack((ack) => ack.rejection === rejection);
    }
    expect(await world.hub.db.stores.inboxEvents.count({ epoch: 'epoch6' })).toBe(0);
    await kiosk.client.endAsync();
  });

  it('PR-20: every partition has its hub, said in a retained record', async () => {
    const kiosk = await terminal(world, 'kiosk-1', 's4');
    const record = await kiosk.until(() => kiosk.heard.find((message) => message.topic.endsWith('/hub')));
    expect(JSON.parse(record.payload.toString())).toMatchObject({
      generation: 1,
      partition: partitionOf(kiosk.terminalId),
    });
    expect(world.link.leases.held()).toHaveLength(16);
    await kiosk.client.endAsync();
  });

  it('PR-6, FLT-1: a will of the present session says that the terminal is gone', async () => {
    const kiosk = await terminal(world, 'kiosk-1', 's5');
    await kiosk.ack((ack) => ack.session === 's5');
    expect(await world.hub.db.stores.terminals.find({ terminalId: kiosk.terminalId })).toMatchObject({
      online: true,
    });
    kiosk.client.stream.destroy();
    await expect
      .poll(
        async () => (await world.hub.db.stores.terminals.find({ terminalId: kiosk.terminalId }))?.online,
        { timeout: 20_000 },
      )
      .toBe(false);
  });

  if (name !== 'embedded broker') return;

  it('SEC-2: denies another name, a foreign will, a foreign topic and a foreign subscription', async () => {
    const kioskOne = asWhom(world.wire, 'kiosk-1');
    for (const options of [
      { clientId: 'return-1', username: 'return-1' },
      { clientId: 'kiosk-1', username: 'return-1' },
      { clientId: '__proto__' },
      { clientId: 'kiosk-1', clean: false },
      { clientId: 'kiosk-1', keepalive: 0 },
      ...[
        upTopic('return-1' as TerminalId, 'st'),
        upTopic('kiosk-1' as TerminalId, 'st').replace('/', '//'),
      ].map((topic) => ({
        clientId: 'kiosk-1',
        will: { topic, payload: Buffer.from('x'), qos: 1 as const, retain: true },
      })),
    ])
      await expect(mqttAs(world.url, kioskOne, options), JSON.stringify(options)).rejects.toThrow(
        /[Nn]ot authorized/,
      );
    await expect(mqttAs(world.url, asWhom(world.wire, 'nobody'), { clientId: 'kiosk-1' })).rejects.toThrow();
    const kiosk = await terminal(world, 'kiosk-1', 's6');
    const closed = new Promise<void>((resolve) => kiosk.client.once('close', () => resolve()));
    const granted = await kiosk.client
      .subscribeAsync(downTopic('return-1' as TerminalId, 'ack'))
      .catch(() => null);
    expect(granted?.[0]?.qos ?? 128).toBe(128);
    kiosk.client.publish(upTopic('return-1' as TerminalId, 'up'), 'x', { qos: 0 });
    await closed;
  });

  it('SEC-8: a connection that announces a huge packet is ended', async () => {
    const kiosk = await terminal(world, 'kiosk-1', 's7');
    const closed = new Promise<void>((resolve) => kiosk.client.once('close', () => resolve()));
    kiosk.client.publish(upTopic(kiosk.terminalId, 'up'), Buffer.alloc(2_000_000), { qos: 0 });
    await closed;
  });

  it('PR-19: a newer configuration reaches the terminal retained', async () => {
    const config = {
      version: 3,
      heartbeatSeconds: 30,
      sessionIdleSeconds: 60,
      verification: 'sampled' as const,
      locked: false,
      languages: ['en' as const],
      wantedTitles: [],
    };
    await world.hub.db.stores.terminals.patch(
      { terminalId: 'kiosk-1' as TerminalId },
      { configDesired: config },
    );
    const kiosk = await terminal(world, 'kiosk-1', 's8');
    expect(decodeConfig(await kiosk.on('cfg'))).toMatchObject({
      ok: true,
      value: { config: { version: 3 } },
    });
    await kiosk.client.endAsync();
  });
});
