import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { decodeCommand, decodeConfig, encode } from '#shared/protocol/decode.ts';
import { downTopic, partitionOf, upTopic } from '#shared/protocol/topics.ts';
import {
  balancesOf,
  cardPart,
  type Devices,
  HOUR,
  id,
  lane,
  makeDevices,
  returned,
  START,
  started,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import { asWhom, BROKERS, terminal, type WiredWorld } from './wired-hub.ts';

/** The hub’s end of the wire over a real connection: batches, orders and records, and who is refused. */
let devices: Devices;
beforeAll(async () => {
  devices = await makeDevices();
});

describe.each(BROKERS)('%s', (name, open) => {
  let world: WiredWorld;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ world, end } = await open(devices));
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
