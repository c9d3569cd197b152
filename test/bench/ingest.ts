import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import { assert } from '#shared/kernel/assert.ts';
import { silentLog } from '#shared/ports/log.ts';
import { CHALLENGE_KEY, furnish, makeDevices, openHub, REWARDS } from '#test/contract/hub-world.ts';
import { type PostgresCluster, startPostgres } from '#test/support/real-parts.ts';
import { batchesOf, eventsIn, makeBacklog } from './support/backlog.ts';
import { bareSignatures, benchTime, documentsIn, type Processors, processors } from './support/ceiling.ts';
import { assertDurable } from './support/durable.ts';
import { median, round3 } from './support/figures.ts';
import { copied, inserted, type Rows } from './support/plain-rows.ts';
import { timed } from './support/timed-ingest.ts';
import { wholeNumbers } from './support/whole-numbers.ts';

/** Events a second. */
const GOAL = 40_000;

/**
 * `npm run bench -- ingest [--quick] [--setups TERMINALS[:pglite],…] [--rentals N] [--rounds N]`: whole rentals (started, accepted, destroyed, rated) of many terminals go
 * through the production ingest, signatures and all, into PostgreSQL with fsync on; then the very rows that this left in the database are
 * written again into bare tables of the same columns, keys and indexes by COPY and by plain multi-row INSERTs. `ratio`, of the first setup: our rows a second over those of COPY,
 * so more is faster. With PGlite, which never calls fsync, only the figure.
 */
export async function run({ quick, rest }: { quick: boolean; rest: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: {
      setups: { type: 'string', default: quick ? '4,4:pglite' : '20,200,20:pglite' },
      rentals: { type: 'string', default: quick ? '40' : '1000' },
      rounds: { type: 'string', default: quick ? '1' : '3' },
    },
  });
  const { rentals, rounds } = wholeNumbers({ rentals: values.rentals, rounds: values.rounds });
  const setups = values.setups.split(',').map(setupOf);
  const cluster = await startPostgres();
  try {
    const lines: object[] = [];
    for (const { terminals, database } of setups) {
      console.log(`${rounds} × ${rentals} rentals of ${terminals} terminals, ${database}`);
      const order = { rentals, terminals };
      const found =
        database === 'pglite' ? await onPglite(order, rounds) : await onPostgres(cluster, order, rounds);
      lines.push({ terminals, database, rentals, rounds, ...found });
    }
    const rssMib = Math.round(process.memoryUsage.rss() / 1_048_576);
    console.log(JSON.stringify({ bench: 'ingest', ...lines[0], lines, rssMib }));
  } finally {
    await cluster.stop();
  }
}

function setupOf(text: string): { readonly terminals: number; readonly database: 'postgres' | 'pglite' } {
  const [count = '', database = 'postgres'] = text.split(':');
  assert(database === 'postgres' || database === 'pglite', 'a setup names postgres or pglite');
  return { ...wholeNumbers({ terminals: count }), database };
}

interface Order {
  readonly rentals: number;
  readonly terminals: number;
}

async function onPostgres(cluster: PostgresCluster, order: Order, rounds: number) {
  const results: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const measured = await oneRound(await cluster.createDatabase(), order);
    results.push(measured);
    console.log(
      `round ${round + 1}: ingest ${Math.round(measured.ingestMs)} ms, COPY ${Math.round(measured.copyMs)} ms, INSERT ${Math.round(measured.insertMs)} ms, ${measured.rows} rows of ${measured.events} events; by themselves went ${JSON.stringify(Object.fromEntries(measured.passed))}`,
    );
  }
  const middle = results.toSorted((a, b) => a.ingestMs / a.copyMs - b.ingestMs / b.copyMs)[
    Math.floor(rounds / 2)
  ];
  assert(middle !== undefined, 'at least one round');
  return {
    ratio: round3(middle.copyMs / middle.ingestMs),
    ratioToInsert: round3(middle.insertMs / middle.ingestMs),
    events: middle.events,
    rows: middle.rows,
    eventsPerSecond: Math.round((middle.events * 1000) / middle.ingestMs),
    rowsPerSecond: Math.round((middle.rows * 1000) / middle.ingestMs),
    copyRowsPerSecond: Math.round((middle.rows * 1000) / middle.copyMs),
    ingestSeconds: round3(middle.ingestMs / 1000),
    copySeconds: round3(middle.copyMs / 1000),
    ...atMost(middle),
    passedPerEvent: round3([...middle.passed.values()].reduce((sum, n) => sum + n, 0) / middle.events),
  };
}

