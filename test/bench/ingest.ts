import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import { silentLog } from '#shared/ports/log.ts';
import { CHALLENGE_KEY, furnish, makeDevices, openHub, REWARDS } from '#test/contract/hub-world.ts';
import { startPostgres } from '#test/support/real-parts.ts';
import { batchesOf, eventsIn, makeBacklog } from './support/backlog.ts';
import { assertDurable } from './support/durable.ts';

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
        passedPerEvent: round3([...middle.passed.values()].reduce((sum, n) => sum + n, 0) / middle.events),
        rssMib: Math.round(process.memoryUsage.rss() / 1_048_576),
      }),
    );
  } finally {
    await cluster.stop();
  }
}

interface Measured extends Plain {
  readonly events: number;
  readonly ingestMs: number;
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

  const deps = { db: hub.db, clock: hub.clock, random: hub.random, log: silentLog };
  const passed = new Map<string, number>();
  const ingest = createIngest({
    ...deps,
    trust: devices.fleet.trust,
    rewards: REWARDS,
    challengeKey: CHALLENGE_KEY,
    passed: (call) => passed.set(call, (passed.get(call) ?? 0) + 1),
  });
  const begun = performance.now();
  ingest.start();
  const standings = await Promise.all(batches.map((batch) => ingest.accept(batch)));
  const ingestMs = performance.now() - begun;
  if (standings.some((standing) => standing === null)) throw new Error('a batch was not taken');
  const bad = await hub.db.stores.deadLetters.list({}, { limit: 1 });
  if (bad[0] !== undefined)
    throw new Error(`an event could not be applied: ${bad[0].cause} ${bad[0].message}`);
  await ingest.stop();
  const plain = await plainly(database.url);
  await hub.db.close();
  await database.drop();
  return { events, ingestMs, passed, ...plain };
}

const TABLES = [
  'inbox_events',
  'rentals',
  'returns',
  'receipts',
  'rental_timeline',
  'ratings',
  'accounts',
  'transfers',
  'entries',
];

interface Plain {
  readonly rows: number;
  readonly insertMs: number;
  readonly copyMs: number;
}

/**
 * The same rows into tables of the same columns, keys and indexes, without triggers: what the database alone would take for them, as multi-row INSERTs of
 * 500 with a commit each, and as one COPY a table from a file of the server.
 */
async function plainly(url: string): Promise<Plain> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const loaded: { table: string; rows: Record<string, unknown>[] }[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-copy-'));
  // The server writes and reads there as its own user.
  chmodSync(folder, 0o777);
  for (const table of TABLES) {
    for (const way of ['insert', 'copy'])
      await sql.unsafe(`create table ${way}_${table} (like ${table} including all)`);
    await sql.unsafe(`copy ${table} to '${folder}/${table}'`);
    loaded.push({ table, rows: [...(await sql.unsafe(`select * from ${table}`))] });
  }
  let begun = performance.now();
  let count = 0;
  for (const { table, rows } of loaded)
    for (let from = 0; from < rows.length; from += 500) {
      const part = rows.slice(from, from + 500);
      await sql`insert into ${sql(`insert_${table}`)} ${sql(part as never)}`;
      count += part.length;
    }
  const insertMs = performance.now() - begun;
  begun = performance.now();
  for (const { table } of loaded) await sql.unsafe(`copy copy_${table} from '${folder}/${table}'`);
  const copyMs = performance.now() - begun;
  const [copied] = await sql`select count(*)::int as n from copy_inbox_events`;
  const events = loaded[0]?.rows.length;
  if (copied?.n !== events) throw new Error(`${copied?.n} of ${events} rows were copied`);
  await sql.end();
  rmSync(folder, { recursive: true });
  return { rows: count, insertMs, copyMs };
}
