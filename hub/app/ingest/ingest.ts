import type { Adoption } from '#hub/app/enrolment/adoption.ts';
import { type HubDatabase, isPassing } from '#hub/ports/database.ts';
import { type HubMetrics, noMetrics } from '#hub/ports/metrics.ts';
import type { LaneKey } from '#hub/ports/stores.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import { namesIn } from '#shared/protocol/correlation.ts';
import type { Heard, IngestRules } from './apply-one.ts';
import { readAndEnsure } from './certificate.ts';
import { commitGroup, type LaneStanding, type ReceivedBatch } from './commit-group.ts';
import { eventReader } from './documents.ts';

export interface IngestDeps {
  readonly db: HubDatabase;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly trust: FleetTrust;
  readonly rewards: RewardRules;
  /** `HubSecrets.challengeKey`. */
  readonly challengeKey: Uint8Array;
  /** Absent: nothing is counted. */
  readonly metrics?: HubMetrics;
  /** What a restored hub has forgotten; absent: nothing. */
  readonly adoption?: Adoption;
  /** For benchmarks: those of `IngestRules`. */
  readonly passed?: NonNullable<IngestRules['passed']>;
  readonly oneByOne?: boolean;
}

/** Batches wait here at most; what comes beyond is not taken, and its terminal sends it again (PR-12). */
const QUEUE_LIMIT = 2000;
/** Events in one commit: long transactions make everybody wait. */
const GROUP_EVENTS = 1000;
const RETRY_MS = [50, 200, 1000, 5000] as const;

export interface Ingest {
  readonly rules: IngestRules;
  /** Resolves after the commit; null: not taken (too much waits, or the hub is stopping). */
  accept(received: ReceivedBatch): Promise<LaneStanding | null>;
  /** Batches that wait for their commit. */
  waiting(): number;
  /** Where the lanes of terminals stand, for acks of births and heartbeats (PR-10): both lanes of each, in the order asked. */
  standings(
    of: readonly { readonly terminalId: TerminalId; readonly epoch: string }[],
  ): Promise<readonly LaneStanding[]>;
  start(): void;
  /** Lets the running commit end; what waits is answered with null. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly received: ReceivedBatch;
  /** Decoded and verified before its turn. */
  readAhead: boolean;
  /** Monotonic, milliseconds. */
  readonly since: number;
  readonly done: (standing: LaneStanding | null) => void;
}

/** OPS-4: what concerns a rental, a return or an order by name; the rest only for who looks closely. */
function noteHeard(log: Log, { terminalId, event, outcome }: Heard): void {
  const names = namesIn(event.data);
  const fields = {
    ...{ event: event.id, kind: event.kind.slice(0, 64), terminal: terminalId },
    ...{ boot: event.stamp.bootId, outcome, ...names },
  };
  if (outcome !== 'applied') log.warn(fields, 'event buried');
  else if (Object.keys(names).length > 0) log.info(fields, 'event applied');
  else log.debug(fields, 'event applied');
}

