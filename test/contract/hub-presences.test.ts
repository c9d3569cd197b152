import { expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import { createPresenceBook, createPresences } from '#hub/mqtt/presence.ts';
import { DatabaseTrouble, type HubDatabase } from '#hub/ports/database.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Presence } from '#shared/protocol/envelope.ts';
import { addTerminal, openHub, SITE, START } from './hub-world.ts';

const NAMES = ['T-AAAA-AAAA-AAAA', 'T-BBBB-BBBB-BBBB', 'T-CCCC-CCCC-CCCC'] as unknown as readonly [
  TerminalId,
  TerminalId,
  TerminalId,
];
const [FIRST, SECOND, THIRD] = NAMES;
const AT = epochMs(START + 1000);

/** Three terminals; `transactions` tells how many were begun, `away` what the next one meets. */
async function world(inner: HubDatabase = memoryDatabase()) {
  const clock = simulatedClock(START);
  for (const name of NAMES) await addTerminal(inner, name, 'kiosk');
  const seen = { transactions: 0, refuses: null as TerminalId | null };
  const db: HubDatabase = {
    ...inner,
    transaction(work) {
      seen.transactions += 1;
      return inner.transaction((stores, transaction) => {
        const { among } = stores.terminals;
        const terminals = {
          ...stores.terminals,
          among: async (...asked: Parameters<typeof among>) => {
            if (asked[0].some(({ terminalId }) => terminalId === seen.refuses))
              throw new DatabaseTrouble('22003', false, 'out of range', null, null);
            return among(...asked);
          },
        };
        return work({ ...stores, terminals }, transaction);
      });
    },
  };
  const book = createPresenceBook(db, clock);
  const ingest = {
    standings: async (of: readonly { terminalId: TerminalId; epoch: string }[]) =>
      of.map((one) => ({ ...one, lane: 0 as const, contiguous: 7, conflict: false })),
  };
  const presences = createPresences({ db, ingest, clock }, book);
  const say = (terminal: TerminalId, change: Partial<Presence> = {}, at = AT) =>
    presences({
      at,
      told: {
        ...{ version: OUR_VERSION, terminal, session: 'one', epoch: 'epoch', online: true },
        ...{ role: 'kiosk', siteId: SITE, software: '1.0.0', at: START },
        ...change,
      },
    });
  const row = async (terminalId: TerminalId) => inner.stores.terminals.find({ terminalId });
  return { clock, db: inner, book, seen, say, row };
}

it('PR-6, FLT-1: births and wills that come while one is written are written together, each judged by itself', async () => {
  const { db, seen, say, row, book } = await world();
  await db.stores.terminals.patch({ terminalId: SECOND }, { state: 'revoked' });
  await db.stores.terminals.patch({ terminalId: THIRD }, { state: 'enrolling' });
  const [first, second, third] = await Promise.all([say(FIRST), say(SECOND), say(THIRD)]);
  expect(seen.transactions).toBe(2);
  expect(first).toMatchObject({ outcome: 'born', standings: [{ terminalId: FIRST, contiguous: 7 }] });
  expect(second).toEqual({ outcome: 'revoked_terminal', standings: [], awaited: false });
  expect(third).toMatchObject({ outcome: 'born', standings: [{ terminalId: THIRD }], awaited: false });
  expect(await row(SECOND)).toMatchObject({ online: false, session: null });
  expect(await row(THIRD)).toMatchObject({ state: 'active', online: true, onlineChangedAt: AT });
  expect(book.epochOf(THIRD)).toBe('epoch');

  // The will of a line that a newer one has replaced says nothing.
  await say(FIRST, { session: 'two' });
  const [late, own] = await Promise.all([say(FIRST, { online: false }), say(THIRD, { online: false })]);
  expect([late.outcome, own.outcome]).toEqual(['ignored', 'gone']);
  expect([(await row(FIRST))?.online, (await row(THIRD))?.online]).toEqual([true, false]);
});

it('PR-6, FLT-2: who is born hears of a newer configuration that waits for it; who is not behind does not', async () => {
  const { db, say } = await world();
  const configDesired = { version: 3 } as never;
  await db.stores.terminals.patch({ terminalId: SECOND }, { configDesired, configReported: 2 });
  await db.stores.terminals.patch({ terminalId: THIRD }, { configDesired, configReported: 3 });
  const all = await Promise.all([say(FIRST), say(SECOND), say(THIRD)]);
  expect(all.map(({ awaited }) => awaited)).toEqual([false, true, false]);
});

it('SYN-3, SYN-6: a birth in another epoch tells staff, once it is believed', async () => {
  const { db, say } = await world();
  await say(FIRST);
  await say(SECOND);
  await db.stores.terminals.patch({ terminalId: SECOND }, { state: 'revoked' });
  await Promise.all([say(FIRST, { epoch: 'new' }), say(SECOND, { epoch: 'new' })]);
  const alerts = await db.stores.alerts.list({ code: 'epoch_changed' }, { limit: 10 });
  expect(alerts.map(({ subject }) => subject)).toEqual([FIRST]);
});

it('FLT-1: a birth that the database refuses silences nobody else', async () => {
  const { seen, say, row } = await world();
  seen.refuses = SECOND;
  const told = await Promise.allSettled([say(FIRST), say(SECOND), say(THIRD)]);
  expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await row(THIRD))?.online).toBe(true);
});

