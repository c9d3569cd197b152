import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecurityAlert } from '#hub/app/security/alarm.ts';
import { type BrokerKeeper, createBrokerKeeper } from '#hub/mqtt/broker-keeper.ts';
import { openAuthority } from '#hub/open-authority.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { writeDurable } from '#hub/pki/key-provider.ts';
import { openSecrets } from '#hub/secrets.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import { type ShopBroker, startShopBroker } from '#test/support/shop-broker.ts';
import { enrolDevice, foundFleet } from '#test/support/test-fleet.ts';

/** What staff hear of attacks on a Mosquitto: it tells its log only, and that in more than one way. */
const home = mkdtempSync(join(tmpdir(), 'keyturn-broker-log-'));
const alerts: SecurityAlert[] = [];
const dropped: string[] = [];
let shop: ShopBroker;
let authority: FleetAuthority;
let keeper: BrokerKeeper;
let kiosk: TlsIdentity;
let foreign: TlsIdentity;

beforeAll(async () => {
  shop = await startShopBroker(home);
  const parts = { clock: systemClock, random: systemRandom };
  const opened = await openAuthority(
    parts,
    await openSecrets('', join(home, 'hub'), systemRandom),
    join(home, 'hub', 'authority'),
  );
  if (!opened.ok) throw new Error(opened.error.message);
  authority = opened.value;
  kiosk = (await enrolDevice(authority, 'kiosk-1', 'kiosk')).tls;
  foreign = (await enrolDevice(await foundFleet(systemClock.now()), 'kiosk-1', 'kiosk')).tls;
  keeper = createBrokerKeeper(shop.folder, {
    clock: systemClock,
    log: silentLog,
    alarm: { raise: async (alert) => void alerts.push(alert) },
    revokedSerials: async () => [],
    issuers: async () => [],
    revocationLists: () => authority.revocationLists([]),
    write: writeDurable,
    hangUp: (pid) => void process.kill(pid, 'SIGHUP'),
    drop: (terminalId) => void dropped.push(terminalId),
  });
  await keeper.start();
});
afterAll(async () => {
  await keeper.stop();
  shop.broker.thaw();
  await shop.broker.stop();
  rmSync(home, { recursive: true, force: true });
});

const told = (code: string, words: string) =>
  expect
    .poll(() => alerts.filter((alert) => alert.code === code && alert.message.includes(words)), {
      timeout: 20_000,
    })
    .not.toEqual([]);

/** What a client of TLS says first. */
function hello(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read: () => {}, write: (piece: Buffer) => resolve(piece) });
    tlsConnect({ socket: wire, servername: 'broker', ...options }).on('error', () => {});
  });
}

async function connection(): Promise<Socket> {
  const { hostname, port } = new URL(shop.terminalUrl);
  const socket = createConnection({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.resume();
  return socket;
}

const ended = (socket: { readonly closed: boolean; once(event: 'close', heard: () => void): unknown }) =>
  new Promise<void>((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });

/** As on a machine with much to do: the bytes are there before the broker looks at the connection. */
async function saidBeforeAccept(bytes: Buffer): Promise<void> {
  shop.broker.freeze();
  const socket = await connection();
  await new Promise((resolve) => socket.write(bytes, resolve));
  shop.broker.thaw();
  await ended(socket);
}

async function saidAfterAccept(bytes: Buffer): Promise<void> {
  const before = shop.broker.log().length;
  const socket = await connection();
  await expect.poll(() => shop.broker.log().slice(before)).toContain('New connection from');
  socket.write(bytes);
  await ended(socket);
}

describe.each([
  ['before', saidBeforeAccept],
  ['after', saidAfterAccept],
])('SEC-2: bytes that came %s Mosquitto accepted the connection', (_, said) => {
  it('SEC-2: an old handshake is told to staff', async () => {
    alerts.length = 0;
    await said(await hello({ minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'DEFAULT@SECLEVEL=0' }));
    await told('security_downgrade', '127.0.0.1');
  });

  it('SEC-2: plain text is told to staff', async () => {
    alerts.length = 0;
    await said(Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n'));
    await told('security_plain_text', '127.0.0.1');
    alerts.length = 0;
    await said(Buffer.from('\x10\x13\x00\x04MQTT\x04\x02\x00\x1e\x00\x07kiosk-1', 'latin1'));
    await told('security_plain_text', '127.0.0.1');
  });
});

it('SEC-2: a certificate of another fleet and none are told to staff, also when the broker was busy', async () => {
  for (const identity of [foreign, null]) {
    alerts.length = 0;
    shop.broker.freeze();
    const { hostname, port } = new URL(shop.terminalUrl);
    const socket = tlsConnect({
      ...{ host: hostname, port: Number(port), servername: 'broker', rejectUnauthorized: false },
      ...(identity === null ? {} : { key: identity.keyPem, cert: identity.chainPem }),
    });
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'connect');
    shop.broker.thaw();
    await ended(socket);
    await told('security_certificate_foreign', '127.0.0.1');
  }
  alerts.length = 0;
});

describe('SEC-2: a topic neither hides what was refused nor makes up a line', () => {
  const session = async (options: Parameters<typeof mqttAs>[2] = {}) => {
    const as = { trust: authority.trust, clock: systemClock, identity: kiosk };
    const client = await mqttAs(shop.terminalUrl, as, { clientId: 'kiosk-1', keepalive: 30, ...options });
    client.on('error', () => {});
    return client;
  };
  it.each([
    ['so long that the line is cut', 'a'.repeat(5000)],
    ['words of the log', "x', ... (1 bytes)) Denied PUBLISH from return-1 (d0, q0, r0, m0, 'y"],
    [
      'beginning of a line',
      "2026-11-21T00:00:00: Denied PUBLISH from return-1 (d0, q0, r0, m0, 'y', ... (1 bytes))",
    ],
  ])('SEC-2: %s', async (_, topic) => {
    const start = topic.slice(0, 20);
    alerts.length = 0;
    dropped.length = 0;
    const publisher = await session();
    publisher.publish(topic, 'x', { qos: 0 });
    await told('security_publish_denied', start);
    publisher.end(true);
    const listener = await session();
    listener.subscribe(topic, () => {});
    await told('security_subscribe_denied', start);
    listener.end(true);
    const dying = await session({ will: { topic, payload: Buffer.from('x'), qos: 1, retain: true } });
    await told('security_will_denied', start);
    dying.end(true);
    expect(new Set([...alerts.map(({ subject }) => subject), ...dropped])).toEqual(new Set(['kiosk-1']));
  });

  it('SEC-2: Mosquitto lets no line break and no control character into its log', async () => {
    alerts.length = 0;
    for (const topic of [
      "x\n2026-11-21T00:00:00: Denied PUBLISH from return-1 (d0, q0, r0, m0, 'y', ... (1 bytes))",
      'x\rDenied',
      '\t x',
      'x\u0085y',
    ]) {
      const publisher = await session();
      const closed = new Promise<void>((resolve) => publisher.once('close', () => resolve()));
      publisher.publish(topic, 'x', { qos: 0 });
      await closed;
    }
    await told('security_packet_refused', 'kiosk-1');
    expect(alerts.filter(({ subject }) => subject !== 'kiosk-1')).toEqual([]);
    expect(shop.broker.log()).not.toContain('x\n2026');
  });
});
