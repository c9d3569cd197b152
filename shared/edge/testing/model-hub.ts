import { assert } from '#shared/kernel/assert.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { LinkMessage } from '#shared/ports/message-link.ts';
import {
  decodeBatch,
  decodeHeartbeat,
  decodePresence,
  encode,
  OUR_VERSION,
} from '#shared/protocol/decode.ts';
import type { Ack, Batch, Lane } from '#shared/protocol/envelope.ts';
import { downTopic, hubTopic, parseTopic, partitionOf } from '#shared/protocol/topics.ts';
import type { Rejection } from '#shared/protocol/version.ts';

interface Cursor {
  contiguous: number;
  readonly inbox: Map<number, string>;
}

/** What a backup of the model hub holds. */
interface HubState {
  readonly cursors: Map<string, Cursor>;
  /** Ids in the order in which they were applied, by lane. */
  readonly applied: Record<Lane, string[]>;
}

/** The hub's side of SPEC.md in its smallest true form, for tests of terminals. */
export interface ModelHub {
  /** Takes one message from a terminal. */
  take(message: LinkMessage): void;
  /** Answers on their way to the terminal. */
  readonly down: LinkMessage[];
  applied(lane: Lane): readonly string[];
  /** Declared gaps of lane 1. */
  gaps(): number;
  backup(): HubState;
  /** Comes back from a backup with a new timeline (SYN-6). */
  restore(state: HubState, timeline: string): void;
  /** A new lease generation (another hub of the fleet takes the partition). */
  takeOver(): void;
  /** Refuses batches, or the terminal outright, for this reason until told otherwise. */
  refuseWith(rejection: Rejection | null): void;
  /** Everything a terminal ever asked; newest last. */
  readonly heartbeats: unknown[];
  online(): boolean;
}

export function modelHub(clock: Clock, terminal: TerminalId, window = 400): ModelHub {
  let state: HubState = { cursors: new Map(), applied: { 0: [], 1: [] } };
  let timeline = 'timeline-1';
  let generation = 1;
  let refusal: Rejection | null = null;
  let gaps = 0;
  let born: { session: string; epoch: string; online: boolean } | null = null;
  const down: LinkMessage[] = [];
  const heartbeats: unknown[] = [];

  const cursor = (epoch: string, lane: Lane): Cursor => {
    const key = `${epoch}/${lane}`;
    const known = state.cursors.get(key) ?? { contiguous: -1, inbox: new Map<number, string>() };
    state.cursors.set(key, known);
    return known;
  };

  const answer = (
    lane: Lane,
    about: { session: string; epoch: string },
    sentAt: Ack['clock']['sentAt'],
    rejection: Rejection | null,
  ): void => {
    const message: Ack = {
      version: OUR_VERSION,
      timeline,
      session: about.session,
      epoch: about.epoch,
      lane,
      contiguous: cursor(about.epoch, lane).contiguous,
      window,
      rejection,
      clock: { sentAt, receivedAt: clock.now(), answeredAt: clock.now() },
    };
    down.push({ topic: downTopic(terminal, 'ack'), payload: encode(message), retained: false });
  };

  /** Reasons that concern the terminal itself meet its birth and heartbeats too. */
  const outright = (): Rejection | null =>
    refusal === 'too_large' || refusal === 'epoch_conflict' ? null : refusal;

  const apply = (batch: Batch): Rejection | null => {
    const { contiguous, inbox } = cursor(batch.epoch, batch.lane);
    for (const event of batch.events) {
      const known = inbox.get(event.sequence);
      if (known !== undefined && known !== event.id) return 'epoch_conflict';
      inbox.set(event.sequence, event.id);
    }
    let next = contiguous + 1;
    if (batch.firstHeld > next) {
      assert(batch.lane === 1, 'lane 0 never has a gap (PR-16)');
      gaps += 1;
      next = batch.firstHeld;
    }
    const order = state.applied[batch.lane];
    for (let id = inbox.get(next); id !== undefined; id = inbox.get(next)) {
      if (!order.includes(id)) order.push(id);
      next += 1;
    }
    cursor(batch.epoch, batch.lane).contiguous = next - 1;
    return null;
  };

  return {
    down,
    heartbeats,
    take: (message) => {
      const topic = parseTopic(message.topic);
      assert(topic?.kind === 'up' && topic.terminal === terminal, 'a terminal writes its own topics only');
      if (topic.channel === 'st') {
        const presence = decodePresence(message.payload);
        assert(presence.ok, 'presence');
        const { session, epoch, online } = presence.value;
        if (!online && born?.session !== session) return;
        born = { session, epoch, online };
        for (const lane of [0, 1] as const) answer(lane, born, presence.value.at, outright());
      } else if (topic.channel === 'tm') {
        const heartbeat = decodeHeartbeat(message.payload);
        assert(heartbeat.ok, 'heartbeat');
        heartbeats.push(heartbeat.value);
        if (born === null) return;
        for (const lane of [0, 1] as const) answer(lane, born, heartbeat.value.sentAt, outright());
      } else {
        const batch = decodeBatch(message.payload);
        assert(batch.ok, `batch: ${batch.ok ? '' : batch.error.message}`);
        const stale = born !== null && born.session !== batch.value.session ? 'session_stale' : null;
        const rejection = refusal ?? stale ?? apply(batch.value);
        answer(batch.value.lane, batch.value, batch.value.sentAt, rejection);
      }
    },
    applied: (lane) => state.applied[lane],
    gaps: () => gaps,
    backup: () => structuredClone(state),
    restore: (backup, newTimeline) => {
      state = structuredClone(backup);
      timeline = newTimeline;
    },
    takeOver: () => {
      generation += 1;
      const record = {
        version: OUR_VERSION,
        partition: partitionOf(terminal),
        generation,
        timeline,
        at: clock.now(),
      };
      down.push({ topic: hubTopic(partitionOf(terminal)), payload: encode(record), retained: true });
    },
    refuseWith: (rejection) => {
      refusal = rejection;
    },
    online: () => born?.online ?? false,
  };
}