it.each(['memory', 'PGlite'])(
  'FLT-1, PR-6: since when a terminal is there or gone moves with the change alone; what a birth says of it is kept, a good-bye says no more than that: %s',
  async (name) => {
    const { db, say, row } = await world(
      name === 'memory' ? undefined : (await openHub({ folder: null })).db,
    );
    await db.stores.terminals.patch({ terminalId: FIRST }, { state: 'enrolling' });
    const times = [1, 2, 3, 4, 5].map((n) => epochMs(AT + n * 1000));
    const seen: unknown[] = [];
    const next = async (change: Partial<Presence>) => {
      const { outcome } = await say(FIRST, change, times[seen.length]);
      const there = await row(FIRST);
      const { session, epoch, software, online, onlineChangedAt, lastContactAt, state } =
        there ?? expect.fail();
      seen.push([outcome, session, epoch, software, online, onlineChangedAt, lastContactAt, state]);
    };
    await next({});
    await next({ session: 'two', epoch: 'new', software: '1.0.1' });
    await next({ session: 'two', epoch: 'other', software: '9', online: false });
    await next({ session: 'two', online: false });
    await next({ session: 'three' });
    const [born, again, gone, , back] = times;
    expect(seen).toEqual([
      ['born', 'one', 'epoch', '1.0.0', true, born, born, 'active'],
      ['born', 'two', 'new', '1.0.1', true, born, again, 'active'],
      ['gone', 'two', 'new', '1.0.1', false, gone, again, 'active'],
      ['ignored', 'two', 'new', '1.0.1', false, gone, again, 'active'],
      ['born', 'three', 'epoch', '1.0.0', true, back, back, 'active'],
    ]);
    await db.close();
  },
);

it('PR-6, FLT-3: of a terminal that is unknown or was taken out nothing is taken', async () => {
  const { db, say, row } = await world();
  await db.stores.terminals.patch({ terminalId: SECOND }, { state: 'decommissioned' });
  const told = await Promise.all([say('kiosk-nobody' as TerminalId), say(SECOND)]);
  expect(told.map(({ outcome }) => outcome)).toEqual(['unknown_terminal', 'revoked_terminal']);
  expect(await row(SECOND)).toMatchObject({ state: 'decommissioned', session: null, online: false });
});

it('SYN-3: a birth in the same epoch is no news to staff', async () => {
  const { db, say } = await world();
  await say(FIRST);
  await say(FIRST, { session: 'two' });
  expect(await db.stores.alerts.count({ code: 'epoch_changed' })).toBe(0);
});
