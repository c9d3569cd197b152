import type { HttpTransport } from '#shared/edge/http-transport.ts';
import type { EventId, SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, milliseconds } from '#shared/kernel/time.ts';
import type { MessageLink } from '#shared/ports/message-link.ts';
import { newId, type Random } from '#shared/ports/random.ts';
import { decodeAck, encode, OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Batch, EnvelopeEvent, Heartbeat, Presence, Stamp } from '#shared/protocol/envelope.ts';
import { downTopic, terminalSubscriptions, upTopic } from '#shared/protocol/topics.ts';
import type { Peer } from '#shared/tls/peer.ts';
import type { SimulatedBroker } from './broker.ts';
import type { Chronicle } from './chronicle.ts';
import { HUB_URL, type SimulatedDoors } from './doors.ts';
import type { Device, Fixture } from './fixture.ts';
import type { WorldTime } from './time.ts';

const SECOND = 1_000;
const GIGABYTE = 2 ** 30;
/** Events in one batch: licences and receipts with their chains fit so often into one packet. */
const BATCH = 6;
/** Batches that are sent at once. */
const BATCHES = 4;

export interface StolenTerminalDeps {
  readonly time: WorldTime;
  readonly chronicle: Chronicle;
  readonly broker: SimulatedBroker;
  readonly doors: SimulatedDoors;
  readonly random: Random;
}

/** Which kind of terminal the thief has is chance. */
export async function stealOne(
  deps: StolenTerminalDeps,
  fixture: Fixture,
  siteId: SiteId,
): Promise<StolenTerminal> {
  const role = deps.random.below(2) === 0 ? 'kiosk' : 'return-terminal';
  return new StolenTerminal(deps, await fixture.stolen(role), siteId);
}

/**
 * A terminal's true key, certificate and line without its program: whoever holds them says what he likes. It has an outbox of its own, so that lost
 * messages take nothing away from what the thief wants to be heard.
 */
export class StolenTerminal {
  readonly device: Device;
  readonly siteId: SiteId;
  readonly #time: WorldTime;
  readonly #chronicle: Chronicle;
  readonly #random: Random;
  readonly #link: MessageLink;
  readonly #doors: SimulatedDoors;
  readonly #transport: HttpTransport;
  /** Everything it ever wrote down; an event's place is its sequence. */
  readonly #events: EnvelopeEvent[] = [];
  #epoch = 'thief-1';
  #session: string | null = null;
  #acknowledged = -1;
  /** Staff took it out of the fleet, and broker and hubs have heard of that. */
  barred = false;
  /** Questions that were answered with something else than a refusal since it was barred. */
  answeredWhileBarred = 0;

