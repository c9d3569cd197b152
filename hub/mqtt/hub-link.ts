import type { LaneStanding } from '#hub/app/ingest/commit-group.ts';
import type { Ingest } from '#hub/app/ingest/ingest.ts';
import type { Broker, BrokerMessage } from '#hub/ports/broker.ts';
import { type HubDatabase, isPassing } from '#hub/ports/database.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import {
  decodeBatch,
  decodeHeartbeat,
  decodePresence,
  encode,
  OUR_VERSION,
} from '#shared/protocol/decode.ts';
import type { Ack, HubRecord, Lane } from '#shared/protocol/envelope.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { downTopic, hubSubscriptions, hubTopic, parseTopic } from '#shared/protocol/topics.ts';
import type { Rejection } from '#shared/protocol/version.ts';
import { createHeartbeats } from './heartbeats.ts';
import { createPartitionLeases, type LeasePace, type PartitionLeases } from './leases.ts';
import { createOutgoing, type Outgoing } from './outgoing.ts';
import { createPresenceBook, createPresences } from './presence.ts';
import { storableText } from './storable.ts';

export interface HubLinkDeps {
  readonly db: HubDatabase;
  readonly broker: Broker;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly log: Log;
  /** Name of this hub process among all hubs. */
  readonly holder: string;
  readonly leasePace?: LeasePace;
  /** Answers the timeline of the database (`currentTimeline`). */
  timeline(): Promise<string>;
}

export interface HubLink {
  readonly leases: PartitionLeases;
  /** Something waits for a terminal: a command or a configuration. */
  nudge(terminalId: TerminalId): void;
  start(): Promise<void>;
  /** Takes nothing more, lets what was taken be committed and acknowledged, gives the partitions back. */
  stop(): Promise<void>;
}

/** Messages of one terminal that wait at most; a terminal's window is far below it, so more is a flood. */
const PER_TERMINAL = 64;
/** After these the next order may go out. */
const ANSWERS: readonly string[] = ['command.state', 'config.applied'];

/**
 * The hub's end of the wire (SPEC PR-1 … PR-20): partitions by lease, births, heartbeats and batches in, acks, orders and configuration out. Each terminal's
 * messages are handled one after the other, terminals among each other at once.
 */
