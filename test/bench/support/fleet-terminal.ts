import { connect, type TLSSocket } from 'node:tls';
import { MqttClient } from 'mqtt';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { EventId, SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { encode, OUR_VERSION } from '#shared/protocol/decode.ts';
import { type Ack, ack, type EnvelopeEvent, type Stamp } from '#shared/protocol/envelope.ts';
import type { EventData, EventKind } from '#shared/protocol/events.ts';
import { downTopic, upTopic } from '#shared/protocol/topics.ts';
import { TLS_RULES } from '#shared/tls/rules.ts';
import type { FleetTerminal, TerminalsSetup } from './fleet-words.ts';

/** What all terminals of one process count together. */
export interface Tally {
  sent: number;
  acknowledged: number;
  /** Connections begun, whatever became of them. */
  attempts: number;
  batchAcks: number[];
  heartbeatAcks: number[];
}

/** A terminal as the hub sees one: a certificate, a session, an outbox that keeps what is not acknowledged, heartbeats. Its files and screens are left out. */
export interface SimulatedTerminal {
  readonly terminalId: TerminalId;
  /** Tries until the hub has heard its birth; sends again what the hub does not have. */
  connect(): Promise<void>;
  /** The line is cut, without a farewell. */
  cut(): void;
  /** Into the outbox, and out as one batch. `due`: when it should have gone, by `performance.now()`. */
  report(events: readonly Told[], due: number): void;
  beat(due: number): void;
  /** What was sent long ago and is not acknowledged is sent again. */
  remind(): void;
  waiting(): number;
}

export type Told = { [K in EventKind]: { readonly kind: K; readonly data: EventData<K> } }[EventKind];

const EPOCH = 'benchmarkepoch';
/** Events of a message: of a return's, some 7 kB each, no more than a packet may have. */
const BATCH = 30;
/** As an outbox waits for an acknowledgement, in milliseconds. */
const PATIENCE = 20_000;

interface Waiting {
  readonly event: EnvelopeEvent;
  readonly due: number;
  readonly endsBatch: boolean;
}

export function simulatedTerminal(
  setup: Pick<TerminalsSetup, 'url' | 'rootPem' | 'keyPem'>,
  own: FleetTerminal,
  localAddress: string,
  tally: Tally,
): SimulatedTerminal {
  const terminalId = own.terminalId as TerminalId;
  const to = new URL(setup.url);
  let session = '';
  let client: MqttClient | null = null;
  let next = 0;
  let sentAt = 0;
  let heard: (() => void) | null = null;
  const outbox: Waiting[] = [];
  const beats = new Map<number, number>();

  const stamp = (): Stamp => ({
    ...{ deviceTime: systemClock.now(), monotonic: systemClock.monotonic(), bootId: 'benchmarkboot' },
    ...{ clockOffset: 0, clockError: 5 },
  });
  const publish = (channel: 'up' | 'tm' | 'st', message: object, retain = false): void => {
    client?.publish(upTopic(terminalId, channel), Buffer.from(encode(message)), { qos: 1, retain });
  };
  const send = (part: readonly Waiting[]): void => {
    sentAt = performance.now();
    for (let at = 0; at < part.length; at += BATCH)
      publish('up', {
        ...{ version: OUR_VERSION, terminal: terminalId, session, epoch: EPOCH, lane: 0, firstHeld: 0 },
        ...{ last: next - 1, sentAt: systemClock.now() },
        events: part.slice(at, at + BATCH).map(({ event }) => event),
      });
  };
  const onAck = (told: Ack): void => {
    if (told.session !== session || told.rejection !== null) return;
    const now = performance.now();
    const due = beats.get(told.clock.sentAt);
    if (due !== undefined) {
      beats.delete(told.clock.sentAt);
      tally.heartbeatAcks.push(now - due);
    }
    if (told.lane !== 0) return;
    while (outbox[0] !== undefined && outbox[0].event.sequence <= told.contiguous) {
      const [done] = outbox.splice(0, 1);
      tally.acknowledged += 1;
      if (done?.endsBatch === true) tally.batchAcks.push(now - done.due);
    }
    heard?.();
    heard = null;
  };

  const attempt = async (): Promise<void> => {
    tally.attempts += 1;
    const socket = await handshake();
    session = `s${newId<string>(systemClock, systemRandom).slice(-12)}`;
    const made = new MqttClient(() => socket, {
      ...{ protocolVersion: 4, clean: true, reconnectPeriod: 0, connectTimeout: 20_000, resubscribe: false },
      ...{ clientId: terminalId, keepalive: 120 },
    });
    const closed = new Promise<never>((_, reject) => {
      made.on('error', reject);
      made.once('close', () => reject(new Error('closed')));
    });
    closed.catch(() => undefined);
    await Promise.race([new Promise<void>((resolve) => made.once('connect', () => resolve())), closed]);
    client = made;
    made.on('message', (_topic, payload) => {
      const told = ack.safeParse(JSON.parse(payload.toString('utf8')));
      if (told.success) onAck(told.data);
    });
    await Promise.race([made.subscribeAsync(downTopic(terminalId, 'ack'), { qos: 1 }), closed]);
    const born = new Promise<void>((resolve) => {
      heard = resolve;
    });
    publish(
      'st',
      {
        ...{ version: OUR_VERSION, terminal: terminalId, session, epoch: EPOCH, online: true },
        ...{
          role: own.role,
          siteId: own.siteId as SiteId,
          software: 'benchmark',
          at: systemClock.now(),
        },
      },
      true,
    );
    await Promise.race([born, closed, late()]);
    send(outbox);
  };
  const late = async (): Promise<never> => {
    await systemClock.sleep(milliseconds(PATIENCE));
    throw new Error('no answer to the birth');
  };

  function handshake(): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        ...TLS_RULES,
        ...{ host: to.hostname, port: Number(to.port), localAddress, servername: 'broker' },
        ...{ ca: setup.rootPem, key: setup.keyPem, cert: own.chain.join('\n') },
      });
      socket.once('secureConnect', () => {
        socket.setNoDelay(true);
        resolve(socket);
      });
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed in the handshake')));
    });
  }

  return {
    terminalId,
    async connect() {
      for (;;)
        try {
          return await attempt();
        } catch {
          this.cut();
          // As terminals do: not all again at the same moment.
          await systemClock.sleep(milliseconds(500 + systemRandom.below(4000)));
        }
    },
    cut() {
      client?.on('error', () => undefined);
      client?.stream.destroy();
      client?.end(true);
      client = null;
      beats.clear();
    },
    report(events, due) {
      const part = events.map(({ kind, data }, at): Waiting => {
        const event = {
          sequence: next,
          id: newId<EventId>(systemClock, systemRandom),
          kind,
          stamp: stamp(),
          data,
        };
        next += 1;
        return { event, due, endsBatch: at === events.length - 1 };
      });
      tally.sent += part.length;
      outbox.push(...part);
      if (client !== null) send(part);
    },
    beat(due) {
      const now = systemClock.now();
      beats.set(now, due);
      publish('tm', {
        ...{ version: OUR_VERSION, terminal: terminalId, session, sentAt: now, stamp: stamp() },
        queue: { lane0: outbox.length, lane1: 0, oldestAt: null },
        storage: { totalBytes: 64e9, freeBytes: 21e9 },
        cache: { bytes: 12e9, titles: 24, fetching: 0 },
        drives: [{ name: 'slot', state: 'empty', fault: null }],
        ...{ software: 'benchmark', configVersion: 0, locked: false, temperatureCelsius: 41 },
      });
    },
    remind() {
      if (client !== null && outbox.length > 0 && performance.now() - sentAt > PATIENCE) send(outbox);
    },
    waiting: () => outbox.length,
  };
}
