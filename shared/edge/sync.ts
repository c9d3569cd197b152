import { base64url } from 'jose';
import { type EpochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { LinkMessage, MessageLink } from '#shared/ports/message-link.ts';
import type { Random } from '#shared/ports/random.ts';
import { decodeAck, decodeHubRecord, encode, OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Heartbeat, HubRecord, Presence } from '#shared/protocol/envelope.ts';
import { downTopic, hubTopic, partitionOf, terminalSubscriptions, upTopic } from '#shared/protocol/topics.ts';
import type { Rejection } from '#shared/protocol/version.ts';
import { backOff } from './back-off.ts';
import type { HubClock } from './hub-clock.ts';
import type { TerminalIdentity } from './identity.ts';
import type { EdgeStore } from './store.ts';
import { createSyncLanes, type LanesDeps } from './sync-lanes.ts';

/** What the heartbeat says beside session, times and queue. */
export type Condition = Pick<
  Heartbeat,
  'storage' | 'cache' | 'drives' | 'configVersion' | 'locked' | 'temperatureCelsius'
>;

export interface SyncDeps {
  readonly identity: Pick<TerminalIdentity, 'terminalId' | 'role' | 'siteId'>;
  readonly store: EdgeStore;
  readonly link: MessageLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hubClock: HubClock;
  readonly software: string;
  /** Between two attempts to connect; default `LONGEST_BACK_OFF`. */
  readonly longestWait?: Milliseconds;
  readonly heartbeatEvery: () => Milliseconds;
  readonly condition: () => Condition;
  readonly onCommand: (payload: Uint8Array) => void;
  readonly onConfig: (payload: Uint8Array) => void;
  readonly epochChanged: LanesDeps['epochChanged'];
  /** Somebody answered in the broker's place. */
  readonly onUntrusted: () => void;
  /** The hub answered: called on every ack of this session. */
  readonly onContact: () => void;
  readonly onChange: () => void;
}

export interface SyncStatus {
  readonly connected: boolean;
  /** The last answer of the hub in this process; null before the first. */
  readonly lastContact: { readonly at: EpochMs; readonly monotonic: Milliseconds } | null;
  /** Why the hub refuses this terminal, until it answers again. */
  readonly refused: Rejection | null;
}

/** Outbox → hub over a link that comes and goes (DESIGN §3). */
export interface Sync {
  start(): void;
  /** Says good-bye, so that the hub need not wait for the will. */
  stop(): Promise<void>;
  /** Ends the present connection, so that the next one shows another certificate. */
  reconnect(): void;
  /** Something new is in the outbox. */
  wake(): void;
  status(): SyncStatus;
}

/** Trying again soon would change nothing, and would be a loop (SEC-2). */
const REFUSALS: readonly string[] = ['link_refused', 'link_untrusted', 'wire_not_secure'];
const LONG_REFUSAL = { first: 30_000, longest: 300_000 };
/** A connection that ends sooner, in milliseconds, was of no use: whoever is denied what it says must not come back every second (SEC-2). */
const STEADY_MS = 10_000;

export function createSync(deps: SyncDeps): Sync {
  const { identity, link, clock, random, log, store } = deps;
  const stopping = new AbortController();
  let session: string | null = null;
  let connected = false;
  let lastContact: SyncStatus['lastContact'] = null;
  let refused: Rejection | null = null;
  let failures = 0;
  /** Connections in a row that ended soon after they had come about, also where the hub answered on them. */
  let brief = 0;
  let connectedAt: number | null = null;
  /** The certificate was renewed while a connection with the former one came about: whatever was said to that one says nothing of the next. */
  let renewed = false;
  /** Why the last connection ended: said once, and not again with each further try. */
  let told = '';
  let hub: HubRecord | null = null;
  let goneDown: ((reason: string) => void) | null = null;
  let cancelHeartbeat = (): void => {};
  let finished: Promise<void> = Promise.resolve();

  const send = (topic: string, message: object, retain = false): Promise<boolean> =>
    link.publish(topic, encode(message), { retain, qos: 1 }).then((sent) => {
      if (!sent.ok) {
        log.warn({ topic, code: sent.error.code }, 'the broker did not take a message');
        drop(sent.error.code);
      }
      return sent.ok;
    });

  const drop = (reason: string): void => goneDown?.(reason);

  const lanes = createSyncLanes({
    store,
    clock,
    random,
    log,
    hubClock: deps.hubClock,
    terminalId: identity.terminalId,
    publish: (batch) => void send(upTopic(identity.terminalId, 'up'), batch),
    epochChanged: (why) => {
      if (session !== null) void send(upTopic(identity.terminalId, 'st'), presence(session, true), true);
      deps.epochChanged(why);
    },
    rejected: (rejection) => {
      log.error({ rejection }, 'the hub refuses this terminal');
      refused = rejection;
      drop(rejection);
      deps.onChange();
    },
    contact: () => {
      lastContact = { at: clock.now(), monotonic: clock.monotonic() };
      refused = null;
      failures = 0;
      deps.onContact();
    },
  });

  const presence = (own: string, online: boolean): Presence => ({
    version: OUR_VERSION,
    terminal: identity.terminalId,
    session: own,
    epoch: store.epoch(),
    online,
    role: identity.role,
    siteId: identity.siteId,
    software: deps.software,
    at: clock.now(),
  });

  const heartbeat = (): void => {
    if (session === null || !connected) return;
    const [money, telemetry] = [store.position(0), store.position(1)];
    const oldest = [money.oldestAt, telemetry.oldestAt].filter((at) => at !== null);
    const stamp = deps.hubClock.stamp();
    deps.hubClock.probe(stamp.deviceTime);
    const message: Heartbeat = {
      version: OUR_VERSION,
      terminal: identity.terminalId,
      session,
      sentAt: stamp.deviceTime,
      stamp,
      queue: {
        lane0: money.queued,
        lane1: telemetry.queued,
        oldestAt: oldest.length === 0 ? null : (Math.min(...oldest) as EpochMs),
      },
      software: deps.software,
      ...deps.condition(),
    };
    void send(upTopic(identity.terminalId, 'tm'), message);
    cancelHeartbeat();
    cancelHeartbeat = clock.after(deps.heartbeatEvery(), heartbeat);
  };

  const hubSays = (payload: Uint8Array): void => {
    const read = decodeHubRecord(payload);
    if (!read.ok) {
      log.warn({ code: read.error.code }, 'unreadable hub record');
      return;
    }
    const before = hub;
    hub = read.value;
    const moved =
      before !== null && (before.generation !== hub.generation || before.timeline !== hub.timeline);
    if (!moved || !connected) return;
    log.info(
      { generation: hub.generation },
      'another hub took over: sending again what it has not acknowledged',
    );
    lanes.sendAgain();
    heartbeat();
  };

  const received = (message: LinkMessage): void => {
    const { terminalId } = identity;
    if (message.topic === hubTopic(partitionOf(terminalId))) hubSays(message.payload);
    else if (message.topic === downTopic(terminalId, 'cmd')) {
      // A command is never retained (PR-18): a retained one is somebody's mistake or malice.
      if (!message.retained) deps.onCommand(message.payload);
    } else if (message.topic === downTopic(terminalId, 'cfg')) deps.onConfig(message.payload);
    else if (message.topic === downTopic(terminalId, 'ack')) {
      const read = decodeAck(message.payload);
      if (read.ok) lanes.ack(read.value);
      else log.warn({ code: read.error.code }, 'unreadable ack');
    }
  };

  /** One connection from connect to its end; answers why it ended. */
  const connection = async (): Promise<string> => {
    const own = base64url.encode(random.bytes(12));
    const down = new Promise<string>((resolve) => {
      goneDown = resolve;
    });
    const { terminalId } = identity;
    const granted = await link.connect({
      clientId: terminalId,
      subscriptions: terminalSubscriptions(terminalId),
      will: { topic: upTopic(terminalId, 'st'), payload: encode(presence(own, false)), retain: true },
    });
    if (!granted.ok) return granted.error.code;
    if (stopping.signal.aborted) return 'stopping';
    session = own;
    connected = true;
    connectedAt = clock.monotonic();
    deps.onChange();
    if (await send(upTopic(terminalId, 'st'), presence(own, true), true)) {
      lanes.useSession(own);
      heartbeat();
      lanes.pump();
    }
    return down;
  };

  const leave = async (): Promise<void> => {
    const own = session;
    connected = false;
    session = null;
    goneDown = null;
    cancelHeartbeat();
    lanes.useSession(null);
    if (own !== null && stopping.signal.aborted)
      await link.publish(upTopic(identity.terminalId, 'st'), encode(presence(own, false)), {
        retain: true,
        qos: 1,
      });
    await link.close();
    deps.onChange();
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      renewed = false;
      const reason = await connection();
      if (connectedAt !== null) brief = clock.monotonic() - connectedAt < STEADY_MS ? brief + 1 : 0;
      connectedAt = null;
      await leave();
      if (stopping.signal.aborted) return;
      const turnedAway =
        !renewed && (REFUSALS.includes(reason) || (refused !== null && refused !== 'session_stale'));
      const wait = turnedAway
        ? backOff(failures, random, LONG_REFUSAL.first, LONG_REFUSAL.longest)
        : backOff(Math.max(failures, brief - 1), random, undefined, deps.longestWait);
      failures += 1;
      if (REFUSALS.includes(reason) && told !== reason)
        log.error({ reason, waitMs: wait }, 'the broker is not to be had for this terminal');
      else log.info({ reason, waitMs: wait }, 'no connection to the broker');
      told = reason;
      if (reason === 'link_untrusted') deps.onUntrusted();
      await clock.sleep(milliseconds(wait), stopping.signal);
    }
  };

  link.onMessage(received);
  link.onDown(drop);

  return {
    start: () => {
      finished = run();
    },
    stop: async () => {
      stopping.abort();
      drop('stopping');
      await finished;
    },
    reconnect: () => {
      renewed = true;
      drop('another certificate');
    },
    wake: lanes.pump,
    status: () => ({ connected, lastContact, refused }),
  };
}
