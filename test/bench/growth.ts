import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import { assert } from '#shared/kernel/assert.ts';
import { silentLog } from '#shared/ports/log.ts';
import { CHALLENGE_KEY, furnish, makeDevices, openHub, REWARDS, START } from '#test/contract/hub-world.ts';
import { type PostgresCluster, startPostgres } from '#test/support/real-parts.ts';
import { batchesOf, eventsIn, makeBacklog } from './support/backlog.ts';
import { benchTime } from './support/ceiling.ts';
import { assertDurable } from './support/durable.ts';
import { median, round3 } from './support/figures.ts';
import { fillLongLists } from './support/long-lists.ts';
import { timed } from './support/timed-ingest.ts';
import { wholeNumbers } from './support/whole-numbers.ts';

/**
 * `npm run bench -- growth [--quick] [--sizes N,N,…] [--rentals N] [--rounds N]`: the production ingest takes the same whole rentals (started, accepted, destroyed, rated) into
 * PostgreSQL databases that hold so many rentals already, each with its transfer, its two entries and an event, the databases in turns. `ratio`: events a second at the largest over those
 * at the smallest, so 1 is a hub that does not feel its past.
 */
export async function run({ quick, rest }: { quick: boolean; rest: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: {
      sizes: { type: 'string', default: quick ? '100,1000' : '10000,100000,1000000' },
      rentals: { type: 'string', default: quick ? '10' : '250' },
      rounds: { type: 'string', default: quick ? '1' : '5' },
    },
  });
  const { rentals, rounds } = wholeNumbers({ rentals: values.rentals, rounds: values.rounds });
  const sizes = values.sizes.split(',').map((size) => wholeNumbers({ size }).size);
  assert(sizes.length > 1, '--sizes takes at least two');
  const cluster = await startPostgres();
  try {
    const filled: Filled[] = [];
    for (const size of sizes) filled.push(await fill(cluster, size));
    for (let round = 0; round < rounds; round += 1)
      for (const each of filled) {
        const aSecond = await takeIn(each, `${each.size}r${round}`, rentals);
        each.aSecond.push(aSecond);
        console.log(`round ${round + 1}, ${each.size} rentals: ${Math.round(aSecond)} events/s`);
      }
    const lines = filled.map(({ size, aSecond, megabytes }) => ({
      ...{ rentals: size, eventsPerSecond: Math.round(median(aSecond)), megabytes },
    }));
    const first = median(filled[0]?.aSecond ?? []);
    const ratio = round3(median(filled.at(-1)?.aSecond ?? []) / first);
    console.log(JSON.stringify({ bench: 'growth', ratio, rounds, taken: rentals, lines }));
    for (const each of filled) await each.hub.db.close();
  } finally {
    await cluster.stop();
  }
}

interface Filled {
  readonly size: number;
  readonly hub: Awaited<ReturnType<typeof openHub>>;
  readonly devices: Awaited<ReturnType<typeof makeDevices>>;
  readonly megabytes: number;
  readonly aSecond: number[];
}

async function fill(cluster: PostgresCluster, size: number): Promise<Filled> {
  const { url } = await cluster.createDatabase();
  await assertDurable(url);
  const hub = await openHub({ url });
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const terminals = Math.min(10_000, Math.max(10, size / 100));
  const members = Math.max(10, size / 10);
  await fillLongLists(sql, { terminals, members, rentals: size, bookings: size, now: START });
  await sql.unsafe(`insert into inbox_events (terminal_id, epoch, lane, sequence, event_id, kind, stamp, data, received_at)
    select kiosk_id, 'epoch', 0, row_number() over (partition by kiosk_id order by prepared_at) - 1, rental_id, 'rental.started', '{}', jsonb_build_object('rentalId', rental_id), prepared_at
    from rentals`);
  // What a database at work has done long ago is not measured.
  await sql.unsafe('vacuum (analyze)');
  await sql.unsafe('checkpoint');
  const [row] = await sql`select (pg_database_size(current_database()) / 1e6)::int as megabytes`;
  await sql.end();
  await furnish(hub.db);
  console.log(`${size} rentals of ${members} members: ${row?.megabytes} MB`);
  return { size, hub, devices: await makeDevices(), megabytes: Number(row?.megabytes), aSecond: [] };
}

/** Events a second of so many new rentals, signatures and all. `name`: of new terminals, which begin their chains of receipts anew. */
async function takeIn({ hub, devices }: Filled, name: string, rentals: number): Promise<number> {
  const { starts, ends } = await makeBacklog(hub, devices, { name, rentals, terminals: 10, rated: true });
  const batches = batchesOf([...starts, ...ends]);
  const deps = { db: hub.db, clock: benchTime(hub.clock), random: hub.random, log: silentLog };
  const rules = { trust: devices.fleet.trust, rewards: REWARDS, challengeKey: CHALLENGE_KEY };
  const ingest = createIngest({ ...deps, ...rules });
  const took = await timed(ingest, batches);
  const [bad] = await hub.db.stores.deadLetters.list({}, { limit: 1 });
  assert(bad === undefined, `every event is applied: ${bad?.cause} ${bad?.message}`);
  return (eventsIn(batches) * 1000) / took;
}
