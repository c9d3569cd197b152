import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HubMetrics } from '#hub/ports/metrics.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { isEventKind } from '#shared/protocol/events.ts';
import type { WatchedFacts } from './facts.ts';

/** What only the running process knows, asked at each scrape. */
export interface Standing {
  /** Batches that wait for their commit. */
  readonly waitingBatches: number;
  /** Partitions of the fleet whose events this hub takes (OPS-5). */
  readonly partitions: number;
}

export interface PrometheusMetrics extends HubMetrics {
  /**
   * Everything in Prometheus' text format 0.0.4. `facts` null: the database does not answer, which is told as such
   * (`keyturn_database_up 0`), and its figures are absent rather than old.
   */
  scrape(standing: Standing, facts: WatchedFacts | null, now: EpochMs): Promise<string>;
  readonly contentType: string;
}

/** From a quick answer on the local network to one that somebody gave up on. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * The hub's metrics for Prometheus (OPS-4), in a registry of its own so that several hubs live in one process. Names and units follow
 * https://prometheus.io/docs/practices/naming/: base units, `_total` on counters. Labels have a closed set of values.
 */
export function prometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers });
  const seconds = (name: string, help: string, ...labelNames: string[]) =>
    new Histogram({ name, help, labelNames, buckets: SECONDS, registers });

  const ingest = {
    events: counter('keyturn_ingest_events_total', 'Events committed, repeated ones too.', 'kind'),
    batches: counter('keyturn_ingest_batches_total', 'Batches committed.'),
    commit: seconds('keyturn_ingest_commit_seconds', 'One commit of a group of batches.'),
    wait: seconds('keyturn_ingest_wait_seconds', 'From the arrival of a batch to its commit.'),
    again: counter(
      'keyturn_ingest_retries_total',
      'Commits tried again because the database was away or busy.',
    ),
    failed: counter(
      'keyturn_ingest_failures_total',
      'Groups that could not be committed: a fault of the hub.',
    ),
    away: counter('keyturn_ingest_turned_away_total', 'Batches not taken because too much waited already.'),
    waiting: gauge('keyturn_ingest_waiting_batches', 'Batches that wait for their commit.'),
  };
  const http = seconds(
    'keyturn_http_request_seconds',
    'Requests answered.',
    'door',
    'method',
    'route',
    'status',
  );
  const jobs = {
    seconds: seconds('keyturn_job_seconds', 'Runs of a job that ended well.', 'job'),
    failures: counter('keyturn_job_failures_total', 'Runs of a job that failed.', 'job'),
  };
  const partitions = gauge('keyturn_partitions_held', 'Partitions of the fleet that this hub serves.');
  const up = gauge('keyturn_database_up', '1 while the database answers.');
  const counted = {
    terminals: gauge('keyturn_terminals', 'Terminals of the fleet.', 'role', 'online'),
    rentals: gauge('keyturn_rentals', 'Rentals by state.', 'status'),
    deadLetters: gauge(
      'keyturn_dead_letters',
      'Events that could not be applied and wait for staff.',
      'state',
    ),
    alerts: gauge('keyturn_alerts_open', 'Alerts that nobody has cleared.', 'severity'),
  };
  const told = {
    overdue: gauge('keyturn_rentals_overdue', 'Open rentals whose due moment has passed.'),
    conflicts: gauge(
      'keyturn_sequence_conflicts',
      'Sequence numbers that came again with another event, unsettled.',
    ),
    secondPerson: gauge('keyturn_second_person_waiting', 'Acts that wait for a second person.'),
    checkpoint: gauge(
      'keyturn_log_checkpoint_age_seconds',
      'Age of the newest signed checkpoint of the log.',
    ),
    backup: gauge('keyturn_backup_age_seconds', 'Age of the newest backup.'),
  };

  const tell = (facts: WatchedFacts, now: EpochMs): void => {
    for (const { role, online, count } of facts.terminals)
      counted.terminals.set({ role, online: `${online}` }, count);
    for (const { status, count } of facts.rentals) counted.rentals.set({ status }, count);
    told.overdue.set(facts.overdue);
    for (const { state, count } of facts.deadLetters) counted.deadLetters.set({ state }, count);
    told.conflicts.set(facts.conflicts);
    for (const { severity, count } of facts.alerts) counted.alerts.set({ severity }, count);
    told.secondPerson.set(facts.secondPerson);
    if (facts.checkpointAt !== null) told.checkpoint.set((now - facts.checkpointAt) / 1000);
    if (facts.backupAt !== null) told.backup.set((now - facts.backupAt) / 1000);
  };

  return {
    contentType: registry.contentType,
    committed: (group) => {
      ingest.batches.inc(group.batches);
      ingest.commit.observe(group.seconds);
      for (const kind of group.kinds) ingest.events.inc({ kind: isEventKind(kind) ? kind : 'unknown' });
    },
    waited: (time) => ingest.wait.observe(time),
    commitTriedAgain: () => ingest.again.inc(),
    commitFailed: () => ingest.failed.inc(),
    turnedAway: () => ingest.away.inc(),
    answered: ({ door, method, route, status, seconds: time }) =>
      http.observe({ door, method, route, status: `${status}` }, time),
    job: ({ name, seconds: time, failed }) => {
      if (failed) jobs.failures.inc({ job: name });
      else jobs.seconds.observe({ job: name }, time);
    },
    async scrape(standing, facts, now) {
      ingest.waiting.set(standing.waitingBatches);
      partitions.set(standing.partitions);
      up.set(facts === null ? 0 : 1);
      // Nothing old is told, and no 0 that nobody counted: a gauge without labels goes away only when it is removed.
      for (const each of Object.values(counted)) each.reset();
      for (const each of Object.values(told)) each.remove();
      if (facts !== null) tell(facts, now);
      return registry.metrics();
    },
  };
}
