import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SimulatedClock, simulatedClock } from '#firmware-sim/sim/clock.ts';
import type { SecurityAlert } from '#hub/app/security/alarm.ts';
import { listenTerminals, type TerminalHost } from '#hub/http-host.ts';
import { CONNECTION } from '#hub/mqtt/connection-limits.ts';
import { createEmbeddedBroker } from '#hub/mqtt/embedded-broker.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { Broker } from '#hub/ports/broker.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { upTopic } from '#shared/protocol/topics.ts';
import { destinationOf, dial } from '#shared/tls/client.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import { enrolDevice, foundFleet } from '#test/support/test-fleet.ts';
import { startTestHub, type TestHub } from './hub-harness.ts';

/** What one connection, and one address, may cost hub and broker: whoever wants more is ended, and staff hear of it. */
const KIOSK = 'kiosk-1' as TerminalId;
const alerts: SecurityAlert[] = [];
const alarm = { raise: async (alert: SecurityAlert) => void alerts.push(alert) };
const told = () => alerts.map(({ code, subject }) => `${code} ${subject}`);
let fleet: FleetAuthority;
let tls: TlsIdentity;
let clock: SimulatedClock;
const ends: (() => Promise<void>)[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  fleet = await foundFleet(systemClock.now());
  tls = (await enrolDevice(fleet, KIOSK, 'kiosk')).tls;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const end of ends.splice(0).reverse()) await end();
  alerts.length = 0;
});

async function embedded(limits: { maxConnections?: number; maxPerAddress?: number; atOnce?: number } = {}) {
  clock = simulatedClock(systemClock.now());
  const broker: Broker = createEmbeddedBroker(
    { host: '127.0.0.1', port: 0, maxConnections: 100, maxPerAddress: 100, atOnce: 100, ...limits },
    {
      ...{ log: silentLog, clock, alarm, trust: fleet.trust },
      identity: () => fleet.serverIdentity('broker'),
      admit: async () => ok({ terminalId: KIOSK } as TerminalRow),
    },
  );
  const up = await broker.start();
  if (!up.ok) throw new Error(up.error.message);
  ends.push(() => broker.stop());
  let heard = 0;
  broker.onMessage(() => {
    heard += 1;
  });
  return { url: up.value.url, heard: () => heard };
}
async function terminalsDoor(): Promise<TerminalHost> {
  clock = simulatedClock(systemClock.now());
  const host = await listenTerminals(
    new OpenAPIHono(),
    { host: '127.0.0.1', port: 0 },
    { clock, trust: fleet.trust, alarm, identity: () => fleet.serverIdentity('hub') },
  );
  if (!host.ok) throw new Error(host.error.message);
  ends.push(async () => {
    const closed = host.value.close();
    await clock.advance(5000);
    await closed;
  });
  return host.value;
}

const session = async (url: string) => {
  const as = { trust: fleet.trust, clock: systemClock, identity: tls };
  const client = await mqttAs(url, as, { clientId: KIOSK, keepalive: 60 });
  client.on('error', () => {});
  return client;
};
/** A TLS connection with the terminal's certificate, for bytes that no client library would send. */
async function raw(
  url: string,
  serverName: 'broker' | 'hub',
  identity: TlsIdentity | null = tls,
): Promise<TLSSocket> {
  const to = destinationOf(url, serverName === 'hub' ? 'https:' : 'mqtts:');
  if (!to.ok) throw new Error(to.error.message);
  const about = { serverName, trust: fleet.trust, clock: systemClock, timeout: milliseconds(10_000) };
  const dialled = await dial({ ...about, to: to.value, identity });
  if (!dialled.ok) throw new Error(dialled.error.message);
  return watched(dialled.value);
}
function watched<S extends Socket>(socket: S): S {
  socket.on('error', () => {});
  socket.resume();
  sockets.push(socket);
  return socket;
}
async function tcp(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = watched(createConnection({ host: hostname, port: Number(port) }));
  await once(socket, 'connect');
  return socket;
}
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
/** Whether it is still open after everything that is under way was done. */
async function open(socket: Socket): Promise<boolean> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return !socket.destroyed;
}

