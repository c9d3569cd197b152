import { parseArgs } from 'node:util';
import postgres from 'postgres';
import type { ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import { createIngest, type Ingest } from '#hub/app/ingest/ingest.ts';
import { assert } from '#shared/kernel/assert.ts';
import { silentLog } from '#shared/ports/log.ts';
import { CHALLENGE_KEY, furnish, makeDevices, openHub, REWARDS } from '#test/contract/hub-world.ts';
import { startPostgres, type TestDatabase } from '#test/support/real-parts.ts';
import { batchesOf, makeBacklog } from './support/backlog.ts';
import { bareSignatures, benchTime, documentsIn, type Processors, processors } from './support/ceiling.ts';
import { assertDurable } from './support/durable.ts';
import { median, round3 } from './support/figures.ts';
import { copied, type Rows } from './support/plain-rows.ts';
import { timed } from './support/timed-ingest.ts';
import { wholeNumbers } from './support/whole-numbers.ts';

/** Returns a second. */
const GOAL = 25_000;

/**
 * `npm run bench -- returns [--quick] [--returns N] [--alone N] [--terminals N] [--rounds N]`: a backlog of returns (accepted, destroyed with receipt, paid by
 * card) is charged and posted by the production ingest, beside returns that go to the database one event by one. Both ways verify the same
 * signatures and commit to PostgreSQL with fsync, one after the other in the same database, rounds in turns; in the end the books are compared with the rentals. `ratio`: returns a second over those of row by row.
 */
export async function run({ quick, rest }: { quick: boolean; rest: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: {
      returns: { type: 'string', default: quick ? '40' : '3000' },
      alone: { type: 'string', default: quick ? '10' : '200' },
      terminals: { type: 'string', default: quick ? '4' : '40' },
      rounds: { type: 'string', default: quick ? '1' : '3' },
    },
  });
  const { returns, alone, terminals, rounds } = wholeNumbers(values);
  const cluster = await startPostgres();
  try {
    console.log(
      `${rounds} × ${returns} returns of ${terminals} terminals, ${alone} row by row, PostgreSQL with fsync`,
    );
    const results: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const measured = await oneRound(await cluster.createDatabase(), { returns, alone, terminals });
      results.push(measured);
      console.log(
        `round ${round + 1}: ${Math.round(measured.aSecond)} returns/s, of it reading and verifying ${Math.round(measured.readShare * 100)} %; row by row ${Math.round(measured.aloneASecond)}/s; ${measured.transfers} transfers balance`,
      );
    }
    const middle = (of: (each: Measured) => number) => median(results.map(of));
    console.log(
      JSON.stringify({
        bench: 'returns',
        ratio: round3(middle((each) => each.aSecond / each.aloneASecond)),
        returnsPerSecond: Math.round(middle((each) => each.aSecond)),
        rowByRowPerSecond: Math.round(middle((each) => each.aloneASecond)),
        readShare: round3(middle((each) => each.readShare)),
        nodeMicrosecondsAReturn: Math.round(1e6 * middle((each) => each.spent.node)),
        databaseMicrosecondsAReturn: Math.round(1e6 * middle((each) => each.spent.database)),
        coresForGoal: Math.ceil(GOAL * middle(({ spent }) => spent.node + spent.database)),
        copyReturnsPerSecond: Math.round(middle((each) => each.copyASecond)),
        signaturesPerSecondAndCore: Math.round(middle((each) => each.signaturesASecond)),
        returnsPerSecondAndCoreOfSignaturesAlone: Math.round(middle((each) => each.signedASecond)),
        passedPerReturn: round3(middle((each) => each.passed / returns)),
        ...{ returns, alone, terminals, rounds },
        rssMib: Math.round(process.memoryUsage.rss() / 1_048_576),
      }),
    );
  } finally {
    await cluster.stop();
  }
}

interface Measured {
  readonly aSecond: number;
  readonly aloneASecond: number;
  /** Of the time of the production way: decoding events and verifying what is signed in them. */
  readonly readShare: number;
  /** Calls that the loaded rows of a group could not answer. */
  readonly passed: number;
  readonly transfers: number;
  /** Processor time of one return. */
  readonly spent: Processors;
  /** Returns whose new rows COPY writes in a second. */
  readonly copyASecond: number;
  readonly signaturesASecond: number;
  /** Returns whose signatures one core verifies in a second. */
  readonly signedASecond: number;
}

/** What returns leave beside their rentals, which were there before. */
const ROWS: readonly Rows[] = [
  { table: 'inbox_events', where: "kind like 'return.%'" },
  { table: 'returns' },
  { table: 'receipts' },
  {
    table: 'rental_timeline',
    where: "event_id in (select event_id from inbox_events where kind like 'return.%')",
  },
  { table: 'transfers' },
  { table: 'entries' },
];