/** In a folder, as a hub of one shop has it. */
async function onPglite(order: Order, rounds: number) {
  const aSecond: number[] = [];
  let events = 0;
  for (let round = 0; round < rounds; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-ingest-'));
    const hub = await openHub({ folder: join(folder, 'database') });
    const taken = await takeIn(hub, order);
    await hub.db.close();
    rmSync(folder, { recursive: true });
    events = taken.events;
    aSecond.push((events * 1000) / taken.ms);
    console.log(`round ${round + 1}: ingest ${Math.round(taken.ms)} ms, ${events} events`);
  }
  return { events, eventsPerSecond: Math.round(median(aSecond)) };
}

/** What this machine could do at most, measured beside it, and how many cores like these the goal would take. */
function atMost({ events, copyMs, spent, signatures, signaturesASecond }: Measured) {
  const perEvent = (seconds: number) => Math.round((seconds * 1e6) / events);
  return {
    nodeMicrosecondsAnEvent: perEvent(spent.node),
    databaseMicrosecondsAnEvent: perEvent(spent.database),
    coresForGoal: Math.ceil((GOAL * (spent.node + spent.database)) / events),
    copyEventsPerSecond: Math.round((events * 1000) / copyMs),
    signaturesPerSecondAndCore: Math.round(signaturesASecond),
    eventsPerSecondAndCoreOfSignaturesAlone: Math.round((signaturesASecond * events) / signatures),
  };
}

interface Measured {
  readonly rows: number;
  readonly insertMs: number;
  readonly copyMs: number;
  readonly events: number;
  readonly ingestMs: number;
  /** Processor time of the ingest, its database and, beside it, of verifying the same documents with nothing around it. */
  readonly spent: Processors;
  readonly signatures: number;
  readonly signaturesASecond: number;
  /** Calls that the loaded rows of a group could not answer, by name. */
  readonly passed: ReadonlyMap<string, number>;
}

async function oneRound(
  database: { readonly url: string; drop(): Promise<void> },
  order: Order,
): Promise<Measured> {
  await assertDurable(database.url);
  const hub = await openHub({ url: database.url });
  const { ms: ingestMs, events, passed, batches, spent } = await takeIn(hub, order, database.url);
  assert(spent !== null, 'the server told its time');
  const insert = await inserted(database.url, ROWS);
  const copy = await copied(database.url, ROWS);
  assert(insert.rows === copy.rows, `${copy.rows} of ${insert.rows} rows were copied`);
  await hub.db.close();
  await database.drop();
  const documents = documentsIn(batches);
  return {
    ...{ events, ingestMs, passed, rows: copy.rows, insertMs: insert.ms, copyMs: copy.ms },
    ...{ spent, signatures: documents.length, signaturesASecond: bareSignatures(documents) },
  };
}

/** The backlog of an order into this hub's database; `url`: of its server, where processor time is asked for. */
async function takeIn(hub: Awaited<ReturnType<typeof openHub>>, order: Order, url?: string) {
  await furnish(hub.db);
  const devices = await makeDevices();
  const { starts, ends } = await makeBacklog(hub, devices, { name: 'b', ...order, rated: true });
  const batches = batchesOf([...starts, ...ends]);
  const passed = new Map<string, number>();
  const ingest = createIngest({
    ...{ db: hub.db, clock: benchTime(hub.clock), random: hub.random, log: silentLog },
    ...{ trust: devices.fleet.trust, rewards: REWARDS, challengeKey: CHALLENGE_KEY },
    passed: (call) => passed.set(call, (passed.get(call) ?? 0) + 1),
  });
  const before = url === undefined ? null : await processors(url);
  const ms = await timed(ingest, batches);
  const spent = url === undefined || before === null ? null : (await processors(url)).since(before);
  const bad = await hub.db.stores.deadLetters.list({}, { limit: 1 });
  assert(bad[0] === undefined, `every event is applied: ${bad[0]?.cause} ${bad[0]?.message}`);
  return { ms, events: eventsIn(batches), passed, batches, spent };
}

/** All that whole rentals leave. */
const ROWS: readonly Rows[] = [
  'inbox_events',
  'rentals',
  'returns',
  'receipts',
  'rental_timeline',
  'ratings',
  'accounts',
  'transfers',
  'entries',
].map((table) => ({ table }));
