import { base64url } from 'jose';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import { OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Ack, Batch, Lane } from '#shared/protocol/envelope.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import type { Rejection } from '#shared/protocol/version.ts';
import type { HubClock } from './hub-clock.ts';
import { hubKnowledge, readAck, timelineKey } from './hub-position.ts';
import {
  afterAck,
  afterSending,
  afterTimeout,
  dueAt,
  type LaneSender,
  newSender,
  sendAgain,
  sendable,
} from './lane-sender.ts';
import type { EdgeStore } from './store.ts';

export interface LanesDeps {
  readonly store: EdgeStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hubClock: HubClock;
  readonly terminalId: Batch['terminal'];
  /** Hands a batch to the link, never waiting for the broker. */
  publish(batch: Batch): void;
  /** The store began a new epoch: birth and staff must hear of it. */
  epochChanged(why: 'hub_ahead' | 'hub_before_held' | 'epoch_conflict'): void;
  /** The hub refuses; whoever owns the connection decides when to try again. */
  rejected(rejection: Rejection): void;
  /** The hub answered in this session. */
  contact(): void;
}

/** Both lanes of the outbox on one connection: what goes out when, and what the hub's acks mean. */
export interface SyncLanes {
  /** A new connection: everything behind the acks goes again. Null: no connection, nothing goes. */
  useSession(session: string | null): void;
  /** Sends whatever may be sent now; lane 0 first (PR-9). */
  pump(): void;
  ack(message: Ack): void;
  /** A new generation or timeline of the hub (PR-20). */
  sendAgain(): void;
}

const LANES = [0, 1] as const;
/** A boot that does not know the hub's time yet waits this long for an answer that tells it, before it sends what only that answer would date (PR-26). */
const TIME_WITHIN_MS = milliseconds(5_000);
/** Room for the batch's own fields and for the packet's topic. */
const BATCH_BYTES = LIMITS.packetBytes - 8 * 1024;

export function createSyncLanes(deps: LanesDeps): SyncLanes {
  const { store, clock } = deps;
  const senders: Record<Lane, LaneSender> = {
    0: newSender(store.position(0).acked, LIMITS.window),
    1: newSender(store.position(1).acked, LIMITS.window),
  };
  const highestSent: Record<Lane, number> = { 0: -1, 1: -1 };
  const replaced = new Set<string>();
  let session: string | null = null;
  let batchEvents: number = LIMITS.batchEvents;
  let cancelTimer = (): void => {};
  let cancelWait = (): void => {};

  /** Until when nothing is sent, by the monotonic clock, so that the hub's time is known first; null: nothing is waited for. */
  let waitsUntil: number | null = null;
  const waits = (): boolean =>
    waitsUntil !== null && clock.monotonic() < waitsUntil && deps.hubClock.estimate() === null;

  const arm = (): void => {
    cancelTimer();
    const due = LANES.map((lane) => dueAt(senders[lane])).filter((at) => at !== null);
    if (session === null || due.length === 0) return;
    const wait = Math.max(0, Math.min(...due) - clock.monotonic());
    cancelTimer = clock.after(wait as ReturnType<Clock['monotonic']>, timedOut);
  };

  const timedOut = (): void => {
    for (const lane of LANES) {
      const due = dueAt(senders[lane]);
      if (due === null || due > clock.monotonic()) continue;
      deps.log.debug({ lane, vain: senders[lane].vain + 1 }, 'no ack of the hub in time, sending again');
      senders[lane] = afterTimeout(
        senders[lane],
        store.position(lane).acked,
        deps.random.below(1_000) / 1_000,
      );
    }
    pump();
  };

  const sendOne = (lane: Lane, openSession: string): boolean => {
    const position = store.position(lane);
    const range = sendable(senders[lane], position);
    if (range === null) return false;
    const events = store.read(lane, range.from, {
      events: Math.min(batchEvents, range.until - range.from + 1),
      bytes: BATCH_BYTES,
    });
    const last = events.at(-1);
    if (last === undefined) return false;
    const { deviceTime: sentAt, bootId, monotonic } = deps.hubClock.stamp();
    deps.hubClock.probe(sentAt);
    deps.publish({
      version: OUR_VERSION,
      terminal: deps.terminalId,
      session: openSession,
      epoch: store.epoch(),
      lane,
      firstHeld: position.firstHeld,
      last: position.last,
      sentAt,
      boot: { bootId, monotonic },
      events: events.map((event) => ({ ...event, stamp: deps.hubClock.dated(event.stamp) })),
    });
    senders[lane] = afterSending(senders[lane], last.sequence, clock.monotonic(), highestSent[lane]);
    highestSent[lane] = Math.max(highestSent[lane], last.sequence);
    return true;
  };

  const pump = (): void => {
    const openSession = session;
    if (openSession === null || waits()) return;
    for (const lane of LANES) while (session === openSession && sendOne(lane, openSession));
    arm();
  };

  const again = (): void => {
    for (const lane of LANES) senders[lane] = sendAgain(senders[lane], store.position(lane).acked);
  };

  const newEpoch = (why: 'hub_ahead' | 'hub_before_held' | 'epoch_conflict'): void => {
    store.beginEpoch(base64url.encode(deps.random.bytes(12)));
    for (const lane of LANES) highestSent[lane] = -1;
    again();
    deps.epochChanged(why);
    pump();
  };

  const refused = (rejection: Rejection): void => {
    if (rejection === 'epoch_conflict') newEpoch('epoch_conflict');
    else if (rejection === 'too_large' && batchEvents > 1) {
      batchEvents = Math.ceil(batchEvents / 2);
      again();
      pump();
    } else deps.rejected(rejection);
  };

  const heard = (lane: Lane, timeline: string, before: string | null): void => {
    if (before === timeline) return;
    if (before !== null) replaced.add(before);
    store.transaction((tx) => tx.put(hubKnowledge, timelineKey(lane), { timeline }));
  };

  return {
    useSession: (next) => {
      session = next;
      cancelTimer();
      cancelWait();
      again();
      waitsUntil = null;
      if (next === null || deps.hubClock.estimate() !== null) return;
      waitsUntil = clock.monotonic() + TIME_WITHIN_MS;
      cancelWait = clock.after(TIME_WITHIN_MS, pump);
    },
    pump,
    sendAgain: () => {
      again();
      pump();
    },
    ack: (message) => {
      const { lane } = message;
      const timeline = store.get(hubKnowledge, timelineKey(lane))?.timeline ?? null;
      const meaning = readAck(message, {
        session,
        epoch: store.epoch(),
        position: store.position(lane),
        timeline,
        replaced,
      });
      if (meaning.kind === 'ignore' && meaning.why === 'other_session') return;
      deps.hubClock.answer(message.clock);
      if (meaning.kind === 'rejected' && message.rejection !== null) refused(message.rejection);
      if (meaning.kind === 'rejected' || meaning.kind === 'ignore') return;
      deps.contact();
      if (meaning.kind === 'new_epoch') {
        newEpoch(meaning.why);
        return;
      }
      if (meaning.kind === 'rewind') {
        deps.log.warn(
          { lane, contiguous: meaning.contiguous },
          'the hub stands before its last ack: sending again',
        );
        store.rewind(lane, meaning.contiguous);
        senders[lane] = sendAgain(senders[lane], meaning.contiguous);
      } else {
        store.acknowledge(lane, meaning.contiguous, clock.now());
      }
      heard(lane, message.timeline, timeline);
      senders[lane] = afterAck(senders[lane], meaning.contiguous, message.window, clock.monotonic());
      pump();
    },
  };
}
