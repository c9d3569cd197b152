import { createServer } from 'node:http';
import type { Ingest } from '#hub/app/ingest/ingest.ts';
import type { Backups } from '#hub/ports/backups.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { readWatchedFacts } from './facts.ts';
import type { PrometheusMetrics } from './prometheus.ts';

export interface MetricsDeps {
  readonly db: HubDatabase;
  readonly backups: Pick<Backups, 'list'>;
  readonly ingest: Pick<Ingest, 'waiting'>;
  readonly partitions: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Whoever asks gets figures of the last look within this time: several watchers cost the database no more than one. */
const FRESH_MS = 1000;

/**
 * Serves `/metrics` on loopback only (SEC-9): Prometheus' agent stands on this machine, or a proxy of the operator's asks. Fault:
 * `hub_port_taken`, `hub_not_listening`.
 */
export async function listenMetrics(
  metrics: PrometheusMetrics,
  port: number,
  deps: MetricsDeps,
): Promise<Result<{ readonly address: string; close(): Promise<void> }, Fault>> {
  let last: { readonly at: number; readonly text: Promise<string> } | null = null;
  const look = async (): Promise<string> => {
    const now = deps.clock.now();
    const facts = await readWatchedFacts(deps.db, deps.backups, now).catch((error: unknown) => {
      deps.log.warn({ error: String(error) }, 'metrics without the database');
      return null;
    });
    return metrics.scrape(
      { waitingBatches: deps.ingest.waiting(), partitions: deps.partitions() },
      facts,
      now,
    );
  };
  const text = (): Promise<string> => {
    const at = deps.clock.monotonic();
    if (last === null || at - last.at >= FRESH_MS) last = { at, text: look() };
    return last.text;
  };
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    text().then(
      (body) => response.writeHead(200, { 'content-type': metrics.contentType }).end(body),
      (error: unknown) => {
        deps.log.error({ error: String(error) }, 'metrics could not be told');
        response.writeHead(500).end();
      },
    );
  });
  const failed = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => resolve(null));
  });
  if (failed !== null)
    return fault(failed.code === 'EADDRINUSE' ? 'hub_port_taken' : 'hub_not_listening', failed.message, {
      port,
    });
  return ok({
    address: `http://127.0.0.1:${port}/metrics`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  });
}
