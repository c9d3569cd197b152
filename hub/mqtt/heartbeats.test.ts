import { expect, it } from 'vitest';
import { DatabaseTrouble, type HubDatabase } from '#hub/ports/database.ts';
import type { HeardBeat } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Heartbeat } from '#shared/protocol/envelope.ts';
import { createHeartbeats } from './heartbeats.ts';

const AT = epochMs(1_767_355_200_000);
const beatOf = (name: string) => ({
  beat: { terminal: name as TerminalId } as Heartbeat,
  at: AT,
  epoch: 'e',
});

/** A database that notes who was written together; it refuses `bad`, and is away for whoever `away` is written with. */
function world() {
  const written: string[][] = [];
  const heardAgain: { code: string; subject: string[] }[] = [];
  const hear = async (beats: readonly HeardBeat[]) => {
    const names = beats.map(({ beat }) => String(beat.terminal));
    written.push(names);
    if (names.includes('away')) throw new DatabaseTrouble('08006', true, 'gone', null, null);
    if (names.includes('bad')) throw new DatabaseTrouble('22003', false, 'out of range', null, null);
    return names.includes('behind') ? ['behind' as TerminalId] : [];
  };
  const stores = {
    terminals: { hear },
    alerts: {
      clear: async (of: { code: string; subject: string[] }) => {
        heardAgain.push(of);
        return false;
      },
    },
    commands: { list: async () => [{ terminalId: 'ordered' as TerminalId }] },
  };
  const beats = createHeartbeats({
    db: { stores } as unknown as HubDatabase,
    ingest: {
      standings: async (of) =>
        of.map((one) => ({ ...one, lane: 0 as const, contiguous: one.terminalId.length, conflict: false })),
    },
    clock: { now: () => AT } as never,
  });
  const take = (names: readonly string[]) => Promise.allSettled(names.map((name) => beats(beatOf(name))));
  return { written, heardAgain, take };
}

it('FLT-1: heartbeats that come while one is written are written together; each is told where it stands and whether something waits for it', async () => {
  const { written, take } = world();
  const taken = await take(['first', 'behind', 'ordered', 'quiet']);
  expect(written).toEqual([['first'], ['behind', 'ordered', 'quiet']]);
  expect(taken.map((one) => one.status === 'fulfilled' && one.value.awaited)).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(taken[3]).toMatchObject({ value: { standings: [{ terminalId: 'quiet', contiguous: 5 }] } });
});

it('FLT-1: nobody of whom a heartbeat came counts as silent any more, alone or with others', async () => {
  const { heardAgain, take } = world();
  await take(['first', 'second', 'third']);
  expect(heardAgain).toEqual([
    { code: 'terminal_stale', subject: ['first'] },
    { code: 'terminal_stale', subject: ['second', 'third'] },
  ]);
});

it('FLT-1: a heartbeat that the database refuses silences nobody else; while it is away, none is tried alone', async () => {
  const refused = world();
  expect((await refused.take(['first', 'a', 'bad', 'b'])).map(({ status }) => status)).toEqual([
    ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  ]);
  expect(refused.written).toEqual([['first'], ['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
  const away = world();
  expect((await away.take(['first', 'a', 'away'])).map(({ status }) => status)).toEqual([
    ...['fulfilled', 'rejected', 'rejected'],
  ]);
  expect(away.written).toEqual([['first'], ['a', 'away']]);
  expect((await away.take(['later']))[0]?.status).toBe('fulfilled');
});
