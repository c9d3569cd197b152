import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SecurityAlert } from '#hub/app/security/alarm.ts';
import { type BrokerKeeper, createBrokerKeeper } from '#hub/mqtt/broker-keeper.ts';
import { writeDurable } from '#hub/pki/key-provider.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { silentLog } from '#shared/ports/log.ts';
import { downTopic, hubSubscriptions, partitionOf, upTopic } from '#shared/protocol/topics.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import { enrolDevice } from '#test/support/test-fleet.ts';
import { type HubAtShop, hubAtShop } from './hub-at-shop.ts';

/** What staff hear when more waits at Mosquitto than may: it acknowledges what it drops, and tells its log only. */
const TERMINAL = 'kiosk-1' as TerminalId;
const QUEUED = 20;
const alerts: SecurityAlert[] = [];
const dropped: string[] = [];
let at: HubAtShop;
let keeper: BrokerKeeper;
let terminal: MqttClient;

beforeAll(async () => {
  at = await hubAtShop({
    adjust: (config) => config.replace(/^max_queued_messages .*$/m, `max_queued_messages ${QUEUED}`),
  });
  expect((await at.broker.start()).ok).toBe(true);
  await at.broker.subscribe(hubSubscriptions(partitionOf(TERMINAL)));
  keeper = createBrokerKeeper(at.shop.folder, {
    clock: systemClock,
    log: silentLog,
    alarm: { raise: async (alert) => void alerts.push(alert) },
    revokedSerials: async () => [],
    issuers: async () => [],
    revocationLists: () => at.authority.revocationLists([]),
    write: writeDurable,
    hangUp: (pid) => void process.kill(pid, 'SIGHUP'),
    drop: (terminalId) => {
      dropped.push(terminalId);
      at.broker.drop(terminalId);
    },
  });
  await keeper.start();
  const { tls: identity } = await enrolDevice(at.authority, TERMINAL, 'kiosk');
  const as = { trust: at.authority.trust, clock: systemClock, identity };
  terminal = await mqttAs(at.shop.terminalUrl, as, { clientId: TERMINAL, keepalive: 60 });
});
afterAll(async () => {
  await keeper.stop();
  terminal.end(true);
  await at.stop();
});

beforeEach(() => {
  alerts.length = 0;
  dropped.length = 0;
});

const drops = () => alerts.filter(({ code }) => code === 'messages_dropped');
const toldOf = (client: string) =>
  expect.poll(() => drops().map(({ subject }) => subject), { timeout: 20_000 }).toEqual([client]);
/** Far more than a socket holds. */
const LARGE = Buffer.alloc(200_000);

describe('SYN-1, FLT-1: what Mosquitto drops is told to staff', () => {
  it('SYN-1, FLT-1: for a hub that does not read, once, and it stays connected; while nothing is dropped nobody is told', async () => {
    const heard: number[] = [];
    at.broker.onMessage(({ payload }) => void heard.push(payload.length));
    const said = (times: number) =>
      Promise.all(
        Array.from({ length: times }, () =>
          terminal.publishAsync(upTopic(TERMINAL, 'up'), LARGE, { qos: 1 }),
        ),
      );
    at.line().pause();
    await said(QUEUED - 1);
    at.line().resume();
    await expect.poll(() => heard).toHaveLength(QUEUED - 1);
    expect(drops()).toEqual([]);
    at.line().pause();
    await said(5 * QUEUED);
    await toldOf('hub-000000000001');
    expect(drops()[0]).toMatchObject({ terminalId: null, message: expect.stringContaining('say it again') });
    at.line().resume();
    await expect.poll(() => heard.length).toBeGreaterThan(2 * QUEUED);
    expect(dropped).toEqual([]);
  });

  it('SYN-1, FLT-1: for a terminal that does not read, whose connection ends with all that waits for it', async () => {
    const ended = new Promise<void>((resolve) => terminal.once('close', () => resolve()));
    await terminal.subscribeAsync(downTopic(TERMINAL, 'ack'), { qos: 1 });
    terminal.stream.pause();
    for (let n = 0; n < 5 * QUEUED; n += 1) await at.broker.publish(downTopic(TERMINAL, 'ack'), LARGE);
    await toldOf(TERMINAL);
    expect([drops()[0]?.terminalId, dropped]).toEqual([TERMINAL, [TERMINAL]]);
    terminal.stream.resume();
    await ended;
  });
});
