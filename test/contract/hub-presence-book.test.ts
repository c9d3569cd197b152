import { expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import { createPresenceBook } from '#hub/mqtt/presence.ts';
import { type StandingDeps, standingsOf } from '#hub/mqtt/standings.ts';
import type { CommandRow } from '#hub/ports/rows/index.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { addTerminal, id, START } from './hub-world.ts';

const KIOSK = 'kiosk-1' as TerminalId;

/** A terminal in session `one` and its book; `asked` counts what the database was asked of it. */
async function world() {
  const clock = simulatedClock(START);
  const db = memoryDatabase();
  await addTerminal(db, KIOSK, 'kiosk');
  const { terminals } = db.stores;
  await terminals.patch({ terminalId: KIOSK }, { session: 'one', epoch: 'epoch' });
  const seen = { asked: 0 };
  const find: typeof terminals.find = async (key) => {
    seen.asked += 1;
    return terminals.find(key);
  };
  const stores = { ...db.stores, terminals: { ...terminals, find } };
  const book = createPresenceBook({ ...db, stores }, clock);
  const admit = (session: string, claimed = KIOSK) => book.admit(KIOSK, claimed, session);
  return { clock, db, terminals, seen, book, admit };
}

it('SEC-1, PR-6: a terminal’s row is believed for five seconds; then its revocation counts', async () => {
  const { clock, terminals, seen, admit } = await world();
  expect(await admit('one')).toBeNull();
  await terminals.patch({ terminalId: KIOSK }, { state: 'revoked' });
  await clock.advance(4999);
  expect([await admit('one'), seen.asked]).toEqual([null, 1]);
  await clock.advance(1);
  expect([await admit('one'), seen.asked]).toEqual(['revoked_terminal', 2]);
});

it('PR-6, OPS-5: of a session that it does not know it asks at once, since another hub may have heard the birth', async () => {
  const { terminals, seen, admit } = await world();
  expect(await admit('one')).toBeNull();
  expect([await admit('two'), seen.asked]).toEqual(['session_stale', 2]);
  await terminals.patch({ terminalId: KIOSK }, { session: 'two' });
  expect([await admit('two'), seen.asked]).toEqual([null, 3]);
  expect([await admit('two'), seen.asked]).toEqual([null, 3]);
  expect(await admit('one')).toBe('session_stale');
});

it('PR-6: what a birth wrote is believed without asking, for as long', async () => {
  const { clock, terminals, seen, book, admit } = await world();
  expect(book.epochOf(KIOSK)).toBeNull();
  const row = await terminals.find({ terminalId: KIOSK });
  if (row !== null) book.known({ ...row, session: 'born', epoch: 'new' });
  expect([await admit('born'), book.epochOf(KIOSK), seen.asked]).toEqual([null, 'new', 0]);
  await clock.advance(5000);
  expect([await admit('born'), book.epochOf(KIOSK)]).toEqual(['session_stale', 'epoch']);
});

it('PR-4: a terminal that is not there, or speaks in another’s name, is refused and nothing of it is remembered', async () => {
  const { clock, terminals, seen, book, admit } = await world();
  expect([await admit('one', 'kiosk-2' as TerminalId), seen.asked]).toEqual(['identity_mismatch', 0]);
  expect(await admit('one')).toBeNull();
  await terminals.removeWhere({ terminalId: KIOSK });
  await clock.advance(5000);
  expect([await admit('one'), book.epochOf(KIOSK)]).toEqual(['unknown_terminal', null]);
});

it('PR-10, FLT-2: each terminal is told of its own lanes, and that something waits for it: an order that is open and not over, or a configuration', async () => {
  const { clock, db } = await world();
  const now = clock.now();
  const order = (terminal: string, change: Partial<CommandRow> = {}): CommandRow => ({
    ...{ commandId: id<never>(), terminalId: terminal as TerminalId, order: { kind: 'lock', locked: true } },
    ...{ state: 'queued', issuedBy: 'hub', issuedAt: now, expiresAt: epochMs(now + 1), updatedAt: now },
    ...{ fault: null, output: null, ...change },
  });
  for (const row of [
    ...[order('queued'), order('sent', { state: 'sent' }), order('done', { state: 'done' })],
    ...[order('over', { expiresAt: now }), order('stranger')],
  ])
    await db.stores.commands.insert(row);
  const asked: unknown[] = [];
  const ingest: StandingDeps['ingest'] = {
    standings: async (of) => {
      asked.push(of);
      // Not in the order of the question.
      return [...of].reverse().flatMap(({ terminalId, epoch }) =>
        ([0, 1] as const).map((lane) => ({
          terminalId,
          epoch,
          lane,
          contiguous: terminalId.length,
          conflict: false,
        })),
      );
    },
  };
  const { commands } = db.stores;
  const list: typeof commands.list = async (...question) => {
    const rows = await commands.list(...question);
    asked.push(rows.length);
    return rows;
  };
  const deps = { ingest, clock, db: { ...db, stores: { ...db.stores, commands: { ...commands, list } } } };
  const names = ['behind', 'done', 'over', 'queued', 'quiet', 'sent'] as TerminalId[];
  const of = names.map((terminalId) => ({ terminalId, epoch: 'epoch' }));
  const standings = await standingsOf(deps, of, ['behind' as TerminalId]);
  expect([...standings.keys()]).toEqual(names);
  expect(names.filter((name) => standings.get(name)?.awaited)).toEqual(['behind', 'queued', 'sent']);
  for (const terminalId of names)
    expect(standings.get(terminalId)?.standings).toMatchObject([
      { terminalId, lane: 0, contiguous: terminalId.length },
      { terminalId, lane: 1 },
    ]);
  // Of nobody it asks nothing, and of these no more than is open for them.
  expect([(await standingsOf(deps, [], [])).size, asked]).toEqual([0, [of, 2]]);
});