  constructor(
    { time, chronicle, broker, doors, random }: StolenTerminalDeps,
    device: Device,
    siteId: SiteId,
  ) {
    this.device = device;
    this.siteId = siteId;
    this.#time = time;
    this.#chronicle = chronicle;
    this.#random = random;
    this.#doors = doors;
    this.#transport = doors.transport(() => device.peer);
    this.#link = broker.link(device.terminalId, () => this.barred);
    this.#link.onDown(() => {
      this.#session = null;
    });
    this.#link.onMessage(({ topic, payload }) => {
      if (topic === downTopic(this.id, 'ack')) this.#hear(payload);
    });
  }

  get id(): TerminalId {
    return this.device.terminalId;
  }

  now(): EpochMs {
    return this.#time.now();
  }

  id7<Id extends string>(): Id {
    return newId<Id>({ now: () => this.now() }, this.#random);
  }

  note(what: string): void {
    this.#chronicle.note(this.id, what);
  }

  #hear(payload: Uint8Array): void {
    const ack = decodeAck(payload);
    if (!ack.ok || ack.value.lane !== 0) return;
    const { rejection, epoch, contiguous } = ack.value;
    if (rejection === 'session_stale') this.#session = null;
    else if (epoch === this.#epoch) this.#acknowledged = Math.max(this.#acknowledged, contiguous);
  }

  #word(bytes = 9): string {
    return Buffer.from(this.#random.bytes(bytes)).toString('base64url');
  }

  presence(change: Partial<Presence> = {}): Presence {
    const { terminalId: terminal, role } = this.device;
    const session = this.#session ?? this.#word();
    return {
      ...{ version: OUR_VERSION, terminal, session, epoch: this.#epoch, online: true, role },
      ...{ siteId: this.siteId, software: 'keyturn-sim', at: this.now(), ...change },
    };
  }

  stamp(change: Partial<Stamp> = {}): Stamp {
    return {
      ...{ deviceTime: this.now(), monotonic: Math.floor(this.now() / SECOND), bootId: 'thief-boot' },
      ...{ clockOffset: 0, clockError: 50, ...change },
    };
  }

  heartbeat(change: Partial<Heartbeat> = {}): Heartbeat {
    return {
      ...{ version: OUR_VERSION, terminal: this.id, session: this.#session ?? this.#word() },
      ...{ sentAt: this.now(), stamp: this.stamp(), queue: { lane0: 0, lane1: 0, oldestAt: null } },
      ...{
        storage: { totalBytes: GIGABYTE, freeBytes: GIGABYTE },
        cache: { bytes: 0, titles: 0, fetching: 0 },
      },
      ...{ drives: [], software: 'keyturn-sim', configVersion: 1, locked: false, temperatureCelsius: null },
      ...change,
    };
  }

  /** A batch of what it wrote from that place on, changed as the thief likes. */
  batch(from: number, change: Partial<Batch> = {}): Batch {
    const events = this.#events.slice(from, from + BATCH);
    return {
      ...{ version: OUR_VERSION, terminal: this.id, session: this.#session ?? '', epoch: this.#epoch },
      lane: 0,
      ...{ firstHeld: 0, last: this.#events.length - 1, sentAt: this.now(), events, ...change },
    };
  }

  /** How many events it wrote down. */
  written(): number {
    return this.#events.length;
  }

  event(place: number): EnvelopeEvent | null {
    return this.#events[place] ?? null;
  }

  /** Writes an event down, whatever stands in it; it goes out with all others. */
  write(kind: string, data: unknown, stamp: Partial<Stamp> = {}): void {
    this.#events.push({
      ...{ sequence: this.#events.length, id: this.id7<EventId>(), kind },
      ...{ stamp: this.stamp(stamp), data },
    });
  }

  /** As a store that was born again: everything is told once more in an epoch that nobody knows. */
  beginAgain(): void {
    this.#epoch = `thief-${this.#word(6)}`;
    this.#acknowledged = -1;
    this.#session = null;
  }

  async #connect(): Promise<boolean> {
    if (this.#session !== null) return true;
    await this.#link.close();
    const session = this.#word();
    const will = encode(this.presence({ session, online: false }));
    const connected = await this.#link.connect({
      ...{ clientId: this.id, subscriptions: terminalSubscriptions(this.id) },
      will: { topic: upTopic(this.id, 'st'), payload: will, retain: true },
    });
    if (!connected.ok) return false;
    this.#session = session;
    await this.#link.publish(upTopic(this.id, 'st'), encode(this.presence()), { retain: true });
    return true;
  }

  /** Sends what the hub has not acknowledged. */
  async send(): Promise<void> {
    if (!(await this.#connect())) return;
    for (let at = this.#acknowledged + 1, left = BATCHES; at < this.#events.length && left > 0; left -= 1) {
      await this.#link.publish(upTopic(this.id, 'up'), encode(this.batch(at)));
      at += BATCH;
    }
  }

  /** Anything on any topic. */
  async publish(topic: string, payload: Uint8Array, retain = false): Promise<void> {
    if (await this.#connect()) await this.#link.publish(topic, payload, { retain });
  }

  /** A connection that wants to hear others, or to leave a will for them. */
  async listen(topic: string, will: Presence): Promise<void> {
    await this.#link.close();
    this.#session = null;
    const last = { topic: upTopic(will.terminal, 'st'), payload: encode(will), retain: true };
    const heard = await this.#link.connect({ clientId: this.id, subscriptions: [topic], will: last });
    this.note(`listens to ${topic}: ${heard.ok ? 'granted' : heard.error.code}`);
  }

  /** A question, and what the hub says; null: nobody answered. `as`: in whose name. */
  async ask(path: string, body: unknown, as: Peer | null = null): Promise<number | null> {
    const transport = as === null ? this.#transport : this.#doors.transport(() => as);
    const answer = await transport.request({
      method: 'POST',
      ...{ url: `${HUB_URL}/terminal/v1${path}`, body: JSON.stringify(body), maxBytes: GIGABYTE },
      ...{ headers: { 'content-type': 'application/json' }, timeout: milliseconds(10 * SECOND) },
    });
    if (!answer.ok) return null;
    if (this.barred && answer.value.status < 400) this.answeredWhileBarred += 1;
    return answer.value.status;
  }
}
