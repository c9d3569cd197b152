import { readFile } from 'node:fs/promises';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { type TerminalFigures, terminalMetrics } from '#shared/edge/drivers/terminal-metrics.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { EnvelopeEvent } from '#shared/protocol/envelope.ts';
import { freePort } from '#test/support/free-port.ts';
import { startTestHub, type TestHub } from './hub-harness.ts';
import { lane } from './hub-world.ts';

let hub: TestHub;
let port: number;
beforeAll(async () => {
  port = await freePort();
  hub = await startTestHub({ HUB_METRICS_PORT: port });
});
afterAll(() => hub.close());

/** What is told now: series → value. A second passes, since a look is kept for one. */
async function scrape(): Promise<Map<string, number>> {
  await hub.clock.advance(1000);
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))] as const;
      }),
  );
}

const FIGURES: TerminalFigures = {
  ...{ role: 'kiosk', software: '1.2.3', online: true, ready: false, driveErrors: 3 },
  queue: { lane0: 2, lane1: 5, oldestAt: epochMs(1_700_000_000_000) },
  storage: { totalBytes: 100, freeBytes: 40 },
  cache: { bytes: 30, titles: 2, fetching: 0 },
  now: epochMs(1_700_000_090_000),
  certificateUntil: epochMs(1_800_000_000_000),
  stamp: { clockOffset: -1500, clockError: 20 },
};

/** Names of metrics in a query, as Prometheus' own grammar reads it; throws where it does not. */
function metricsIn(query: string): string[] {
  const names: string[] = [];
  parser.parse(query).iterate({
    enter: (node) => {
      if (node.type.isError) throw new TypeError(`no PromQL at ${node.from}: ${query}`);
      if (node.type.name === 'Identifier' && node.node.parent?.type.name === 'VectorSelector')
        names.push(query.slice(node.from, node.to));
    },
  });
  return names;
}

it('OPS-4: batches, requests and jobs are counted under closed labels; ids and names stand nowhere', async () => {
  const kiosk = await hub.terminal('kiosk', 'kiosk-metrics');
  const before = await scrape();
  const events = lane('kiosk-metrics', 1, 'metrics');
  const alert = { code: 'shelf_empty', subject: 'nobody-knows', message: 'made up', at: hub.clock.now() };
  events.add('alert.raised', alert, hub.clock.now());
  const { batch } = events.batch();
  const foreign = { ...batch.events[0], kind: 'made.up', sequence: 1, id: newId(hub.clock, systemRandom) };
  await hub.hub.inside().ingestQueue.accept({
    batch: { ...batch, last: 1, events: [...batch.events, foreign as EnvelopeEvent] },
    receivedAt: hub.clock.now(),
  });
  await hub.signInStaff();
  await hub.staff('/titles/0198c0de-0000-7000-8000-000000000000');
  await hub.staff('/no/such/place');
  await hub.hub.inside().ticker.tick();
  const after = await scrape();
  const grown = (series: string) => (after.get(series) ?? 0) - (before.get(series) ?? 0);

  expect(grown('keyturn_ingest_batches_total')).toBe(1);
  expect(grown('keyturn_ingest_events_total{kind="alert.raised"}')).toBe(1);
  expect(grown('keyturn_ingest_events_total{kind="unknown"}')).toBe(1);
  expect(grown('keyturn_ingest_wait_seconds_count')).toBe(1);
  const titled = '{door="public",method="GET",route="/api/v1/titles/:titleId",status="404"}';
  expect(grown(`keyturn_http_request_seconds_count${titled}`)).toBe(1);
  const none = '{door="public",method="GET",route="none",status="404"}';
  expect(grown(`keyturn_http_request_seconds_count${none}`)).toBe(1);
  const { terminals } = hub.hub.inside().db.stores;
  await terminals.patch({ terminalId: kiosk.terminalId }, { state: 'active', online: true });
  const connected = await scrape();
  expect(connected.get('keyturn_terminals{role="kiosk",online="true"}')).toBe(1);
  expect(connected.get('keyturn_terminals{role="return-terminal",online="true"}')).toBe(0);
  expect(after.get('keyturn_partitions_held')).toBeGreaterThan(0);
  expect([...after.keys()].some((series) => series.startsWith('keyturn_job_seconds_count'))).toBe(true);
  const told = [...after.keys()].join('\n');
  expect(told).not.toMatch(/nobody-knows|made|0198c0de/);
  expect(told).not.toContain(kiosk.terminalId);
});

it('OPS-4: rules and dashboard ask for what is served, in queries that Prometheus reads, and every alert says what to do', async () => {
  const hubs = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const terminals = await terminalMetrics(() => FIGURES).scrape();
  const served = `${hubs}\n${terminals}`
    .split('\n')
    .filter((line) => line.startsWith('# TYPE '))
    .map((line) => line.split(' '))
    .flatMap(([, , name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
  const { groups } = parse(await readFile('hub/metrics/alert-rules.yml', 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
  };
  const { panels } = JSON.parse(await readFile('hub/metrics/dashboard.json', 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const asked = [
    ...rules.map(({ expr }) => expr),
    ...shown.map((expr) => expr.replaceAll('$__rate_interval', '5m')),
  ];
  const names = new Set(asked.flatMap(metricsIn));

  expect([...names].filter((name) => name !== 'up' && !served.includes(name))).toEqual([]);
  const own = served.filter((name) => name.startsWith('keyturn_') && !/_(sum|bucket)$/.test(name));
  const family = (name: string) => name.replace(/_(count|sum|bucket)$/, '');
  const families = new Set([...names].map(family));
  expect(own.filter((name) => !families.has(family(name)))).toEqual([]);
  for (const { alert, annotations } of rules) {
    expect(annotations.summary, alert).toBeTruthy();
    expect(annotations.what_to_do, alert).toBeTruthy();
  }
  expect(() => metricsIn('rate(keyturn_rentals[5m]')).toThrow('no PromQL');
});

it('OPS-4: without its database the hub says so, and tells nothing old', async () => {
  await hub.hub.inside().db.close();
  const told = await scrape();
  expect(told.get('keyturn_database_up')).toBe(0);
  expect([...told.keys()].filter((series) => /^keyturn_(terminals|rentals|alerts)/.test(series))).toEqual([]);
  expect(told.has('keyturn_partitions_held')).toBe(true);
});

it('OPS-4: a terminal tells queue, disk, drive, certificate and clock in base units, nothing that it does not know, and a counter that never falls', async () => {
  let figures = FIGURES;
  const metrics = terminalMetrics(() => figures);
  await metrics.scrape();
  const told = await metrics.scrape();
  for (const line of [
    'info{role="kiosk",software="1.2.3"} 1',
    'online 1',
    'ready 0',
    'queue_events{lane="0"} 2',
    'queue_oldest_seconds 90',
    'store_free_bytes 40',
    'drive_errors_total 3',
    'certificate_expiry_timestamp_seconds 1800000000',
    'clock_offset_seconds -1.5',
  ])
    expect(told).toContain(`\nkeyturn_terminal_${line}\n`);
  figures = { ...FIGURES, stamp: { clockOffset: null, clockError: null } };
  expect(await metrics.scrape()).not.toMatch(/^keyturn_terminal_clock_/m);
});
