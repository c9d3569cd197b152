import { mayPublish, maySubscribe } from '#hub/mqtt/rights.ts';
import type { Broker, BrokerMessage } from '#hub/ports/broker.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { LinkFault, LinkMessage, LinkOptions, MessageLink } from '#shared/ports/message-link.ts';
import type { WorldTime } from './time.ts';
import type { Wire } from './wire.ts';

/** What a broken connection costs until one end notices: MQTT's keep-alive and a half. */
const NOTICED_MS = 45_000;
const RECONNECT_MS = 1_000;

interface Session {
  readonly options: LinkOptions;
  readonly terminal: TerminalId;
  receive(message: LinkMessage): void;
  down(reason: string): void;
  open: boolean;
}

interface HubSide {
  readonly process: { awake(): boolean };
  readonly filters: Set<string>;
  receive(message: BrokerMessage): void;
  connected(): void;
  alive: boolean;
}

/**
 * A broker of MQTT 3.1.1 with clean sessions in memory: retained records, wills, one connection a client. It acknowledges what it takes, and loses what
 * the wire says (DESIGN §3: a broker's acknowledgement means nothing).
 */
export class SimulatedBroker {
  readonly #time: WorldTime;
  readonly #wire: Wire;
  readonly #retained = new Map<string, Uint8Array>();
  readonly #sessions = new Map<TerminalId, Session>();
  readonly #hubs = new Set<HubSide>();
  #up = true;

  constructor(time: WorldTime, wire: Wire) {
    this.#time = time;
    this.#wire = wire;
  }

  /** The broker ends and comes back after `away` milliseconds; it remembers its retained records or it does not. */
  restart(away: number, forgets: boolean): void {
    this.#up = false;
    if (forgets) this.#retained.clear();
    for (const session of [...this.#sessions.values()]) this.#end(session, 'the broker ended', false);
    this.#time.after(away, () => {
      this.#up = true;
      for (const hub of this.#hubs) this.#reconnect(hub);
    });
  }

  /** The terminal's line is cut: its connection ends when somebody notices. */
  lineCut(terminal: TerminalId): void {
    const session = this.#sessions.get(terminal);
    if (session === undefined) return;
    this.#time.after(NOTICED_MS, () => {
      if (session.open && !this.#wire.open(terminal)) this.#end(session, 'link_down', true);
    });
  }

  /** The connection ends at once, on both sides. */
  disconnect(terminal: TerminalId): void {
    const session = this.#sessions.get(terminal);
    if (session !== undefined) this.#end(session, 'link_down', true);
  }

  /** The machine lost its power: the broker tells its will; the machine hears nothing any more. */
  powerLost(terminal: TerminalId): void {
    const session = this.#sessions.get(terminal);
    if (session !== undefined) this.#end({ ...session, down: () => {} }, 'gone', true);
  }

  /** `expired`: whether the certificate that it would show has ended, or is revoked. Rights are the fleet's (SEC-2): who wants others is refused, or cut off. */
  link(terminal: TerminalId, expired: () => boolean): MessageLink {
    let listener: (message: LinkMessage) => void = () => {};
    let down: (reason: string) => void = () => {};
    let session: Session | null = null;
    return {
      onMessage: (next) => {
        listener = next;
      },
      onDown: (next) => {
        down = next;
      },
      connect: async (options): Promise<Result<void, LinkFault>> => {
        await this.#time.sleep(this.#wire.latency());
        if (!this.#up || !this.#wire.open(terminal)) {
          await this.#time.sleep(this.#up ? 10_000 : 0);
          return fault('link_down', 'nobody answers');
        }
        if (expired()) return fault('link_refused', 'the certificate has ended');
        if (!may(terminal, options)) return fault('link_refused', 'others’ topics');
        const former = this.#sessions.get(terminal);
        if (former !== undefined) this.#end(former, 'taken over', true);
        session = {
          options,
          terminal,
          receive: (message) => listener(message),
          down: (reason) => down(reason),
          open: true,
        };
        this.#sessions.set(terminal, session);
        const own = session;
        for (const filter of options.subscriptions) this.#replay(filter, own);
        return ok(undefined);
      },
      publish: async (topic, payload, choice): Promise<Result<void, LinkFault>> => {
        const own = session;
        if (own === null || !own.open) return fault('link_down', 'not connected');
        if (!this.#wire.open(terminal)) {
          await this.#time.sleep(NOTICED_MS);
          return fault('link_down', 'no answer');
        }
        await this.#time.sleep(this.#wire.inOrder(`socket ${terminal}`));
        if (!own.open) return fault('link_down', 'not connected');
        if (!mayPublish(terminal, { topic, retain: choice?.retain ?? false, bytes: payload.length })) {
          this.#end(own, 'link_refused', true);
          return fault('link_refused', 'no topic of its own');
        }
        this.#take({ topic, payload, retain: choice?.retain ?? false }, this.#wire.up(terminal));
        return ok(undefined);
      },
      close: async () => {
        if (session?.open === true) {
          session.open = false;
          this.#sessions.delete(terminal);
        }
        session = null;
      },
    };
  }

