import { generateKeyPairSync } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { certificateRow } from '#hub/app/enrolment/registry.ts';
import type { Hub } from '#hub/hub.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { createCsr } from '#shared/media/device-key.ts';
import { fleetTrust } from '#shared/media/signing.ts';
import { encode, OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Heartbeat, Presence } from '#shared/protocol/envelope.ts';
import { downTopic, upTopic } from '#shared/protocol/topics.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';

/** Terminals at a running hub's broker: over the wire, each with its certificate, as in a shop. */
export interface Reporters {
  /** So many heartbeats a second, the terminals in turn; answers how to stop, and how many a second were sent and were acknowledged by the hub. */
  report(aSecond: number): () => Promise<{ readonly sent: number; readonly taken: number }>;
  stop(): Promise<void>;
}

const SESSION = 'benchmarksession';
const EPOCH = 'benchmarkepoch';
const STAMP = {
  ...{ deviceTime: systemClock.now(), monotonic: 1, bootId: 'benchmarkboot' },
  ...{ clockOffset: null, clockError: null },
};
const DAY = milliseconds(86_400_000);
/** The hub's two acks of a heartbeat, one a lane. */
const ACKS = 2;

export async function connectReporters(hub: Hub, terminals: readonly string[]): Promise<Reporters> {
  const { authority, db } = hub.inside();
  const trust = fleetTrust(authority.rootPem);
  assert(trust.ok, 'the hub has a root');
  // One key for all certificates: what is measured begins after the connection.
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  let acks = 0;
  const connect = async (name: string): Promise<MqttClient> => {
    const terminalId = name as TerminalId;
    const row = await db.stores.terminals.find({ terminalId });
    assert(row !== null, 'the terminal is in the list');
    const granted = await authority.issue(createCsr(keyPem, name), terminalId, row.role, DAY);
    assert(granted.ok, 'a sound request is granted');
    const now = systemClock.now();
    await db.stores.certificates.put({ ...certificateRow(row, granted.value, now), state: 'active' });
    const client = await mqttAs(
      hub.addresses().mqtt,
      {
        trust: trust.value,
        clock: systemClock,
        identity: { keyPem, chainPem: granted.value.chain.join('\n') },
      },
      { clientId: name, keepalive: 60 },
    );
    client.on('message', () => {
      acks += 1;
    });
    await client.subscribeAsync(downTopic(terminalId, 'ack'), { qos: 1 });
    const born: Presence = {
      ...{ version: OUR_VERSION, terminal: terminalId, session: SESSION, epoch: EPOCH, online: true },
      ...{ role: row.role, siteId: row.siteId, software: '1.0.0', at: now },
    };
    await client.publishAsync(upTopic(terminalId, 'st'), Buffer.from(encode(born)), { qos: 1, retain: true });
    return client;
  };
  const clients: MqttClient[] = [];
  for (let at = 0; at < terminals.length; at += 20)
    clients.push(...(await Promise.all(terminals.slice(at, at + 20).map(connect))));

  const beat = (name: string, n: number): Heartbeat => ({
    ...{ version: OUR_VERSION, terminal: name as TerminalId, session: SESSION, sentAt: systemClock.now() },
    stamp: STAMP,
    queue: { lane0: n % 7, lane1: n % 11, oldestAt: null },
    storage: { totalBytes: 64e9, freeBytes: 21e9 - n * 1e6 },
    cache: { bytes: 12e9, titles: 24, fetching: 0 },
    drives: [{ name: 'slot', state: 'empty', fault: null }],
    ...{ software: '1.0.0', configVersion: 0, locked: false, temperatureCelsius: 41 },
  });
  return {
    report(aSecond) {
      let sent = 0;
      let over = false;
      const before = acks;
      const began = performance.now();
      const seconds = () => (performance.now() - began) / 1000;
      const working = (async () => {
        while (!over) {
          for (; sent < seconds() * aSecond; sent += 1) {
            const at = sent % clients.length;
            const name = terminals[at] as string;
            clients[at]?.publish(upTopic(name as TerminalId, 'tm'), Buffer.from(encode(beat(name, sent))), {
              qos: 1,
            });
          }
          await systemClock.sleep(milliseconds(10));
        }
      })();
      return async () => {
        over = true;
        await working;
        const took = seconds();
        return { sent: Math.round(sent / took), taken: Math.round((acks - before) / ACKS / took) };
      };
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.endAsync(true)));
    },
  };
}
