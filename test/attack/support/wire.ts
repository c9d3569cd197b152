import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { MqttClient } from 'mqtt';
import { enrolCodeAnswer } from '#hub/http/contract/fleet.ts';
import { openTerminalParts, type TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import { createTerminal } from '#shared/edge/runtime.ts';
import type { TerminalRuntime } from '#shared/edge/terminal.ts';
import { noBusiness } from '#shared/edge/testing/a-bundle.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { terminalSubscriptions, upTopic } from '#shared/protocol/topics.ts';
import { destinationOf, dial } from '#shared/tls/client.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import type { Target } from '#test/attack/contract.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let terminals = 0;
/** A terminal's name that no other attack has, so that a row can run again on the same fleet. */
export const aName = (role: string): string => `${role}-${++terminals}`;

/** The parts of one more terminal of the fleet, enrolled for this attack; its program does not run. */
export async function anotherTerminal(
  { fleet, scratch, terminalsUrl }: Target,
  name: string,
  where: { readonly hubUrl?: string; readonly mqttUrl?: string; readonly again?: true } = {},
): Promise<TerminalParts> {
  const terminalId = name as TerminalId;
  const wanted = {
    ...{ terminalId, role: 'return-terminal' as const, siteId: fleet.siteId, name },
    approvedBeforehand: true,
  };
  const { code } =
    where.again === true
      ? { code: null }
      : await fleet.staff.post('/enrolment-codes', wanted, enrolCodeAnswer);
  const parts = await openTerminalParts({
    role: 'return-terminal',
    terminalId,
    home: join(scratch, name),
    hubUrl: where.hubUrl ?? terminalsUrl,
    mqttUrl: where.mqttUrl ?? null,
    enrolmentCode: code,
    software: 'attack',
    logLevel: 'silent',
    cacheBytes: 2 ** 20,
    clock: fleet.own.clock,
  });
  if (!parts.ok) throw new Error(`${parts.error.code}: ${parts.error.message}`);
  return parts.value;
}

/** What somebody holds who took one more terminal of the fleet home. */
export async function stolenTerminal(
  target: Target,
  name: string,
): Promise<{ readonly terminalId: TerminalId; readonly tls: TlsIdentity }> {
  const parts = await anotherTerminal(target, aName(name));
  parts.store.close();
  return parts.identity;
}

/** The program of a terminal, without hardware. */
export const runningTerminal = (parts: TerminalParts): TerminalRuntime =>
  createTerminal({
    ...parts,
    drives: () => [],
    onCommand: () => 'now',
    restart: () => {},
    business: noBusiness,
    temperatureCelsius: () => null,
  });

/** An MQTT session with a terminal's certificate, and all that it hears. */
export async function sessionOf(
  { mqttUrl, fleet }: Target,
  { terminalId, tls }: { readonly terminalId: TerminalId; readonly tls: TlsIdentity },
  options: Parameters<typeof mqttAs>[2] = {},
): Promise<{ readonly client: MqttClient; readonly heard: { topic: string; text: string }[] }> {
  const as = { trust: fleet.own.hub.inside().trust, clock: fleet.own.clock, identity: tls };
  const client = await mqttAs(mqttUrl, as, { clientId: terminalId, keepalive: 30, ...options });
  const heard: { topic: string; text: string }[] = [];
  client.on('message', (topic, payload) => heard.push({ topic, text: payload.toString('utf8') }));
  client.on('error', () => {});
  return { client, heard };
}

/** A terminal that hears what is for it: what reaches it during an attack came from the attacker, or from the hub because of him. */
export async function witness(target: Target, name: string) {
  const victim = await stolenTerminal(target, name);
  const session = await sessionOf(target, victim);
  await session.client.subscribeAsync([...terminalSubscriptions(victim.terminalId)], { qos: 1 });
  // What the hub has had to say until now is heard before its answer.
  await hubAnswers({ ...victim, ...session });
  await pause(500);
  session.heard.length = 0;
  return { ...victim, ...session };
}

/** Asks the hub something on one's own topic; resolves when it answered: the way there and back works. */
export async function hubAnswers(session: {
  readonly terminalId: TerminalId;
  readonly client: MqttClient;
  readonly heard: readonly unknown[];
}): Promise<boolean> {
  const before = session.heard.length;
  session.client.publish(upTopic(session.terminalId, 'up'), 'no batch', { qos: 1 });
  for (let tries = 0; tries < 400 && session.heard.length === before; tries += 1) await pause(50);
  return session.heard.length > before;
}

/** A TLS connection to the broker with a terminal's certificate, for bytes that no client library would send. */
export async function rawBroker(
  { mqttUrl, fleet }: Target,
  identity: TlsIdentity,
): Promise<{ readonly socket: TLSSocket; readonly closed: Promise<void> }> {
  const to = destinationOf(mqttUrl, 'mqtts:');
  if (!to.ok) throw new Error(to.error.message);
  const dialled = await dial({
    to: to.value,
    serverName: 'broker',
    trust: fleet.own.hub.inside().trust,
    clock: fleet.own.clock,
    identity,
    timeout: milliseconds(10_000),
  });
  if (!dialled.ok) throw new Error(dialled.error.message);
  const socket = dialled.value;
  socket.on('error', () => {});
  socket.resume();
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

/** A CONNECT packet (MQTT 3.1.1), as bytes. */
export function connectPacket(clientId: string): Buffer {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from([0, Buffer.byteLength(value)]), Buffer.from(value)]);
  const body = Buffer.concat([text('MQTT'), Buffer.from([4, 0x82, 0, 30]), text(clientId), text(clientId)]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

/** Whether it happens in time. */
export const within = (ms: number, promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), pause(ms).then(() => false)]);