function signaturesOf(batches: readonly ReceivedBatch[], returns: number) {
  const documents = documentsIn(batches);
  const signaturesASecond = bareSignatures(documents);
  return { signaturesASecond, signedASecond: (signaturesASecond * returns) / documents.length };
}

async function oneRound(
  database: TestDatabase,
  { returns, alone, terminals }: { returns: number; alone: number; terminals: number },
): Promise<Measured> {
  await assertDurable(database.url);
  const hub = await openHub({ url: database.url });
  await furnish(hub.db);
  const devices = await makeDevices();
  const many = await makeBacklog(hub, devices, { name: 'm', rentals: returns, terminals, rated: false });
  const few = await makeBacklog(hub, devices, { name: 'f', rentals: alone, terminals: 2, rated: false });
  const deps = {
    ...{ db: hub.db, clock: benchTime(hub.clock), random: hub.random, log: silentLog },
    ...{ trust: devices.fleet.trust, rewards: REWARDS, challengeKey: CHALLENGE_KEY },
  };
  let passed = 0;
  const before = createIngest(deps);
  await timed(before, batchesOf([...many.starts, ...few.starts]));
  // New ones, which remember no signature of the rentals' begin.
  const whole = createIngest({
    ...deps,
    passed: () => {
      passed += 1;
    },
  });
  const rowByRow = createIngest({ ...deps, oneByOne: true });
  const all = batchesOf(many.ends);
  const one = batchesOf(few.ends);
  const aloneMs = await timed(rowByRow, one);
  const start = await processors(database.url);
  const wholeMs = await timed(whole, all);
  const spent = (await processors(database.url)).since(start);
  const readMs = await reading(createIngest(deps), all);
  const bad = await hub.db.stores.deadLetters.list({}, { limit: 1 });
  assert(bad[0] === undefined, `every event is applied: ${bad[0]?.cause} ${bad[0]?.message}`);
  const transfers = await balanced(database.url, returns + alone);
  const copy = await copied(database.url, ROWS);
  await hub.db.close();
  await database.drop();
  return {
    spent: { node: spent.node / returns, database: spent.database / returns },
    copyASecond: ((returns + alone) * 1000) / copy.ms,
    ...signaturesOf(all, returns),
    aSecond: (returns * 1000) / wholeMs,
    aloneASecond: (alone * 1000) / aloneMs,
    readShare: readMs / wholeMs,
    ...{ passed, transfers },
  };
}

async function reading(ingest: Ingest, batches: readonly ReceivedBatch[]): Promise<number> {
  const begun = performance.now();
  for (const { batch } of batches)
    await Promise.all(batch.events.map((event) => ingest.rules.read(event, null)));
  return performance.now() - begun;
}

/** LED-1: every unit adds up to nothing, every rental is closed and charged once, and what the members owe is what they paid. Answers how many transfers there are. */
async function balanced(url: string, rentals: number): Promise<number> {
  const sql = postgres(url, { max: 1 });
  const units = await sql`select unit, sum(amount)::float8 as total from entries group by unit`;
  assert(
    units.length > 0 && units.every((row) => row.total === 0),
    'debits and credits add up to nothing in every unit',
  );
  const uneven = await sql`select t.transfer_id from transfers t join entries e using (transfer_id)
    group by t.transfer_id, t.lines having count(*) <> t.lines or sum(e.amount) <> 0`;
  assert(uneven.length === 0, `transfer ${uneven[0]?.transfer_id} is balanced`);
  const [closed] =
    await sql`select count(*)::int as n, sum((charge->'total'->>'minor')::bigint)::float8 as charged
    from rentals where status = 'closed'`;
  assert(closed?.n === rentals, `${closed?.n} of ${rentals} rentals are closed`);
  const [booked] = await sql`select count(*)::int as n from transfers where reason = 'rental_charge'`;
  assert(booked?.n === rentals, `${booked?.n} of ${rentals} rentals are charged`);
  const [paid] =
    await sql`select sum(amount)::float8 as total from entries where account_id like 'card_clearing:%'`;
  const [left] = await sql`select coalesce(sum(-amount), 0)::float8 as total from entries
    where account_id like 'member_%' and unit <> 'PTS'`;
  assert(
    paid?.total === Number(closed.charged) + Number(left?.total),
    `${paid?.total} paid are ${closed.charged} charged and ${left?.total} left`,
  );
  const [transfers] = await sql`select count(*)::int as n from transfers`;
  await sql.end();
  return Number(transfers?.n);
}
