import { parseArgs } from 'node:util';
import postgres from 'postgres';
import type { ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import {
  addTerminal,
  cardPart,
  furnish,
  HOUR,
  lane,
  makeDevices,
  openHub,
  REWARDS,
  register,
  returned,
  START,
  started,
  TITLE,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { startPostgres } from '#test/support/real-parts.ts';
import { enrol } from '#test/support/test-fleet.ts';

/**
 * `npm run bench -- ingest [--quick] [--rentals N] [--terminals N] [--rounds N]`: whole rentals (started, accepted, destroyed, rated) of many terminals go
 * through the production ingest, signatures and all, into PostgreSQL with fsync on; then the very rows that this left in the database are
 * written again into bare tables of the same columns and keys by plain multi-row INSERTs of 500, one commit each. `ratio`: our rows a second over theirs, so more is faster.
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
        `round ${round + 1}: ingest ${Math.round(measured.ingestMs)} ms, plain INSERT ${Math.round(measured.plainMs)} ms, ${measured.rows} rows`,
      );
    }
    const middle = [...results].sort((a, b) => a.ingestMs / a.plainMs - b.ingestMs / b.plainMs)[
      Math.floor(rounds / 2)
    ];
    if (middle === undefined) throw new Error('at least one round');
    const round3 = (value: number) => Math.round(value * 1000) / 1000;
    console.log(
      JSON.stringify({
        bench: 'ingest',
        ratio: round3(middle.plainMs / middle.ingestMs),
        rentals,
        terminals,
        rounds,
        events: middle.events,
        rows: middle.rows,
        eventsPerSecond: Math.round((middle.events * 1000) / middle.ingestMs),
        plainRowsPerSecond: Math.round((middle.rows * 1000) / middle.plainMs),
        ingestSeconds: round3(middle.ingestMs / 1000),
        plainSeconds: round3(middle.plainMs / 1000),
        rssMib: Math.round(process.memoryUsage.rss() / 1_048_576),
      }),
    );
  } finally {
    await cluster.stop();
  }
}

interface Measured {
  readonly events: number;
  readonly rows: number;
  readonly ingestMs: number;
  readonly plainMs: number;
}

async function oneRound(
  database: { readonly url: string; drop(): Promise<void> },
  rentals: number,
  terminals: number,
): Promise<Measured> {
  const hub = await openHub({ url: database.url });
  await furnish(hub.db);
  const devices = await makeDevices();
  const batches = await batchesOf(hub, devices, rentals, terminals);
  const events = batches.reduce((sum, { batch }) => sum + batch.events.length, 0);

  const deps = { db: hub.db, clock: hub.clock, random: hub.random, log: silentLog };
  const ingest = createIngest({ ...deps, trust: devices.fleet.trust, rewards: REWARDS });
  const begun = performance.now();
  ingest.start();
  const standings = await Promise.all(batches.map((batch) => ingest.accept(batch)));
  const ingestMs = performance.now() - begun;
  if (standings.some((standing) => standing === null)) throw new Error('a batch was not taken');
  const bad = await hub.db.stores.deadLetters.list({}, { limit: 1 });
  if (bad[0] !== undefined)
    throw new Error(`an event could not be applied: ${bad[0].cause} ${bad[0].message}`);
  await ingest.stop();
  const { plainMs, rows } = await plainInsert(database.url);
  await hub.db.close();
  await database.drop();
  return { events, rows, ingestMs, plainMs };
}

/** Batches of all terminals as a backlog: kiosks with the starts, return terminals with the returns, 50 events each. */
async function batchesOf(
  hub: Awaited<ReturnType<typeof openHub>>,
  devices: Awaited<ReturnType<typeof makeDevices>>,
  rentals: number,
  terminals: number,
): Promise<ReceivedBatch[]> {
  const lanes: ReturnType<typeof lane>[] = [];
  const pairs = Math.max(1, Math.floor(terminals / 2));
  for (let pair = 0; pair < pairs; pair += 1) {
    const kioskId = `kiosk-b${pair}`;
    const returnId = `return-b${pair}`;
    await addTerminal(hub.db, kioskId as TerminalId, 'kiosk');
    await addTerminal(hub.db, returnId as TerminalId, 'return-terminal');
    const kiosk = await enrol(devices.fleet, kioskId, 'kiosk');
    const terminal = await enrol(devices.fleet, returnId, 'return-terminal');
    await register(hub.db, kiosk);
    await register(hub.db, terminal);
    const starts = lane(kioskId);
    const ends = lane(returnId);
    for (let n = pair; n < rentals; n += pairs) {
      const rental = await writtenCopy(devices, START, { signer: kiosk });
      starts.add('rental.started', started(rental), START);
      const t0 = epochMs(START + HOUR);
      const back = await returned(rental, terminal, t0);
      ends.add('return.accepted', back.accepted, t0);
      ends.add('return.destroyed', { ...back.destroyed, parts: [cardPart(rental, back.returnId, 400)] }, t0);
      ends.add('rating.given', { rentalId: rental.rentalId, titleId: TITLE, stars: 4, at: t0 }, t0);
    }
    lanes.push(starts, ends);
  }
  const batches: ReceivedBatch[] = [];
  const longest = Math.max(...lanes.map((each) => each.events.length));
  for (let from = 0; from < longest; from += 50)
    for (const each of lanes) {
      const part = each.events.slice(from, from + 50);
      if (part.length > 0) batches.push(each.batch(part));
    }
  return batches;
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

/** The same rows into tables of the same columns, keys and indexes, without triggers: what the database alone would take for them. */
async function plainInsert(url: string): Promise<{ plainMs: number; rows: number }> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const loaded: { table: string; rows: Record<string, unknown>[] }[] = [];
  for (const table of TABLES) {
    await sql.unsafe(`create table plain_${table} (like ${table} including all)`);
    loaded.push({ table, rows: [...(await sql.unsafe(`select * from ${table}`))] });
  }
  const begun = performance.now();
  let count = 0;
  for (const { table, rows } of loaded)
    for (let from = 0; from < rows.length; from += 500) {
      const part = rows.slice(from, from + 500);
      await sql`insert into ${sql(`plain_${table}`)} ${sql(part as never)}`;
      count += part.length;
    }
  const plainMs = performance.now() - begun;
  await sql.end();
  return { plainMs, rows: count };
}