export function createHubLink(deps: HubLinkDeps): HubLink {
  const { db, broker, ingest, clock, log } = deps;
  const presence = createPresenceBook(db, clock);
  const outgoing: Outgoing = createOutgoing({ db, broker, clock, log });
  const heartbeats = createHeartbeats({ db, ingest, clock });
  const presences = createPresences({ db, ingest, clock }, presence);
  const chains = new Map<TerminalId, { tail: Promise<void>; length: number }>();
  let timeline = '';
  let stopping = false;

  const announce = async (partitions: readonly string[]): Promise<void> => {
    for (const partition of partitions) {
      const generation = leases.generation(partition);
      if (generation === null) continue;
      const record: HubRecord = { version: OUR_VERSION, partition, generation, timeline, at: clock.now() };
      await broker.publish(hubTopic(partition), encode(record), { retain: true });
    }
  };
  const leases = createPartitionLeases({
    db,
    clock,
    log,
    holder: deps.holder,
    ...(deps.leasePace === undefined ? {} : { pace: deps.leasePace }),
    async changed(gained, lost) {
      await broker.unsubscribe(lost.flatMap(hubSubscriptions));
      await broker.subscribe(gained.flatMap(hubSubscriptions));
      await announce(gained);
    },
  });

  const sendAck = async (
    to: {
      readonly terminal: TerminalId;
      readonly session: string;
      readonly epoch: string;
      readonly lane: Lane;
    },
    where: { readonly contiguous: number; readonly rejection: Rejection | null },
    times: { readonly sentAt: EpochMs; readonly receivedAt: EpochMs },
  ): Promise<void> => {
    const ack: Ack = {
      version: OUR_VERSION,
      timeline,
      session: to.session,
      epoch: to.epoch,
      lane: to.lane,
      contiguous: where.contiguous,
      window: LIMITS.window,
      rejection: where.rejection,
      clock: { ...times, answeredAt: clock.now() },
    };
    await broker.publish(downTopic(to.terminal, 'ack'), encode(ack));
  };

  const refuse = (
    terminal: TerminalId,
    rejection: Rejection,
    receivedAt: EpochMs,
    known?: { session: string; epoch: string; lane: Lane; sentAt: EpochMs },
  ) =>
    sendAck(
      { terminal, session: known?.session ?? '', epoch: known?.epoch ?? '', lane: known?.lane ?? 0 },
      { contiguous: -1, rejection },
      { sentAt: known?.sentAt ?? receivedAt, receivedAt },
    );

  /** One ack a lane: where it stands (PR-10). */
  const ackLanes = async (
    standings: readonly LaneStanding[],
    session: string,
    sentAt: EpochMs,
    receivedAt: EpochMs,
  ) => {
    for (const { terminalId: terminal, epoch, lane, contiguous } of standings)
      await sendAck(
        { terminal, session, epoch, lane },
        { contiguous, rejection: null },
        { sentAt, receivedAt },
      );
  };

  const onBatch = async (
    terminal: TerminalId,
    payload: Uint8Array,
    receivedAt: EpochMs,
  ): Promise<(() => Promise<void>) | null> => {
    const text = storableText(payload);
    const decoded = decodeBatch(text);
    if (!decoded.ok) {
      log.warn({ terminal, code: decoded.error.code, message: decoded.error.message }, 'a batch was refused');
      await refuse(terminal, decoded.error.code, receivedAt);
      return null;
    }
    const batch = decoded.value;
    const admission = await presence.admit(terminal, batch.terminal, batch.session);
    // What a revoked terminal sends over a connection that is still open is kept for staff (DESIGN §5); births and heartbeats are refused.
    if (admission !== null && admission !== 'revoked_terminal') {
      await refuse(terminal, admission, receivedAt, batch);
      return null;
    }
    const committed = ingest.accept({ batch, receivedAt, packetBytes: text.length });
    return async () => {
      const standing: LaneStanding | null = await committed;
      if (standing === null) return;
      const rejection = standing.conflict ? 'epoch_conflict' : null;
      await sendAck(
        batch,
        { contiguous: standing.contiguous, rejection },
        { sentAt: batch.sentAt, receivedAt },
      );
      if (batch.events.some((event) => ANSWERS.includes(event.kind))) await outgoing.advance(terminal);
    };
  };

  const onHeartbeat = async (
    terminal: TerminalId,
    payload: Uint8Array,
    receivedAt: EpochMs,
  ): Promise<void> => {
    const decoded = decodeHeartbeat(storableText(payload));
    if (!decoded.ok) return refuse(terminal, decoded.error.code, receivedAt);
    const beat = decoded.value;
    const admission = await presence.admit(terminal, beat.terminal, beat.session);
    const epoch = presence.epochOf(terminal) ?? '';
    if (admission !== null)
      return refuse(terminal, admission, receivedAt, {
        session: beat.session,
        epoch,
        lane: 0,
        sentAt: beat.sentAt,
      });
    const { standings, awaited } = await heartbeats({ beat, at: receivedAt, epoch });
    await ackLanes(standings, beat.session, beat.sentAt, receivedAt);
    if (awaited) await outgoing.advance(terminal);
  };

  const onPresence = async (
    terminal: TerminalId,
    payload: Uint8Array,
    receivedAt: EpochMs,
  ): Promise<void> => {
    const decoded = decodePresence(storableText(payload));
    if (!decoded.ok) return refuse(terminal, decoded.error.code, receivedAt);
    const told = decoded.value;
    if (told.terminal !== terminal) return refuse(terminal, 'identity_mismatch', receivedAt);
    const { outcome, standings, awaited } = await presences({ told, at: receivedAt });
    if (outcome === 'born') {
      await ackLanes(standings, told.session, told.at, receivedAt);
      if (awaited) await outgoing.advance(terminal);
    } else if (outcome !== 'gone' && outcome !== 'ignored') {
      await refuse(terminal, outcome, receivedAt, {
        session: told.session,
        epoch: told.epoch,
        lane: 0,
        sentAt: told.at,
      });
    }
  };

  /** Messages of one terminal in order; the wait for a commit is outside of that, so that its next batches join the same group. */
  const enqueue = (terminal: TerminalId, work: () => Promise<(() => Promise<void>) | null>): void => {
    const chain = chains.get(terminal) ?? { tail: Promise.resolve(), length: 0 };
    if (chain.length >= PER_TERMINAL) return;
    chain.length += 1;
    chains.set(terminal, chain);
    const failed = (error: unknown) => {
      // What is lost with the database away is said again: batches are resent, a birth follows the refusal of what comes without it.
      const level = isPassing(error) ? 'warn' : 'error';
      log[level]({ terminal, error: String(error) }, 'a message could not be handled');
    };
    chain.tail = chain.tail.then(async () => {
      let after: (() => Promise<void>) | null = null;
      try {
        after = await work();
      } catch (error) {
        failed(error);
      }
      const settle = () => {
        chain.length -= 1;
        if (chain.length === 0) chains.delete(terminal);
      };
      if (after === null) settle();
      else finishing.add(after().catch(failed).finally(settle));
    });
  };
  const finishing = trackedPromises();

  const onMessage = ({ topic, payload }: BrokerMessage): void => {
    if (stopping) return;
    const parsed = parseTopic(topic);
    if (parsed?.kind !== 'up' || leases.generation(parsed.partition) === null) return;
    const { terminal, channel } = parsed;
    const receivedAt = clock.now();
    if (channel === 'up') enqueue(terminal, () => onBatch(terminal, payload, receivedAt));
    else {
      const handle = channel === 'tm' ? onHeartbeat : onPresence;
      // A retained record that was cleared comes as an empty message and says nothing.
      if (payload.length > 0)
        enqueue(terminal, async () => {
          await handle(terminal, payload, receivedAt);
          return null;
        });
    }
  };

  return {
    leases,
    nudge: (terminalId) =>
      void outgoing
        .advance(terminalId)
        .catch((error: unknown) => log.warn({ error: String(error) }, 'a nudge failed')),
    async start() {
      timeline = await deps.timeline();
      broker.onMessage(onMessage);
      broker.onConnected(() => void announce(leases.held()));
      await leases.start();
    },
    async stop() {
      stopping = true;
      await Promise.all([...chains.values()].map((chain) => chain.tail));
      await finishing.all();
      await leases.stop();
    },
  };
}

function trackedPromises() {
  const open = new Set<Promise<void>>();
  return {
    add(promise: Promise<void>) {
      open.add(promise);
      void promise.finally(() => open.delete(promise));
    },
    all: async () => {
      await Promise.all(open);
    },
  };
}
