import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Heartbeat, Stamp } from '#shared/protocol/envelope.ts';

/** What a terminal tells whoever watches over its machine, as it stands when it is asked. */
export interface TerminalFigures extends Pick<Heartbeat, 'queue' | 'storage' | 'cache' | 'software'> {
  readonly role: 'kiosk' | 'return-terminal';
  readonly now: EpochMs;
  readonly online: boolean;
  readonly ready: boolean;
  readonly certificateUntil: EpochMs;
  readonly stamp: Pick<Stamp, 'clockOffset' | 'clockError'>;
  /** Since the start of the program. */
  readonly driveErrors: number;
}

/**
 * A terminal's metrics for Prometheus (OPS-4), told at the address of its own screen, which only this machine reaches. Names and units follow
 * https://prometheus.io/docs/practices/naming/; no terminal, title or person stands in them (SEC-9): the watcher knows whom it asked.
 */
export function terminalMetrics(look: () => TerminalFigures): {
  readonly contentType: string;
  scrape(): Promise<string>;
} {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `keyturn_terminal_${name}`, help, labelNames, registers });
  const info = gauge('info', 'Always 1: what runs here.', 'role', 'software');
  const online = gauge('online', '1 while the hub has answered within the last three heartbeats.');
  const ready = gauge('ready', '1 while customers can be served.');
  const queued = gauge('queue_events', 'Events that wait for the hub; lane 0: money, keys, returns.', 'lane');
  const oldest = gauge('queue_oldest_seconds', 'How long the oldest of them waits.');
  const total = gauge('store_total_bytes', 'The disk that holds the store.');
  const free = gauge('store_free_bytes', 'What is free on it.');
  const cacheBytes = gauge('cache_bytes', 'Editions stored for rentals.');
  const cacheTitles = gauge('cache_titles', 'Titles stored for rentals.');
  const expiry = gauge('certificate_expiry_timestamp_seconds', 'When the certificate in use ends.');
  const offset = gauge('clock_offset_seconds', 'Hub time less own time; absent before the hub was heard.');
  const error = gauge('clock_error_seconds', 'The truth lies within ± of it.');
  const errors = new Counter({
    name: 'keyturn_terminal_drive_errors_total',
    help: 'Reading or writing a medium failed at the device.',
    registers,
  });
  /** Only where somebody watches: it observes the collector of memory. */
  let watched = false;
  return {
    contentType: registry.contentType,
    scrape: () => {
      if (!watched) collectDefaultMetrics({ register: registry });
      watched = true;
      const now = look();
      info.set({ role: now.role, software: now.software }, 1);
      online.set(now.online ? 1 : 0);
      ready.set(now.ready ? 1 : 0);
      queued.set({ lane: '0' }, now.queue.lane0);
      queued.set({ lane: '1' }, now.queue.lane1);
      oldest.set(now.queue.oldestAt === null ? 0 : Math.max(0, now.now - now.queue.oldestAt) / 1000);
      total.set(now.storage.totalBytes);
      free.set(now.storage.freeBytes);
      cacheBytes.set(now.cache.bytes);
      cacheTitles.set(now.cache.titles);
      expiry.set(now.certificateUntil / 1000);
      for (const [told, value] of [
        [offset, now.stamp.clockOffset],
        [error, now.stamp.clockError],
      ] as const)
        if (value === null) told.remove();
        else told.set(value / 1000);
      errors.reset();
      errors.inc(now.driveErrors);
      return registry.metrics();
    },
  };
}
