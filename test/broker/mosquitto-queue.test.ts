import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BROKER_FILES } from '#hub/mqtt/mosquitto-config.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { hubSubscriptions, partitionOf, upTopic } from '#shared/protocol/topics.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import { enrolDevice } from '#test/support/test-fleet.ts';
import { type HubAtShop, hubAtShop } from './hub-at-shop.ts';

/** What waits at Mosquitto while its hub reads nothing: it drops what is too much and tells nobody but its log. */
const TERMINALS = 20;
let at: HubAtShop;
let fleet: readonly { readonly terminalId: TerminalId; readonly client: MqttClient }[];

beforeAll(async () => {
  at = await hubAtShop();
  expect((await at.broker.start()).ok).toBe(true);
  fleet = await Promise.all(
    Array.from({ length: TERMINALS }, async (_, n) => {
      const terminalId = `kiosk-${n}` as TerminalId;
      const { tls: identity } = await enrolDevice(at.authority, terminalId, 'kiosk');
      const as = { trust: at.authority.trust, clock: systemClock, identity };
      const client = await mqttAs(at.shop.terminalUrl, as, { clientId: terminalId, keepalive: 60 });
      return { terminalId, client };
    }),
  );
  const partitions = new Set(fleet.map(({ terminalId }) => partitionOf(terminalId)));
  await at.broker.subscribe([...partitions].flatMap(hubSubscriptions));
});
afterAll(async () => {
  await Promise.all(fleet.map(({ client }) => client.endAsync()));
  await at.stop();
});

const drops = () =>
  readFileSync(join(at.shop.folder, BROKER_FILES.log), 'utf8')
    .split('\n')
    .filter((line) => line.includes('being dropped'));

it.each([
  // More than Mosquitto's own limit of a thousand, as 1,200 terminals say with a will, a birth and a batch each.
  ['many messages', { each: 180, bytes: 600 }],
  // Far more than the megabyte that was allowed once, as 20 terminals of a busy shop have after an hour without their hub.
  ['large messages', { each: 10, bytes: LIMITS.packetBytes }],
])(
  'SYN-1, SYN-2: %s that terminals send while their hub is held up wait at Mosquitto; none is dropped, and they come in order',
  async (_, { each, bytes }) => {
    const heard = new Map<string, number[]>();
    const count = () => [...heard.values()].flat().length;
    at.broker.onMessage(({ topic, payload }) => {
      heard.set(topic, [...(heard.get(topic) ?? []), Buffer.from(payload).readUInt32BE(0)]);
    });
    at.line().pause();
    const inOrder = Array.from({ length: each }, (__, n) => n);
    await Promise.all(
      fleet.flatMap(({ terminalId, client }) =>
        inOrder.map((n) => {
          const payload = Buffer.alloc(bytes);
          payload.writeUInt32BE(n);
          return client.publishAsync(upTopic(terminalId, 'up'), payload, { qos: 1 });
        }),
      ),
    );
    expect([drops(), count() < (TERMINALS * each) / 2]).toEqual([[], true]);
    at.line().resume();
    await expect.poll(count, { timeout: 20_000 }).toBe(TERMINALS * each);
    expect(heard).toEqual(new Map(fleet.map(({ terminalId }) => [upTopic(terminalId, 'up'), inOrder])));
  },
);