/** Somebody who answers in the place of hub or broker with a certificate of his own; `bytes` is what he was told after the handshake. */
export async function rogueServer(identity: TlsIdentity): Promise<{
  readonly port: number;
  readonly told: () => number;
  readonly handshakes: () => number;
  stop(): void;
}> {
  let told = 0;
  let handshakes = 0;
  const server = createTlsServer(
    { key: identity.keyPem, cert: identity.chainPem, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      socket.on('error', () => {});
      socket.on('data', (piece) => {
        told += piece.length;
      });
    },
  );
  // Whoever does not believe a certificate may be gone before the handshake is over on this side.
  server.on('connection', () => {
    handshakes += 1;
  });
  server.on('tlsClientError', () => {});
  const port = await listening(server);
  return { port, told: () => told, handshakes: () => handshakes, stop: () => void server.close() };
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

/** Bytes on a plain TCP connection, and what came back before it ended. */
export function plainTalk(url: string, bytes: Buffer): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const answered: Buffer[] = [];
    const socket: Socket = createConnection({ host: hostname, port: Number(port) }, () =>
      socket.write(bytes),
    );
    socket.setTimeout(15_000, () => socket.destroy());
    socket.on('data', (piece) => answered.push(piece));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(answered)));
  });
}

/** Whether a handshake with no more than TLS 1.2 comes about. */
export function oldHandshake(url: string, { keyPem, chainPem }: TlsIdentity): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = tlsConnect({
      host: hostname,
      port: Number(port),
      servername: 'hub',
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.2',
      ciphers: 'DEFAULT@SECLEVEL=0',
      rejectUnauthorized: false,
      key: keyPem,
      cert: chainPem,
    });
    const end = (came: boolean): void => {
      socket.destroy();
      resolve(came);
    };
    socket.setTimeout(15_000, () => end(false));
    socket.once('secureConnect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** A plain server that counts what it is told. */
export async function plainServer(): Promise<{ readonly port: number; told(): number; stop(): void }> {
  let told = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      told += piece.length;
    });
  });
  const port = await listening(server);
  return { port, told: () => told, stop: () => void server.close() };
}
