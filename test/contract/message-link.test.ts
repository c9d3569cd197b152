import { createServer as createPlainServer } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { queryObjects } from 'node:v8';
import { Aedes } from 'aedes';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { mqttLink } from '#shared/edge/drivers/mqtt-link.ts';
import type { LinkMessage, LinkOptions } from '#shared/ports/message-link.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import { terminalServerOptions } from '#shared/tls/server.ts';
import { enrolDevice, FOUNDED, foundFleet } from '#test/support/test-fleet.ts';

interface Broker {
  readonly url: string;
  readonly aedes: Aedes;
  /** Ends the broker and every connection at once. */
  kill(): Promise<void>;
}

const clock = { now: () => FOUNDED };
let fleet: FleetAuthority;
let foreign: FleetAuthority;
let kiosk: TlsIdentity;
beforeAll(async () => {
  [fleet, foreign] = await Promise.all([foundFleet(), foundFleet()]);
  kiosk = (await enrolDevice(fleet, 'kiosk-1', 'kiosk')).tls;
});
const brokers: Broker[] = [];
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.kill();
});

async function aBroker(
  of = fleet,
  identity: () => Promise<TlsIdentity> = () => of.serverIdentity('broker'),
): Promise<Broker> {
  const aedes = await Aedes.createBroker();
  aedes.authenticate = (_client, username, _password, done) => {
    const right = username !== 'stranger';
    if (right) done(null, true);
    else done(Object.assign(new Error('no'), { returnCode: 5 }), null);
  };
  aedes.authorizeSubscribe = (_client, subscription, done) =>
    done(null, subscription.topic.startsWith('forbidden') ? null : subscription);
  const server: Server = createServer(await terminalServerOptions(of.trust, identity, clock), aedes.handle);
  server.on('tlsClientError', () => {});
  const sockets = new Set<import('node:net').Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let dead = false;
  const broker: Broker = {
    url: `mqtts://127.0.0.1:${port}`,
    aedes,
    kill: async () => {
      if (dead) return;
      dead = true;
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  brokers.push(broker);
  return broker;
}

const asKiosk: LinkOptions = {
  clientId: 'kiosk-1',
  subscriptions: ['down/#'],
};

function observed(url: string) {
  const link = mqttLink({ url, trust: fleet.trust, identity: () => kiosk, clock });
  const inbox: LinkMessage[] = [];
  let heard = (): void => {};
  const down = new Promise<string>((resolve) => link.onDown(resolve));
  link.onMessage((message) => {
    inbox.push(message);
    heard();
  });
  const messages = async (count: number): Promise<readonly LinkMessage[]> => {
    while (inbox.length < count)
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    return inbox;
  };
  return { link, inbox, down, messages };
}

describe('message link: MQTT', () => {
  it('SYN-2: is subscribed when connect resolves, and brings what others publish', async () => {
    const broker = await aBroker();
    const { link, messages } = observed(broker.url);
    expect(await link.connect(asKiosk)).toEqual({ ok: true, value: undefined });
    expect(await link.publish('down/x', Buffer.from('hello'))).toEqual({ ok: true, value: undefined });
    expect(await messages(1)).toMatchObject([{ topic: 'down/x', retained: false }]);
    await link.close();
  });

  it('PR-6: retained messages say so', async () => {
    const broker = await aBroker();
    const first = observed(broker.url);
    await first.link.connect(asKiosk);
    await first.link.publish('down/cfg', Buffer.from('1'), { retain: true });
    await first.link.close();
    const second = observed(broker.url);
    await second.link.connect(asKiosk);
    expect(await second.messages(1)).toMatchObject([{ topic: 'down/cfg', retained: true }]);
    await second.link.close();
  });

  it('PR-5: who is not let in is refused, not retried', async () => {
    const broker = await aBroker();
    const { link } = observed(broker.url);
    expect(await link.connect({ ...asKiosk, clientId: 'stranger' })).toMatchObject({
      ok: false,
      error: { code: 'link_refused' },
    });
  });

  it('PR-1: a subscription that is not granted is refused', async () => {
    const broker = await aBroker();
    const { link } = observed(broker.url);
    expect(await link.connect({ ...asKiosk, subscriptions: ['down/#', 'forbidden/x'] })).toMatchObject({
      ok: false,
      error: { code: 'link_refused' },
    });
    await link.close();
  });

  it('SYN-2: nobody there is link_down', async () => {
    const broker = await aBroker();
    await broker.kill();
    const { link } = observed(broker.url);
    expect(await link.connect(asKiosk)).toMatchObject({ ok: false, error: { code: 'link_down' } });
    expect(await link.publish('x', Buffer.from(''))).toMatchObject({ error: { code: 'link_down' } });
  });

  it('SYN-2: a broker that dies is told once, and connecting again works on a new one', async () => {
    const broker = await aBroker();
    const { link, down } = observed(broker.url);
    await link.connect(asKiosk);
    await broker.kill();
    expect(await down).toEqual(expect.any(String));
    expect(await link.publish('x', Buffer.from(''))).toMatchObject({ error: { code: 'link_down' } });
    expect(await link.connect(asKiosk)).toMatchObject({ ok: false });
  });

  it('PR-6: the will comes after a broken connection, never after a good-bye', async () => {
    const broker = await aBroker();
    const watcher = observed(broker.url);
    await watcher.link.connect({ ...asKiosk, clientId: 'watcher' });
    const will = { topic: 'down/will', payload: Buffer.from('gone'), retain: false };
    const polite = observed(broker.url);
    await polite.link.connect({ ...asKiosk, will });
    await polite.link.close();
    const rude = observed(broker.url);
    await rude.link.connect({
      ...asKiosk,
      clientId: 'rude',
      will: { ...will, payload: Buffer.from('broken') },
    });
    broker.aedes.publish(
      { topic: 'down/mark', payload: Buffer.from('m'), qos: 1, retain: false, cmd: 'publish', dup: false },
      () => {},
    );
    await watcher.messages(1);
    const clients = Reflect.get(broker.aedes, 'clients');
    clients.rude.conn.destroy();
    const seen = await watcher.messages(2);
    expect(seen.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['m', 'broken']);
    await watcher.link.close();
  });

  it('SEC-2: who answers with another fleet’s certificate, or with a terminal’s, hears nothing of us', async () => {
    const seen: string[] = [];
    const terminal = (await enrolDevice(fleet, 'kiosk-9', 'kiosk')).tls;
    const rogues = [await aBroker(foreign), await aBroker(fleet, async () => terminal)];
    for (const broker of rogues) {
      broker.aedes.on('client', (client) => seen.push(client.id));
      const { link } = observed(broker.url);
      expect(await link.connect(asKiosk)).toMatchObject({ error: { code: 'link_untrusted' } });
    }
    expect(seen).toEqual([]);
  });

  it('SEC-2: an address without TLS is not spoken to at all', async () => {
    const plain = createPlainServer();
    const bytes: Buffer[] = [];
    plain.on('connection', (socket) => socket.on('data', (piece) => bytes.push(piece)));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const address = plain.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { link } = observed(`mqtt://127.0.0.1:${port}`);
    expect(await link.connect(asKiosk)).toMatchObject({ error: { code: 'wire_not_secure' } });
    expect(bytes).toEqual([]);
    plain.close();
  });

  it('OPS-1, SYN-5: of what was published nothing is kept while the connection stands, for weeks perhaps', async () => {
    const broker = await aBroker();
    const { link } = observed(broker.url);
    await link.connect(asKiosk);
    const publish = async (times: number): Promise<number> => {
      for (let time = 0; time < times; time += 1) await link.publish('up/beat', Buffer.from('beat'));
      return Number(queryObjects(Promise));
    };
    const before = await publish(50);
    expect((await publish(500)) - before).toBeLessThan(50);
    await link.close();
  });

  it('PR-3: a message above the protocol’s limit is not sent', async () => {
    const broker = await aBroker();
    const { link } = observed(broker.url);
    await link.connect(asKiosk);
    expect(await link.publish('x', new Uint8Array(LIMITS.packetBytes + 1))).toMatchObject({
      error: { code: 'link_packet_too_large' },
    });
    await link.close();
  });
});