/** The hub's way in for events: groups what waits into commits, one after the other, and tries again while the database is away. */
export function createIngest(deps: IngestDeps): Ingest {
  const rules: IngestRules = {
    clock: deps.clock,
    random: deps.random,
    rewards: deps.rewards,
    challengeKey: deps.challengeKey,
    read: readAndEnsure(eventReader(deps.trust), deps.adoption ?? null),
    heard: (heard) => noteHeard(deps.log, heard),
    ...(deps.passed === undefined ? {} : { passed: deps.passed }),
    ...(deps.oneByOne === undefined ? {} : { oneByOne: deps.oneByOne }),
  };
  const metrics = deps.metrics ?? noMetrics;
  const secondsSince = (start: number): number => (deps.clock.monotonic() - start) / 1000;
  const queue: Waiting[] = [];
  const stopping = new AbortController();
  let wake: (() => void) | null = null;
  let committing = false;
  let running: Promise<void> | null = null;

  /** The batches of the next commit, which wait first in the queue. */
  const nextGroup = (): readonly Waiting[] => {
    let events = 0;
    let taken = 0;
    for (const { received } of queue) {
      events += received.batch.events.length;
      if (taken > 0 && events > GROUP_EVENTS) break;
      taken += 1;
    }
    return queue.slice(0, taken);
  };

  let reading = false;
  /** Reads the next group batch by batch while the database works on the one before. Its commit reads again, out of the reader's memory, and meets what fails. */
  const readAhead = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    for (;;) {
      // Others have their turn in between: a signature takes the processor.
      await deps.clock.sleep(milliseconds(0), stopping.signal);
      const next = nextGroup().find((waiting) => !waiting.readAhead);
      if (next === undefined || stopping.signal.aborted) break;
      next.readAhead = true;
      const { batch, packetBytes } = next.received;
      await Promise.allSettled(batch.events.map((event) => rules.read(event, null, packetBytes)));
    }
    reading = false;
  };

  const commit = async (group: readonly Waiting[]): Promise<readonly LaneStanding[] | null> => {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const start = deps.clock.monotonic();
      try {
        const standings = await commitGroup(
          deps.db,
          rules,
          group.map(({ received }) => received),
        );
        metrics.committed({
          batches: group.length,
          kinds: group.flatMap(({ received }) => received.batch.events.map((event) => event.kind)),
          seconds: secondsSince(start),
        });
        return standings;
      } catch (error) {
        if (!isPassing(error)) {
          metrics.commitFailed();
          // A commit that fails as a whole and not for a passing reason is a bug: its terminals send again after their time-out.
          deps.log.error(
            { error: String(error), batches: group.length },
            'a group of batches could not be committed',
          );
          return null;
        }
        metrics.commitTriedAgain();
        const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 5000;
        deps.log.warn({ error: String(error), wait }, 'the database is away, trying again');
        await deps.clock.sleep(milliseconds(wait), stopping.signal);
      }
    }
    return null;
  };

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (queue.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = null;
        continue;
      }
      const group = queue.splice(0, nextGroup().length);
      committing = true;
      const committed = commit(group);
      void readAhead();
      const standings = (await committed) ?? [];
      committing = false;
      for (const { received, since, done } of group) {
        metrics.waited(secondsSince(since));
        const { terminal, epoch, lane } = received.batch;
        done(
          standings.find(
            (each) => each.terminalId === terminal && each.epoch === epoch && each.lane === lane,
          ) ?? null,
        );
      }
    }
  };

  return {
    rules,
    accept(received) {
      if (stopping.signal.aborted) return Promise.resolve(null);
      if (queue.length >= QUEUE_LIMIT) {
        metrics.turnedAway();
        return Promise.resolve(null);
      }
      return new Promise((done) => {
        queue.push({ received, readAhead: false, since: deps.clock.monotonic(), done });
        if (committing) void readAhead();
        wake?.();
      });
    },
    waiting: () => queue.length,
    async standings(of) {
      const match = { terminalId: of.map((one) => one.terminalId), epoch: of.map((one) => one.epoch) };
      const rows = await deps.db.stores.cursors.list(match, { limit: 2 * of.length * of.length });
      const place = (key: Omit<LaneKey, 'lane'> & { readonly lane: number }) =>
        `${key.terminalId} ${key.epoch} ${key.lane}`;
      const contiguous = new Map(rows.map((row) => [place(row), row.contiguous]));
      return of.flatMap((one) =>
        ([0, 1] as const).map((lane) => ({
          ...one,
          lane,
          contiguous: contiguous.get(place({ ...one, lane })) ?? -1,
          conflict: false,
        })),
      );
    },
    start() {
      running = loop();
    },
    async stop() {
      stopping.abort();
      wake?.();
      await running;
      for (const { done } of queue.splice(0)) done(null);
    },
  };
}
