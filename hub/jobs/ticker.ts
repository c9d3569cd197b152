import { type HubDatabase, isPassing } from '#hub/ports/database.ts';
import { type HubMetrics, noMetrics } from '#hub/ports/metrics.ts';
import { epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';

/** A duty of the hub that time alone brings up. `run` decides by the clock what is due, may be repeated, and answers how much it did. */
export interface Job {
  readonly name: string;
  readonly every: Milliseconds;
  run(): Promise<number>;
}

export interface Ticker {
  start(): void;
  /** Runs what is due now; for tests and for the command line. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

const TICK = milliseconds(5000);
/** The lease of the jobs outlasts this many ticks. */
const LEASE_TICKS = 12;

/**
 * Runs jobs by the clock, at one hub at a time (lease `jobs`). A job that fails is logged and comes up again at its next time: all of
 * them find what is due in the database, so nothing is lost by a missed run.
 */
export function createTicker(deps: {
  readonly db: HubDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: string;
  readonly jobs: readonly Job[];
  /** Default 5 s. */
  readonly every?: Milliseconds;
  readonly metrics?: HubMetrics;
}): Ticker {
  const { db, clock, log, holder, jobs, every = TICK, metrics = noMetrics } = deps;
  const dueAt = new Map<string, number>();
  let cancel: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const runDue = async (): Promise<void> => {
    const now = clock.now();
    if ((await db.stores.leases.acquire('jobs', holder, now, epochMs(now + LEASE_TICKS * every))) === null)
      return;
    for (const job of jobs) {
      if (stopped || clock.monotonic() < (dueAt.get(job.name) ?? 0)) continue;
      const start = clock.monotonic();
      const ended = (failed: boolean): void =>
        metrics.job({ name: job.name, seconds: (clock.monotonic() - start) / 1000, failed });
      dueAt.set(job.name, start + job.every);
      try {
        const done = await job.run();
        ended(false);
        if (done > 0) log.info({ job: job.name, done }, 'a job did its work');
      } catch (error) {
        ended(true);
        // What passes is the database's own to tell; the metrics count it all the same.
        const level = isPassing(error) ? 'warn' : 'error';
        log[level]({ job: job.name, error: String(error) }, 'a job failed and comes up again');
      }
    }
  };
  const tick = (): Promise<void> => {
    running = running.then(runDue).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'jobs wait for the database');
    });
    return running;
  };
  const schedule = (): void => {
    if (!stopped) cancel = clock.after(every, () => void tick().then(schedule));
  };
  return {
    start: schedule,
    tick,
    async stop() {
      stopped = true;
      cancel?.();
      await running;
      await db.stores.leases.release('jobs', holder, clock.now()).catch(() => undefined);
    },
  };
}
