import { parseArgs } from 'node:util';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import { assert } from '#shared/kernel/assert.ts';
import { silentLog } from '#shared/ports/log.ts';
import { CHALLENGE_KEY, furnish, makeDevices, openHub, REWARDS } from '#test/contract/hub-world.ts';
import { startPostgres } from '#test/support/real-parts.ts';
import { batchesOf, eventsIn, makeBacklog } from './support/backlog.ts';
import { bareSignatures, benchTime, documentsIn, type Processors, processors } from './support/ceiling.ts';
import { assertDurable } from './support/durable.ts';
import { copied, inserted, type Rows } from './support/plain-rows.ts';

/** Events a second. */
const GOAL = 40_000;

/**
 * `npm run bench -- ingest [--quick] [--rentals N] [--terminals N] [--rounds N]`: whole rentals (started, accepted, destroyed, rated) of many terminals go
 * through the production ingest, signatures and all, into PostgreSQL with fsync on; then the very rows that this left in the database are
 * written again into bare tables of the same columns, keys and indexes by COPY and by plain multi-row INSERTs. `ratio`: our rows a second over those of COPY, so more is faster.
 */
export async function run({ quick, rest }: { quick: boolean; rest: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: { rentals: { type: 'string' }, terminals: { type: 'string' }, rounds: { type: 'string' } },
  });
  const rentals = Number(values.rentals ?? (quick ? 40 : 1000));
  const terminals = Number(values.terminals ?? (quick ? 4 : 20));
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  const cluster = await startPostgres();
  try {
    console.log(`${rounds} × ${rentals} rentals of ${terminals} terminals, PostgreSQL with fsync`);
    const results: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const measured = await oneRound(await cluster.createDatabase(), rentals, terminals);
      results.push(measured);
      console.log(
        `round ${round + 1}: ingest ${Math.round(measured.ingestMs)} ms, COPY ${Math.round(measured.copyMs)} ms, INSERT ${Math.round(measured.insertMs)} ms, ${measured.rows} rows of ${measured.events} events; by themselves went ${JSON.stringify(Object.fromEntries(measured.passed))}`,
      );
    }
    const middle = [...results].sort((a, b) => a.ingestMs / a.copyMs - b.ingestMs / b.copyMs)[
      Math.floor(rounds / 2)
    ];
    if (middle === undefined) throw new Error('at least one round');
    const round3 = (value: number) => Math.round(value * 1000) / 1000;
    console.log(
      JSON.stringify({
        bench: 'ingest',
        ratio: round3(middle.copyMs / middle.ingestMs),
        ratioToInsert: round3(middle.insertMs / middle.ingestMs),
        rentals,
        terminals,
        rounds,
        events: middle.events,
        rows: middle.rows,
        eventsPerSecond: Math.round((middle.events * 1000) / middle.ingestMs),
        rowsPerSecond: Math.round((middle.rows * 1000) / middle.ingestMs),
        copyRowsPerSecond: Math.round((middle.rows * 1000) / middle.copyMs),
        ingestSeconds: round3(middle.ingestMs / 1000),
        copySeconds: round3(middle.copyMs / 1000),
        ...atMost(middle),
        passedPerEvent: round3([...middle.passed.values()].reduce((sum, n) => sum + n, 0) / middle.events),
        rssMib: Math.round(process.memoryUsage.rss() / 1_048_576),
      }),
    );
  } finally {
    await cluster.stop();
  }
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
  rentals: number,
  terminals: number,
): Promise<Measured> {
  await assertDurable(database.url);
  const hub = await openHub({ url: database.url });
  await furnish(hub.db);
  const devices = await makeDevices();
  const { starts, ends } = await makeBacklog(hub, devices, { name: 'b', rentals, terminals, rated: true });
  const batches = batchesOf([...starts, ...ends]);
  const events = eventsIn(batches);

  const deps = { db: hub.db, clock: benchTime(hub.clock), random: hub.random, log: silentLog };
  const passed = new Map<string, number>();
  const ingest = createIngest({
    ...deps,
    trust: devices.fleet.trust,
    rewards: REWARDS,
    challengeKey: CHALLENGE_KEY,
    passed: (call) => passed.set(call, (passed.get(call) ?? 0) + 1),
  });
  const before = await processors(database.url);
  const begun = performance.now();
  ingest.start();
  const standings = await Promise.all(batches.map((batch) => ingest.accept(batch)));
  const ingestMs = performance.now() - begun;
  const spent = (await processors(database.url)).since(before);
  if (standings.some((standing) => standing === null)) throw new Error('a batch was not taken');
  const bad = await hub.db.stores.deadLetters.list({}, { limit: 1 });
  if (bad[0] !== undefined)
    throw new Error(`an event could not be applied: ${bad[0].cause} ${bad[0].message}`);
  await ingest.stop();
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