describe('broker inside the hub', () => {
  it('SEC-2: a flood of messages ends the connection; a terminal’s own pace does not', async () => {
    const { url, heard } = await embedded();
    const client = await session(url);
    const send = async (count: number) => {
      for (let each = 0; each < count; each += 1) client.publish(upTopic(KIOSK, 'tm'), 'x', { qos: 0 });
    };
    await send(CONNECTION.publishBurst);
    await expect.poll(heard).toBe(CONNECTION.publishBurst);
    await clock.advance(2000);
    await send(2 * CONNECTION.publishesPerSecond);
    const allowed = CONNECTION.publishBurst + 2 * CONNECTION.publishesPerSecond;
    await expect.poll(heard).toBe(allowed);
    expect([client.connected, told()]).toEqual([true, []]);
    const over = closed(client.stream as TLSSocket);
    await send(1);
    await over;
    expect([heard(), told()]).toEqual([allowed, [`security_flood ${KIOSK}`]]);
  });

  it('SEC-2: a packet that comes drop by drop and never ends is ended after half a minute', async () => {
    const { url } = await embedded();
    const client = await session(url);
    const stream = client.stream as TLSSocket;
    // PUBLISH that announces 1000 bytes.
    stream.write(Buffer.from([0x30, 0xe8, 0x07, 0x00]));
    for (let time = 0; time < 5; time += 1) {
      await clock.advance(5000);
      stream.write(Buffer.from([time]));
      expect(await open(stream), `after ${5 * time} s`).toBe(true);
    }
    await clock.advance(15_000);
    await closed(stream);
    expect(told()).toEqual([`security_packet_refused ${KIOSK}`]);
  });

  it('SEC-2: whoever sends much before the broker knows who it is is ended', async () => {
    const { url } = await embedded();
    const socket = await raw(url, 'broker');
    // CONNECT that announces 200,000 bytes.
    socket.write(Buffer.from([0x10, 0xc0, 0x9a, 0x0c]));
    socket.write(Buffer.alloc(CONNECTION.bytesBeforeConnect - 100, 0x20));
    expect(await open(socket)).toBe(true);
    socket.write(Buffer.alloc(200, 0x20));
    await closed(socket);
    expect(told()).toEqual([`security_packet_refused ${KIOSK}`]);
  });

  it('SEC-2: one address has its share of connections and no more, and gets it back when one ends', async () => {
    const { url } = await embedded({ maxPerAddress: 3 });
    const held = [await tcp(url), await tcp(url), await tcp(url)];
    await closed(await tcp(url));
    await expect(session(url)).rejects.toThrow();
    held[0]?.destroy();
    await expect
      .poll(() =>
        session(url).then(
          (client) => client.endAsync().then(() => 'in'),
          () => 'out',
        ),
      )
      .toBe('in');
  });

  it('SYN-1, SEC-2: terminals that come at once come in by turns; who holds a turn and says nothing does not keep them out', async () => {
    const { url, heard } = await embedded({ atOnce: 1 });
    const before = clock.waiting();
    await tcp(url);
    // It holds its turn, which has an end, once the broker has taken it in.
    await expect.poll(() => clock.waiting()).toBeGreaterThan(before);
    const coming = session(url);
    let inside = false;
    void coming.then(() => {
      inside = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(inside).toBe(false);
    await clock.advance(2000);
    const first = await coming;

    // The first word of a terminal gives its turn to the next; no time needs to pass.
    const next = session(url);
    await first.publishAsync(upTopic(KIOSK, 'tm'), 'hello', { qos: 1 });
    await next;
    expect(heard()).toBe(1);
  });

  it('SEC-2: beyond the most connections nobody is heard', async () => {
    const { url } = await embedded({ maxConnections: 2 });
    const held = [await tcp(url), await tcp(url)];
    await closed(await tcp(url));
    expect(await Promise.all(held.map(open))).toEqual([true, true]);
  });
});

describe('doors of hub and broker', () => {
  it('SEC-2: one address has its share of connections at the terminals’ door as well', async () => {
    const { address } = await terminalsDoor();
    const held = await Promise.all(Array.from({ length: 512 }, () => tcp(address)));
    await closed(await tcp(address));
    expect(held.every((socket) => !socket.destroyed)).toBe(true);
    for (const socket of held) socket.destroy();
    await Promise.all(held.map(closed));
    await expect
      .poll(() => raw(address, 'hub').then((socket) => void socket.destroy(), String))
      .toBeUndefined();
  });

  it('SEC-2: a handshake that does not go on, and a connection that never says CONNECT, end within seconds', async () => {
    const { url } = await embedded();
    const { address } = await terminalsDoor();
    const began = systemClock.monotonic();
    const silent = [await tcp(url), await tcp(address), await raw(url, 'broker')];
    const half = await tcp(address);
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    await Promise.all([...silent, half].map(closed));
    expect(systemClock.monotonic() - began).toBeGreaterThan(8_000);
    expect(systemClock.monotonic() - began).toBeLessThan(30_000);
    expect(told().toSorted()).toEqual([
      'security_handshake_slow broker',
      'security_handshake_slow hub',
      'security_handshake_slow hub',
    ]);
  });
});

describe('questions to the hub that never end', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub();
  });
  afterAll(() => hub.close());

  it('SEC-2, SEC-8: a small body that does not come to its end within half a minute ends its connection', async () => {
    const { http, terminals } = hub.hub.addresses();
    const { trust } = hub.hub.inside();
    const to = destinationOf(terminals, 'https:');
    if (!to.ok) throw new Error(to.error.message);
    const about = { serverName: 'hub', trust, clock: hub.clock, timeout: milliseconds(10_000) } as const;
    const dialled = await dial({ ...about, to: to.value, identity: null });
    if (!dialled.ok) throw new Error(dialled.error.message);
    const asking: [string, Socket][] = [
      ['/terminal/v1/enrol', watched(dialled.value)],
      ['/player/v1/report', await tcp(http)],
      ['/api/v1/session', await tcp(http)],
    ];
    const before = hub.clock.waiting();
    for (const [path, socket] of asking)
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":`,
      );
    // The questions have arrived when their timers wait.
    await expect.poll(() => hub.clock.waiting()).toBeGreaterThanOrEqual(before + 3);
    await hub.clock.advance(29_000);
    for (const [path, socket] of asking) expect(await open(socket), path).toBe(true);
    await hub.clock.advance(2_000);
    for (const [, socket] of asking) await closed(socket);
  });
});
