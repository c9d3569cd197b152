import { once } from 'node:events';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SimulatedClock, simulatedClock } from '#firmware-sim/sim/clock.ts';
import { type BrokerKeeper, createBrokerKeeper } from '#hub/mqtt/broker-keeper.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { writeDurable } from '#hub/pki/key-provider.ts';
import type { RevokedCertificate } from '#hub/pki/revocation-list.ts';
import type { Broker } from '#hub/ports/broker.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { silentLog } from '#shared/ports/log.ts';
import { upTopic } from '#shared/protocol/topics.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import type { ShopBroker } from '#test/support/shop-broker.ts';
import { type HubAtShop, hubAtShop } from './hub-at-shop.ts';

/** Certificates at a Mosquitto that a hub tends: revoked while they are connected, and of issuing keys before and after a rotation. */
const revoked: RevokedCertificate[] = [];
/** The keeper's own: its looks come when the test says so. */
let clock: SimulatedClock;
let at: HubAtShop;
let shop: ShopBroker;
let authority: FleetAuthority;
let keeper: BrokerKeeper;
let broker: Broker;

beforeAll(async () => {
  clock = simulatedClock(systemClock.now());
  at = await hubAtShop();
  ({ shop, authority, broker } = at);
  expect((await broker.start()).ok).toBe(true);
  keeper = createBrokerKeeper(shop.folder, {
    clock,
    log: silentLog,
    alarm: { raise: async () => {} },
    revokedSerials: async () => revoked.map(({ serial }) => serial),
    issuers: () => authority.issuers(),
    revocationLists: () => authority.revocationLists(revoked),
    write: writeDurable,
    hangUp: (pid) => void process.kill(pid, 'SIGHUP'),
    drop: (terminalId) => broker.drop(terminalId),
  });
});
afterAll(() => at.stop());

/** Waits for what takes the keeper's own time. */
async function took(work: Promise<unknown>): Promise<void> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) {
    await clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
}
const reloads = () => shop.broker.log().split('Reloading config').length;
/** The list is written and Mosquitto has read it. */
async function listed(): Promise<void> {
  const before = reloads();
  await took(keeper.revoke());
  await expect.poll(reloads, { timeout: 10_000 }).toBeGreaterThan(before);
}

async function terminal(name: string) {
  const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(name);
  const issued = await authority.issueCertificate(csrPem, {
    ...{ id: name, role: 'kiosk' },
    validity: milliseconds(90 * 86_400_000),
  });
  if (!issued.ok) throw new Error(issued.error.message);
  const identity = { keyPem: privateKeyPem, chainPem: issued.value.chain.join('\n') };
  const connect = async (): Promise<MqttClient> => {
    const client = await mqttAs(
      shop.terminalUrl,
      { trust: authority.trust, clock: systemClock, identity },
      { clientId: name, keepalive: 30 },
    );
    client.on('error', () => {});
    return client;
  };
  return { terminalId: name as TerminalId, serial: issued.value.serial, connect };
}
/** Whether the broker still takes what it sends. */
const heard = (client: MqttClient, { terminalId }: { readonly terminalId: TerminalId }) =>
  client.publishAsync(upTopic(terminalId, 'up'), 'x', { qos: 1 });
const revoke = ({ serial }: { readonly serial: string }) =>
  revoked.push({ serial, revokedAt: systemClock.now() });

it('SEC-1: an open connection of a revoked terminal ends within a minute and does not come back; others stay', async () => {
  const [stolen, honest] = [await terminal('kiosk-stolen'), await terminal('kiosk-honest')];
  const [open, other] = [await stolen.connect(), await honest.connect()];
  await heard(open, stolen);
  const ended = new Promise<number>((resolve) => open.once('close', () => resolve(systemClock.monotonic())));
  const since = systemClock.monotonic();
  revoke(stolen);
  await listed();
  broker.drop(stolen.terminalId);
  expect((await ended) - since).toBeLessThan(60_000);
  for (let time = 0; time < 3; time += 1) await expect(stolen.connect()).rejects.toThrow();
  await heard(other, honest);
  await other.endAsync();
  await (await honest.connect()).endAsync();
});

it('SEC-1: what another hub revoked, or a renewal replaced, is in the broker’s list within fifteen seconds', async () => {
  const replaced = await terminal('kiosk-replaced');
  await (await replaced.connect()).endAsync();
  await took(keeper.start());
  const before = reloads();
  revoke(replaced);
  await clock.advance(14_000);
  expect(reloads()).toBe(before);
  await expect
    .poll(
      async () => {
        await clock.advance(1000);
        return reloads();
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBeGreaterThan(before);
  await expect(replaced.connect()).rejects.toThrow();
  // The broker may have read its list while the keeper still gives it time to.
  await took(keeper.stop());
});

it('SEC-3: after a rotation of the issuing key terminals of both generations connect, and of both are revoked', async () => {
  const [old, oldStolen] = [await terminal('kiosk-old'), await terminal('kiosk-old-stolen')];
  const [open, openStolen] = [await old.connect(), await oldStolen.connect()];
  const before = await authority.issuers();
  expect((await authority.rotate('issuing')).ok).toBe(true);
  expect(await authority.issuers()).toHaveLength(before.length + 1);
  const [fresh, freshStolen] = [await terminal('kiosk-new'), await terminal('kiosk-new-stolen')];
  // OpenSSL asks for a list of every issuer: until the broker has the new one's, it lets nobody of it in.
  await expect(fresh.connect()).rejects.toThrow();
  await listed();
  const [openFresh, openFreshStolen] = [await fresh.connect(), await freshStolen.connect()];
  await heard(open, old);
  await heard(openFresh, fresh);
  const gone = [openStolen, openFreshStolen].map((client) => once(client as never, 'close'));
  for (const each of [oldStolen, freshStolen]) revoke(each);
  await listed();
  for (const each of [oldStolen, freshStolen]) broker.drop(each.terminalId);
  await Promise.all(gone);
  for (const each of [oldStolen, freshStolen]) await expect(each.connect()).rejects.toThrow();
  for (const each of [old, fresh]) await (await each.connect()).endAsync();
  await heard(await old.connect(), old);
});
