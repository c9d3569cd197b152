import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { type EdgeStore, StoreFailure } from '#shared/edge/store.ts';
import type { Lane } from '#shared/protocol/envelope.ts';
import { eventData, steps } from './store-steps.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'keyturn-killed-'));
/** Below the project, so that the program finds the packages. */
const program = join(root, '.build', `store-writer-${process.pid}`);

beforeAll(async () => {
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      ssr: join(root, 'test', 'crash', 'store-writer.ts'),
      outDir: program,
      emptyOutDir: true,
      rollupOptions: { output: { entryFileNames: 'store-writer.mjs' } },
    },
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { recursive: true, force: true });
});

/** Runs the writer; ends when it has ended. Answers every line it said; `seen` may kill it. */
async function write(
  command: readonly string[],
  seen: (line: string, child: ChildProcess) => void,
): Promise<readonly string[]> {
  const [name = '', ...args] = command;
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    seen(line, child);
  }
  return said;
}
const writer = (path: string, seed: string): readonly string[] => [
  process.execPath,
  join(program, 'store-writer.mjs'),
  path,
  seed,
];

/** `lane:sequence` of everything that the writer called committed. */
const committedIn = (said: readonly string[]): readonly string[] =>
  said.filter((line) => line.startsWith('committed ')).flatMap((line) => line.split(' ').slice(1));

const eventsOf = (store: EdgeStore, lane: Lane) => store.read(lane, 0, { events: 1e6, bytes: 1e9 });

/** SYN-1: each transaction is there as a whole or not at all, and both lanes count without a gap. Answers `lane:sequence` of all. */
function judge(store: EdgeStore): ReadonlySet<string> {
  const all = ([0, 1] as const).flatMap((lane) => {
    const events = eventsOf(store, lane);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    expect(store.position(lane)).toMatchObject({ firstHeld: 0, last: events.length - 1, acked: -1 });
    return events.map((event) => ({ ...event, lane }));
  });
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const made = new Map<number, number>();
  for (const { data } of all) {
    const { number } = eventData.parse(data);
    made.set(number, (made.get(number) ?? 0) + 1);
  }
  const rows = store.list(steps).map(({ value }) => value);
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index));
  expect(Object.fromEntries(made)).toEqual(
    Object.fromEntries(rows.map(({ number, events }) => [number, events])),
  );
  return new Set(all.map(({ lane, sequence }) => `${lane}:${sequence}`));
}

describe('edge store of a killed process', () => {
  it('SYN-1: kill -9 at 30 seeded moments loses nothing that was said, leaves nothing half, no gap, no lock', async () => {
    const path = join(folder, 'killed', 'store.db');
    const random = seededRandom('kill -9');
    let said: readonly string[] = [];
    let kills = 0;
    let epoch: string | null = null;
    for (let round = 0; round < 30; round += 1) {
      // Every fifth dies while it opens the store, the others after so many commits (the kill itself falls anywhere in the next ones).
      const after = round % 5 === 0 ? -1 : (random.bytes(1)[0] ?? 0) % 40;
      let commits = -1;
      const lines = await write(writer(path, `round ${round}`), (line, child) => {
        if (line !== 'opening') commits += 1;
        if (commits < after || child.killed) return;
        if (after >= 0) expect(() => openLibsqlStore(path, () => 'mine')).toThrow(StoreFailure);
        child.kill('SIGKILL');
        kills += 1;
      });
      said = [...said, ...committedIn(lines)];
      const store = openLibsqlStore(path, () => 'first');
      epoch ??= store.epoch();
      expect(store.epoch()).toBe(epoch);
      const there = judge(store);
      expect(said.filter((each) => !there.has(each))).toEqual([]);
      store.close();
    }
    expect(kills).toBe(30);
    expect(said.length).toBeGreaterThan(300);
  });

  it('SYN-1: a disk that takes no more is a StoreFailure: what was said is there, the refused transaction is not', async () => {
    for (const kilobytes of [60, 200, 700]) {
      const path = join(folder, `full-${kilobytes}`, 'store.db');
      openLibsqlStore(path, () => 'first').close();
      const limited = ['bash', '-c', `trap '' XFSZ; ulimit -f ${kilobytes}; exec "$@"`, 'bash'];
      const said = await write([...limited, ...writer(path, `full ${kilobytes}`)], () => undefined);
      const last = said.at(-1)?.split(' ') ?? [];
      expect(last.slice(0, 2)).toEqual(['refused', expect.stringMatching(/^store_(full|io_error)$/)]);
      const store = openLibsqlStore(path, () => 'other');
      expect([...judge(store)].sort()).toEqual([...committedIn(said)].sort());
      expect(last.slice(2).map(Number)).toEqual([store.position(0).last, store.position(1).last]);
      store.close();
    }
  });
});
