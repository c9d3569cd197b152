/** What one benchmark found, as its last line said it, and how it was asked. */
export interface BenchResult {
  readonly bench: string;
  readonly command: string;
  /** UTC, to the minute. */
  readonly date: string;
  readonly seconds: number;
  readonly hostTook: number;
  readonly loadBefore: number;
  readonly figures: Readonly<Record<string, unknown>>;
}

/** A row of the table: what others and the prototypes reached (measured before, on two cores), what is wanted, and where production's figures come from. */
interface Row {
  readonly what: string;
  readonly rival: string;
  readonly prototype: string;
  readonly bench: string;
  readonly goals: readonly Goal[];
}
interface Goal {
  readonly name: string;
  /** Into the JSON line; `lines.medium=disk&source=cache.ratio` takes the entry of a list that has these values. */
  readonly at: string;
  readonly unit?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const onto = (medium: string, source: string, field: string): string =>
  `lines.medium=${medium}&source=${source}.${field}`;
const written = (medium: string, cp: number, age: number): readonly Goal[] => [
  { name: '× cp, from the cache', at: onto(medium, 'cache', 'ratio'), atLeast: cp },
  { name: '× age', at: onto(medium, 'cache', 'ageRatio'), atLeast: age },
];

const atOneHub = (terminals: number): readonly Goal[] => {
  const at = (field: string): string => `lines.terminals=${terminals}&broker=embedded.${field}`;
  return [
    { name: `${terminals}: memory each`, at: at('kilobytesATerminal'), atMost: 70, unit: 'kB' },
    { name: 'offered', at: at('eventsPerSecond'), unit: 'events/s' },
    { name: 'taken in time', at: at('ratio') },
    { name: 'hub', at: at('hubCpuShare'), unit: 'cores' },
    { name: 'an event', at: at('hubCpuMillisAnEvent'), unit: 'CPU-ms' },
    { name: 'ack p50', at: at('ackMs.p50'), unit: 'ms' },
    { name: 'p99', at: at('ackMs.p99'), atMost: 15, unit: 'ms' },
    { name: 'storm', at: at('stormSeconds'), atMost: 120, unit: 's' },
    { name: 'of it the hub', at: at('stormHubCpuSeconds'), unit: 'CPU-s' },
  ];
};
const atRate = (
  broker: 'embedded' | 'mosquitto',
  eventsPerSecond: number,
  atMost: number,
): readonly Goal[] => {
  const at = (field: string): string =>
    `lines.terminals=20&broker=${broker}&eventsPerSecond=${eventsPerSecond}.${field}`;
  return [
    { name: `${broker}, ${eventsPerSecond} events/s: taken in time`, at: at('ratio') },
    { name: 'ack p50', at: at('ackMs.p50'), unit: 'ms' },
    { name: 'p99', at: at('ackMs.p99'), atMost, unit: 'ms' },
  ];
};
const onMosquitto = (hubs: number): readonly Goal[] => {
  const at = (field: string): string => `lines.terminals=1000&hubs=${hubs}&broker=mosquitto.${field}`;
  return [
    { name: `hubs ${hubs}: taken`, at: at('eventsPerSecondTaken'), unit: 'events/s' },
    { name: 'hubs', at: at('hubCpuShare'), unit: 'cores' },
    { name: 'an event', at: at('hubCpuMillisAnEvent'), unit: 'CPU-ms' },
    { name: 'ack p50', at: at('ackMs.p50'), unit: 'ms' },
    { name: 'p99', at: at('ackMs.p99'), atMost: 30, unit: 'ms' },
    { name: 'storm', at: at('stormSeconds'), atMost: 120, unit: 's' },
  ];
};

const ROWS: readonly Row[] = [
  {
    what: 'write an encrypted, verified copy, disk',
    rival: 'cp + sync 1.00, `age` 0.41–0.47',
    prototype: '0.96–1.03 (plain source), 92 MiB, 0.6–0.8 CPU-s/GB',
    bench: 'media-write',
    goals: [
      ...written('disk', 0.6, 1.8),
      { name: '× cp, plain source', at: onto('disk', 'plain', 'ratio'), atLeast: 0.9 },
      { name: 'CPU-s/GB', at: onto('disk', 'cache', 'cpuSecondsPerGb'), atMost: 1.5 },
      { name: 'CPU-s/GB, plain source', at: onto('disk', 'plain', 'cpuSecondsPerGb'), atMost: 0.85 },
      { name: 'most memory', at: onto('disk', 'cache', 'rssPeakMib'), atMost: 120, unit: 'MiB' },
    ],
  },
  {
    what: 'the same, medium of 1000 MB/s',
    rival: 'cp + sync 1.00',
    prototype: '–',
    bench: 'media-write',
    goals: written('1000 MB/s', 0.8, 1.25),
  },
  {
    what: 'the same, medium of 400 MB/s',
    rival: 'cp + sync 1.00, `age` 0.84',
    prototype: '1.10',
    bench: 'media-write',
    goals: written('400 MB/s', 1, 1.25),
  },
  {
    what: 'the same, medium of 100 MB/s',
    rival: 'cp + sync 1.00, `age` 0.95',
    prototype: '1.04',
    bench: 'media-write',
    goals: [
      ...written('100 MB/s', 1, 1.25),
      { name: 'two at once × one', at: onto('100 MB/s', 'cache', 'together'), atMost: 1.05 },
    ],
  },
  {
    what: 'read a copy',
    rival: '`age -d` 1.00; cp to /dev/null 1.00',
    prototype: '2.6–2.9 GB/s, 64 KiB at random p99 0.15 ms',
    bench: 'media-read',
    goals: [
      { name: '× age -d from memory', at: 'memory.ratio', atLeast: 1.2 },
      { name: 'from memory', at: 'memory.mbPerSecond', atLeast: 2000, unit: 'MB/s' },
      { name: 'slowest of its rounds', at: 'memory.slowestMbPerSecond', unit: 'MB/s' },
      { name: 'over HTTP', at: 'memory.httpMbPerSecond', unit: 'MB/s' },
      { name: 'first byte anywhere p99', at: 'memory.seekP99Ms', atMost: 20, unit: 'ms' },
      { name: '× cp at 400 MB/s', at: 'medium.cpRatio', atLeast: 0.9 },
    ],
  },
  {
    what: 'destroy a key',
    rival: '`shred` of 4 GiB 4.6 s',
    prototype: '0.32 ms at any size',
    bench: 'key-destroy',
    goals: [
      { name: 'p99, large over small', at: 'growth', atMost: 1.2 },
      { name: 'p50', at: 'largeMs', unit: 'ms' },
      { name: '× shred', at: 'ratio' },
    ],
  },
  {
    what: 'events, committed before the ack',
    rival: 'psql COPY of the same rows 282k/s',
    prototype: '64–87k/s inbox only; 40k/s with cursor and ledger',
    bench: 'ingest',
    goals: [
      { name: 'events/s', at: 'eventsPerSecond', atLeast: 40_000 },
      { name: '× COPY', at: 'ratio', atLeast: 0.14 },
      { name: 'COPY of these rows', at: 'copyEventsPerSecond', unit: 'events/s' },
      {
        name: '200 terminals',
        at: 'lines.terminals=200&database=postgres.eventsPerSecond',
        unit: 'events/s',
      },
      { name: 'PGlite', at: 'lines.database=pglite.eventsPerSecond', unit: 'events/s' },
    ],
  },
  {
    what: 'charging returns',
    rival: 'row by row 0.95k/s',
    prototype: '49k/s',
    bench: 'returns',
    goals: [
      { name: 'returns/s', at: 'returnsPerSecond', atLeast: 25_000 },
      { name: '× row by row', at: 'ratio', atLeast: 20 },
    ],
  },
  {
    what: 'terminals at one hub',
    rival: 'Mosquitto 1.0 kB idle, storm of 10,000 1.6 s (plain TCP)',
    prototype: 'aedes 13 kB, 3.2 s',
    bench: 'fleet',
    goals: [1000, 3000, 10_000].flatMap((terminals) => atOneHub(terminals)),
  },
  {
    what: 'an open loop of 20 terminals, from publish to ack (wanted: 5,000 events/s)',
    rival: '–',
    prototype: '–',
    bench: 'fleet',
    goals: [
      ...[100, 400, 1000].flatMap((rate) => atRate('embedded', rate, 15)),
      ...[100, 400, 1000].flatMap((rate) => atRate('mosquitto', rate, 30)),
    ],
  },
  {
    what: 'Mosquitto, 1,000 terminals, one hub and two',
    rival: '–',
    prototype: '–',
    bench: 'fleet',
    goals: [1, 2].flatMap((hubs) => onMosquitto(hubs)),
  },
  {
    what: 'ingest beside 10,000, 100,000, a million rentals',
    rival: '–',
    prototype: '–',
    bench: 'growth',
    goals: [
      ...[10_000, 100_000, 1_000_000].map((rentals) => ({
        name: `beside ${rentals}`,
        at: `lines.rentals=${rentals}.eventsPerSecond`,
        unit: 'events/s',
      })),
      { name: 'a million over 10,000', at: 'ratio', atLeast: 0.8 },
    ],
  },
  {
    what: 'next-item quality, NDCG@10, last one held out',
    rival: 'EASE 0.042, popularity 0.025',
    prototype: 'recency-weighted EASE 0.077',
    bench: 'recommend',
    goals: [
      { name: 'NDCG@10', at: 'lastOneOut.production' },
      { name: '× plain EASE', at: 'ratio', atLeast: 1.6 },
    ],
  },
  {
    what: 'recommendation model',
    rival: 'OpenBLAS 0.27 s',
    prototype: '1.0 s for 1,682 titles; update for one member 4.7 ms',
    bench: 'recommend',
    goals: [
      { name: 'training', at: 'trainingMs', atMost: 3000, unit: 'ms' },
      { name: 'one return', at: 'updateMs', atMost: 10, unit: 'ms' },
      { name: 'one list', at: 'listMs', atMost: 5, unit: 'ms' },
      { name: 'titles', at: 'titles' },
    ],
  },
  {
    what: 'search, all words, a million titles, p50/p99 ms',
    rival: 'PostgreSQL full text 0.40 / 6.1; ILIKE 224 / 409',
    prototype: '0.007 / 0.20 (index alone)',
    bench: 'search',
    goals: [
      { name: 'over HTTP p50', at: 'many.hub.p50', unit: 'ms' },
      { name: 'p99', at: 'many.hub.p99', unit: 'ms' },
      { name: 'index alone p50', at: 'many.indexAlone.p50', unit: 'ms' },
      { name: 'p99', at: 'many.indexAlone.p99', unit: 'ms' },
      { name: 'full text here p50', at: 'many.fullText.p50', unit: 'ms' },
      { name: 'p99', at: 'many.fullText.p99', unit: 'ms' },
      { name: 'memory', at: 'many.rssMibOfIndex', unit: 'MiB' },
    ],
  },
  {
    what: 'start',
    rival: '–',
    prototype: '–',
    bench: 'start',
    goals: [
      { name: '`npm start` to the first page', at: 'demo.seconds', unit: 's' },
      { name: 'hub', at: 'hub.seconds', unit: 's' },
      { name: 'hub', at: 'hub.mib', unit: 'MiB' },
      { name: 'kiosk', at: 'kiosk.seconds', unit: 's' },
      { name: 'kiosk at rest', at: 'kiosk.mib', atMost: 150, unit: 'MiB' },
      { name: 'return terminal', at: 'returnTerminal.seconds', unit: 's' },
      { name: 'return terminal', at: 'returnTerminal.mib', unit: 'MiB' },
    ],
  },
];

/** The table of results: what is missing is said to be missing, a goal that is not met is marked. */
export function pageOf(results: readonly BenchResult[], machine: readonly string[]): string {
  const found = new Map(results.map((result) => [result.bench, result]));
  const rows = ROWS.map(({ what, rival, prototype, bench, goals }) => {
    const figures = found.get(bench)?.figures;
    const production =
      figures === undefined ? 'not measured' : goals.flatMap((goal) => said(figures, goal)).join('; ');
    return `| ${what} | ${rival} | ${prototype} | ${production || 'not measured'} |`;
  });
  const commands = results.map(
    ({ bench, command, date, seconds, hostTook, loadBefore }) =>
      `| ${bench} | \`${command}\` | ${date} | ${seconds} s | ${loadBefore} | ${Math.round(hostTook * 1000) / 10} % |`,
  );
  return [
    ...machine.map((line) => `${line}  `),
    '',
    '| what | others, measured before | best prototype, measured before | production |',
    '|---|---|---|---|',
    ...rows,
    '',
    '**✗** marks a goal that was not met, with the goal behind it.',
    '',
    '| benchmark | command | UTC | took | load before | taken by the host |',
    '|---|---|---|---|---|---|',
    ...commands,
  ].join('\n');
}

function said(figures: Readonly<Record<string, unknown>>, goal: Goal): readonly string[] {
  const value = valueAt(figures, goal.at.split('.'));
  if (typeof value !== 'number') return [];
  const { name, unit, atLeast, atMost } = goal;
  const text = `${name} ${value}${unit === undefined ? '' : ` ${unit}`}`;
  if (atLeast !== undefined && value < atLeast) return [`${text} **✗** ≥ ${atLeast}`];
  return atMost !== undefined && value > atMost ? [`${text} **✗** ≤ ${atMost}`] : [text];
}

function valueAt(from: unknown, [step, ...further]: readonly string[]): unknown {
  if (step === undefined) return from;
  if (typeof from !== 'object' || from === null) return undefined;
  if (!Array.isArray(from)) return valueAt((from as Record<string, unknown>)[step], further);
  const wanted = step.split('&').map((condition) => condition.split('='));
  const entry = from.find((one: Record<string, unknown>) =>
    wanted.every(([name = '', value]) => String(one[name]) === value),
  );
  return valueAt(entry, further);
}
