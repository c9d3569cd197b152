import postgres from 'postgres';
import { expect, it } from 'vitest';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import { openEngine } from '#hub/db/engine.ts';
import { type Migration, migrate, migrations } from '#hub/db/migrate.ts';
import { silentLog } from '#shared/ports/log.ts';
import { checkMigrations } from '#test/architecture/migrations.ts';
import {
  CHALLENGE_KEY,
  furnish,
  lane,
  openHub,
  REWARDS,
  START,
  started,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { postgresHubs } from '#test/support/postgres-hubs.ts';

/** OPS-3: a newer hub migrates the database on which an older one is at work. */
const hubs = postgresHubs();

/** What the next release may bring: it adds to the tables that every event goes through. */
const NEXT: Migration = {
  name: '9999_next_release',
  text: [
    'ALTER TABLE "rentals" ADD COLUMN "mood" text',
    `ALTER TABLE "inbox_events" ADD COLUMN "route" text DEFAULT 'direct' NOT NULL`,
    'ALTER TABLE "cursors" ADD COLUMN "moved" bigint DEFAULT 0 NOT NULL',
    'CREATE TABLE "moods" ("mood" text PRIMARY KEY NOT NULL, "since" bigint NOT NULL)',
    'CREATE INDEX "rentals_mood" ON "rentals" USING btree ("mood")',
    'CREATE INDEX "rental_timeline_terminal" ON "rental_timeline" USING btree ("terminal_id")',
    'CREATE FUNCTION note_mood() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.mood := coalesce(NEW.mood, $m$calm$m$); RETURN NEW; END $$',
    'CREATE TRIGGER rentals_mood BEFORE INSERT ON "rentals" FOR EACH ROW EXECUTE FUNCTION note_mood()',
  ].join(';--> statement-breakpoint\n'),
};

it('OPS-3, SYN-2: a newer hub migrates while the older one takes events and somebody reads for long: no batch fails, none waits for the reader, and the older hub starts again afterwards', async () => {
  expect(checkMigrations([{ path: `hub/db/migrations/${NEXT.name}.sql`, text: NEXT.text }])).toEqual([]);
  const { url, hub: older } = await hubs.open();
  await furnish(older.db);
  const complaints: string[] = [];
  const complain = (fields: object, text: string): void =>
    void complaints.push(`${text} ${JSON.stringify(fields)}`);
  const ingest = createIngest({
    ...{
      db: older.db,
      clock: older.clock,
      random: older.random,
      trust: hubs.devices.fleet.trust,
      rewards: REWARDS,
      challengeKey: CHALLENGE_KEY,
    },
    log: { ...silentLog, error: complain, warn: complain } as typeof silentLog,
  });
  ingest.start();
  const kiosk = lane('kiosk-1');
  let acknowledged = -1;
  const send = async (): Promise<void> => {
    const event = kiosk.add('rental.started', started(await writtenCopy(hubs.devices)), START);
    const standing = await ingest.accept(kiosk.batch([event]));
    expect(standing?.contiguous).toBe(event.sequence);
    acknowledged = event.sequence;
  };
  await send();

  // A backup reads all tables as one moment saw them, and takes its time.
  const reader = postgres(url, { max: 1, onnotice: () => {} });
  let readOn = (): void => {};
  let reading: Promise<unknown> = Promise.resolve();
  await new Promise<void>((holds, refused) => {
    reading = reader.begin(async (sql) => {
      await sql`select count(*) from rentals, inbox_events, cursors`;
      await new Promise<void>((resolve) => {
        readOn = resolve;
        holds();
      });
    });
    reading.catch(refused);
  });
  const watcher = postgres(url, { max: 1, onnotice: () => {} });
  const engine = await openEngine({ url, folder: null, connections: 2 }, { log: silentLog });
  if (!engine.ok) throw new Error(engine.error.message);
  const migrating = migrate(engine.value.db, START, [...migrations, NEXT]);
  const waits = async (): Promise<number> =>
    (await watcher`select 1 from pg_locks where not granted and mode = 'AccessExclusiveLock'`).length;
  await expect.poll(waits, { timeout: 30_000 }).toBeGreaterThan(0);
  // It would hold everybody up until the reader is through: these come back all the same.
  for (let n = 0; n < 5; n += 1) await send();
  readOn();
  await reading;
  let over = false;
  const sending = (async () => {
    while (!over) await send();
  })();
  expect(await migrating).toEqual({ ok: true, value: [NEXT.name] });
  over = true;
  await sending;
  for (let n = 0; n < 5; n += 1) await send();
  await ingest.stop();
  expect(complaints).toEqual([]);

  expect(await older.db.stores.inboxEvents.count({})).toBe(acknowledged + 1);
  expect(await older.db.stores.rentals.count({ status: 'active' })).toBe(acknowledged + 1);
  expect(await older.db.stores.deadLetters.count({})).toBe(0);
  await older.db.close();
  // The older program again, as after a crash: what only a newer one knows is left alone.
  const again = await openHub({ url });
  expect(await again.db.stores.rentals.count({})).toBe(acknowledged + 1);
  expect(await watcher`select count(*)::int as n from keyturn_migrations`).toEqual([
    { n: migrations.length + 1 },
  ]);
  await again.db.close();
  await engine.value.close();
  await watcher.end();
  await reader.end();
});
