import postgres from 'postgres';
import { expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { epochMs } from '#shared/kernel/time.ts';
import {
  furnish,
  HOUR,
  lane,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  writtenCopy,
} from '#test/contract/hub-world.ts';
import { postgresHubs } from '#test/support/postgres-hubs.ts';
import { type OverheardLine, overhear } from './overheard-line.ts';

/** How a group of events is written over a real connection: each way that is saved there is saved before every ack. */
const hubs = postgresHubs();

/** A hub with one connection, whose line is overheard, and groups of events of two terminals. */
async function openOverheard() {
  const { url } = await hubs.cluster.createDatabase();
  const line: OverheardLine = await overhear(url);
  const hub = await openHub({ url: line.url, connections: 1 });
  await furnish(hub.db);
  const rules = rulesFor(hubs.devices, hub);
  const [kiosk, desk] = [lane('kiosk-1'), lane('return-1')];
  return {
    ...{ url, line, hub },
    /** Copies that are written and brought back, as one group; answers what the client sent for it. */
    async group(copies: number) {
      const [starts, returns] = [[], []] as [typeof kiosk.events, typeof desk.events];
      for (let n = 0; n < copies; n += 1) {
        const rental = await writtenCopy(hubs.devices);
        const t0 = epochMs(START + HOUR);
        const back = await returned(rental, hubs.devices.returns, t0, { due: 400 });
        starts.push(kiosk.add('rental.started', started(rental), START));
        returns.push(desk.add('return.accepted', back.accepted, t0));
        returns.push(desk.add('return.destroyed', back.destroyed, t0));
      }
      line.since();
      await commitGroup(hub.db, rules, [kiosk.batch(starts), desk.batch(returns)]);
      return line.since();
    },
    async close() {
      await hub.db.close();
      await line.close();
    },
  };
}

/** Whole sets, as many as there may be in one value: the statements in which a group reads and writes its rows. */
const WHOLE_SET = /\bjson_(to_recordset|populate_recordset|array_elements_text)\(/;
type Heard = ReturnType<OverheardLine['since']>;
const unprepared = (heard: Heard) => heard.read.filter(({ name, values }) => values && name === '');

it('SYN-2, SYN-5: what a group of events brings goes in prepared statements: nothing that brings values is read unnamed, and after the first group no whole set is read again, however large it is', async () => {
  const there = await openOverheard();
  const first = await there.group(2);
  const sets = (heard: Heard) => heard.read.filter(({ text }) => WHOLE_SET.test(text));
  expect(sets(first).length).toBeGreaterThan(10);
  expect(sets(first).filter(({ name }) => name === '')).toEqual([]);
  const later = await there.group(5);
  expect(sets(later)).toEqual([]);
  expect(later.run.filter((name) => name !== '').length).toBeGreaterThan(10);
  // Nor is anything else that brings values.
  for (const heard of [first, later]) expect(unprepared(heard)).toEqual([]);
  const { stores } = there.hub.db;
  expect(await stores.rentals.count({ status: 'closed' })).toBe(7);
  expect(await stores.deadLetters.count({})).toBe(0);
  await there.close();
});

it('OPS-3: statements that are prepared go on when another hub’s migration adds columns to their tables', async () => {
  const there = await openOverheard();
  await there.group(2);
  await there.group(2);
  const newer = postgres(there.url, { max: 1, onnotice: () => {} });
  for (const [table, column] of [
    ['rentals', 'mood text'],
    ['inbox_events', `route text DEFAULT 'direct' NOT NULL`],
    ['cursors', 'moved bigint DEFAULT 0 NOT NULL'],
    ['returns', 'mood text'],
    ['rental_timeline', 'mood text'],
    ['entries', 'mood text'],
    ['members', 'mood text'],
  ] as const)
    await newer.unsafe(`ALTER TABLE ${table} ADD COLUMN ${column}`);
  const after = await there.group(2);
  // The same connection runs what it had prepared before.
  expect(after.read.filter(({ name }) => name !== '')).toEqual([]);
  expect(after.run.filter((name) => name !== '').length).toBeGreaterThan(10);
  const { stores } = there.hub.db;
  expect(await stores.rentals.count({ status: 'closed' })).toBe(6);
  expect(await stores.deadLetters.count({})).toBe(0);
  expect(await newer`select distinct route from inbox_events`).toEqual([{ route: 'direct' }]);
  await newer.end();
  await there.close();
});