  /** The end of one hub process; `alive` is false once that process is dead. */
  hub(process: { awake(): boolean }): Broker {
    const filters = new Set<string>();
    let listener: (message: BrokerMessage) => void = () => {};
    const onConnected: (() => void)[] = [];
    const side: HubSide = {
      ...{ process, filters },
      get alive() {
        return process.awake();
      },
      receive: (message) => listener(message),
      connected: () => {
        for (const one of onConnected) one();
      },
    };
    return {
      kind: 'external',
      start: async () => {
        this.#hubs.add(side);
        for (const filter of filters) this.#replay(filter, side);
        side.connected();
        return ok({ url: 'mqtts://simulated' });
      },
      subscribe: async (wanted) => {
        for (const filter of wanted) {
          filters.add(filter);
          if (this.#hubs.has(side)) this.#replay(filter, side);
        }
      },
      unsubscribe: async (wanted) => {
        for (const filter of wanted) filters.delete(filter);
      },
      publish: async (topic, payload, options) => {
        if (!this.#up || !side.alive) return fault('broker_away', 'no broker');
        this.#take({ topic, payload, retain: options?.retain ?? false }, this.#wire.down(topic));
        return ok(undefined);
      },
      onMessage: (next) => {
        listener = next;
      },
      onConnected: (next) => {
        onConnected.push(next);
      },
      drop: (terminal) => {
        const session = this.#sessions.get(terminal);
        if (session !== undefined) this.#end(session, 'link_refused', true);
      },
      stop: async () => {
        this.#hubs.delete(side);
      },
    };
  }

  /** A dead hub reads nothing any more. */
  forgetHub(process: { awake(): boolean }): void {
    for (const hub of this.#hubs) if (hub.process === process) this.#hubs.delete(hub);
  }

  /** A process that was stopped finds its connection closed, and connects again. */
  hubAgain(process: { awake(): boolean }): void {
    for (const hub of this.#hubs) if (hub.process === process) this.#reconnect(hub);
  }

  #reconnect(hub: HubSide): void {
    this.#time.after(RECONNECT_MS, () => {
      if (!this.#up || !hub.alive) return;
      for (const filter of hub.filters) this.#replay(filter, hub);
      hub.connected();
    });
  }

  #take(message: { topic: string; payload: Uint8Array; retain: boolean }, delays: readonly number[]): void {
    const { topic, payload, retain } = message;
    if (retain) {
      if (payload.length === 0) this.#retained.delete(topic);
      else this.#retained.set(topic, payload);
    }
    for (const delay of delays)
      this.#time.after(delay, () => {
        if (!this.#up) return;
        for (const hub of this.#hubs)
          if (hub.alive && [...hub.filters].some((filter) => fits(filter, topic)))
            hub.receive({ topic, payload, retained: false });
        for (const session of this.#sessions.values())
          if (
            session.open &&
            session.options.subscriptions.some((filter) => fits(filter, topic)) &&
            this.#wire.hears(session.terminal)
          )
            session.receive({ topic, payload, retained: false });
      });
  }

  #replay(filter: string, to: Session | HubSide): void {
    for (const [topic, payload] of this.#retained) {
      if (!fits(filter, topic)) continue;
      this.#time.after(1, () => {
        if ('open' in to ? to.open : to.alive) to.receive({ topic, payload, retained: true });
      });
    }
  }

  #end(session: Session, reason: string, will: boolean): void {
    const known = this.#sessions.get(session.terminal);
    if (known === undefined || known.options !== session.options) return;
    known.open = false;
    this.#sessions.delete(session.terminal);
    const { will: last } = session.options;
    if (will && last !== undefined) this.#take({ ...last }, [this.#wire.latency()]);
    session.down(reason);
  }
}

/** What a terminal wants when it connects: its own topics and a will on one of them. */
const may = (terminal: TerminalId, { subscriptions, will }: LinkOptions): boolean =>
  subscriptions.every((topic) => maySubscribe(terminal, topic)) &&
  (will === undefined ||
    mayPublish(terminal, { topic: will.topic, retain: will.retain, bytes: will.payload.length }));

/** MQTT 3.1.1 §4.7, as far as the fleet uses it: `+` stands for one level. */
function fits(filter: string, topic: string): boolean {
  if (!filter.includes('+')) return filter === topic;
  const verdicts = judged.get(filter) ?? new Map<string, boolean>();
  judged.set(filter, verdicts);
  const verdict = verdicts.get(topic) ?? fitsByLevel(filter.split('/'), topic.split('/'));
  verdicts.set(topic, verdict);
  return verdict;
}

/** By filter and topic, which are few: each two are compared once. */
const judged = new Map<string, Map<string, boolean>>();

const fitsByLevel = (wanted: readonly string[], given: readonly string[]): boolean =>
  wanted.length === given.length && wanted.every((level, at) => level === '+' || level === given[at]);
