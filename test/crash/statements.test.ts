import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, expect, it, vi } from 'vitest';
import { openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { type EdgeStore, StoreFailure } from '#shared/edge/store.ts';
import type { EventId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Lane } from '#shared/protocol/envelope.ts';
import { steps as rows } from './store-steps.ts';
import { mine, pairs, SecondStops, sample, statesOf as statesIn, tell, upTo } from './tally.ts';

/**
 * The terminal's store with every statement, every opening of a file and every change of a file's name as a step: the disk refuses it once or for ever, has no
 * room, is pulled and stays away during the next start, or the process ends there; and then the same again while the program tries once more or starts again. What was answered stands, what failed
 * left nothing. (What power leaves of a commit's bytes: `outbox.test.ts`.)
 */
const STOPS = ['refused', 'refused-on', 'full', 'full-on', 'removed', 'ended-before', 'ended-after'] as const;
interface Stop {
  readonly step: number;
  readonly effect: (typeof STOPS)[number];
}
class Ended extends Error {}

const world = vi.hoisted(() => ({
  /** `what`: the call, in words. */
  step: (work: () => unknown, _what: string): unknown => work(),
  opened: new Set<{ readonly inTransaction: boolean; exec(sql: string): unknown; close(): unknown }>(),
}));
vi.mock('libsql', async (original) => {
  const { default: Real } = await original<{ default: typeof import('libsql') }>();
  type Call = (...bound: unknown[]) => unknown;
  interface Prepared {
    readonly run: Call;
    readonly get: Call;
    readonly all: Call;
    raw(): unknown;
  }
  class Stepped extends Real {
    constructor(...given: ConstructorParameters<typeof Real>) {
      world.step(() => undefined, 'open');
      super(...given);
      world.opened.add(this);
    }
    override close() {
      world.opened.delete(this);
      return super.close();
    }
    override exec(sql: string) {
      return world.step(() => super.exec(sql), sql) as this;
    }
    override prepare(sql: string) {
      const real = world.step(() => super.prepare(sql), `prepare ${sql}`) as unknown as Prepared;
      const stepped = {
        run: (...bound: unknown[]) => world.step(() => real.run(...bound), `run ${sql}`),
        get: (...bound: unknown[]) => world.step(() => real.get(...bound), `get ${sql}`),
        all: (...bound: unknown[]) => world.step(() => real.all(...bound), `all ${sql}`),
        raw: () => {
          real.raw();
          return stepped;
        },
      };
      return stepped as never;
    }
  }
  return { default: Stepped };
});
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    renameSync: (from: string, to: string) => world.step(() => fs.renameSync(from, to), 'rename'),
    rmSync: (path: string, options?: object) => world.step(() => fs.rmSync(path, options), 'remove'),
  };
});

const off = (): void => {
  world.step = (work) => work();
};
const quietly = <T>(work: () => T): T => {
  const { step } = world;
  off();
  try {
    return work();
  } finally {
    world.step = step;
  }
};

const CODES = { refused: 'SQLITE_IOERR', full: 'SQLITE_FULL', removed: 'SQLITE_CANTOPEN' } as const;
const refuse = (effect: Stop['effect']): never => {
  const code = CODES[effect.replace('-on', '') as keyof typeof CODES];
  throw Object.assign(new Error(effect), { code });
};

/**
 * A machine with up to two stops. The second counts its steps from the first on; each life of the process ends what was "for ever" but a disk that was
 * pulled, which is back at the start after the next. `heard`: each call after the last stop.
 */
function machine(stops: readonly Stop[], heard: (what: string) => void) {
  let next = 0;
  let since = 0;
  let standing: Stop['effect'] | null = null;
  let ended = false;
  let away = 0;
  return {
    steps: () => since,
    stopped: () => next,
    start: () => {
      ended = false;
      standing = away > 0 ? 'removed' : null;
      away -= 1;
      world.step = (work, what) => {
        if (ended) throw new Ended();
        since += 1;
        if (next === stops.length) heard(`${what} ${standing === null ? 'answered' : 'refused'}`);
        const stop = stops[next];
        if (stop !== undefined && stop.step === since) {
          next += 1;
          since = 0;
          if (stop.effect.startsWith('ended')) {
            if (stop.effect === 'ended-after') work();
            ended = true;
            throw new Ended();
          }
          if (stop.effect === 'removed') away = 1;
          if (stop.effect.endsWith('-on') || stop.effect === 'removed') standing = stop.effect;
          return refuse(stop.effect);
        }
        return standing === null ? work() : refuse(standing);
      };
    },
    end: () => {
      off();
      // As the operating system would: what keeps its statements would keep its locks as well.
      for (const database of world.opened) {
        if (database.inTransaction) database.exec('ROLLBACK');
        database.close();
      }
      world.opened.clear();
    },
  };
}

type Work = (store: EdgeStore) => void;
/** A transaction as a terminal has them: a row of its own and one event of each of these lanes. */
const commit =
  (number: number, lanes: readonly Lane[]): Work =>
  (store) =>
    store.transaction((tx) => {
      expect(tx.list(rows)).toHaveLength(number);
      tx.put(rows, String(number).padStart(8, '0'), { number, events: lanes.length });
      for (const [index, lane] of lanes.entries()) {
        const stamp = {
          ...{ deviceTime: epochMs(1_700_000_000_000 + number), monotonic: number },
          ...{ bootId: 'boot', clockOffset: null, clockError: null },
        };
        const id = `01890000-0000-7000-8000-${String(100 * number + index).padStart(12, '0')}` as EventId;
        tx.append({ id, kind: 'alert.raised', lane, stamp, data: { number, index } });
      }
    });
const at = epochMs(1_700_000_100_000);
const WORKS: readonly Work[] = [
  commit(0, [0]),
  commit(1, [0, 1, 0]),
  (store) => store.acknowledge(0, 1, at),
  (store) => store.acknowledge(1, 0, at),
  commit(2, [1, 1]),
  (store) => store.rewind(0, 0),
  (store) => void store.dropTelemetry(1),
  (store) => store.acknowledge(0, 2, at),
  (store) => void store.purgeAcknowledged(epochMs(at + 1)),
  commit(3, [0, 1]),
  (store) => store.beginEpoch('second'),
  commit(4, [0]),
];

const stateOf = (store: EdgeStore): string =>
  JSON.stringify([
    store.epoch(),
    ([0, 1] as const).map((lane) => [
      store.position(lane),
      store.read(lane, 0, { events: 1e6, bytes: 1e9 }).map(({ sequence, id }) => [sequence, id]),
    ]),
    store.list(rows),
  ]);

/** The driver gives back the files of forgotten statements in a turn of the event loop: of thousands of cases without one every descriptor would be taken. */
const CASES_A_TURN = 50;

const folder = mkdtempSync(join(tmpdir(), 'keyturn-statements-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Campaign {
  readonly name: string;
  readonly works: readonly Work[];
  readonly key: string | null;
  /** What lies on the disk before the first start. */
  readonly former: string | null;
}

/** Runs the program until all of its work is done, with these stops; answers the steps since the last one. `heard`: what it finds and does from then on. */
function live(
  { works, key, former }: Campaign,
  states: string[] | null,
  stops: readonly Stop[],
  heard: (what: string) => void = () => {},
): number {
  const label = stops.map(({ step, effect }) => `${effect} at ${step}`).join(', then ');
  const place = join(folder, 'home');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  if (former !== null) cpSync(former, place, { recursive: true });
  const own = machine(stops, heard);
  const path = join(place, 'store.db');
  let done = 0;
  let unsure = false;
  let recovered: number | null = null;
  for (let life = 0; done < works.length || life === 0; life += 1) {
    expect(life, label).toBeLessThan(8);
    own.start();
    try {
      const store = openLibsqlStore(path, () => 'first', key);
      const found = quietly(() => stateOf(store));
      if (own.stopped() === stops.length) heard(`start ${done} ${unsure} ${found}`);
      if (states !== null) {
        const may = unsure ? [states[done], states[done + 1]] : [states[done]];
        expect(may, `${label}: after a start`).toContain(found);
        if (unsure && found !== states[done]) done += 1;
      }
      unsure = false;
      for (let tries = 0; done < works.length && tries < 3; ) {
        try {
          if (own.stopped() === stops.length) heard(`work ${done}, try ${tries}`);
          works[done]?.(store);
          done += 1;
          if (stops.length > 0 && own.stopped() === stops.length) recovered ??= own.steps();
          if (states !== null)
            expect(
              quietly(() => stateOf(store)),
              label,
            ).toBe(states[done]);
        } catch (failure) {
          if (failure instanceof Ended) throw failure;
          expect(failure, label).toBeInstanceOf(StoreFailure);
          tries += 1;
          // Now and then nobody looks before the next try.
          if (states !== null && (done + tries) % 2 === 0)
            expect(
              quietly(() => stateOf(store)),
              `${label}: after a failure`,
            ).toBe(states[done]);
        }
      }
    } catch (failure) {
      if (failure instanceof Ended) unsure = true;
      else if (!(failure instanceof StoreFailure)) throw failure;
    } finally {
      own.end();
    }
  }
  return recovered ?? own.steps();
}

/** The states that each work leaves, seen without a stop. */
function statesOf({ works, key, former }: Campaign): string[] {
  const place = join(folder, 'clean');
  rmSync(place, { recursive: true, force: true });
  if (former !== null) cpSync(former, place, { recursive: true });
  const store = openLibsqlStore(join(place, 'store.db'), () => 'first', key);
  const states = [stateOf(store)];
  for (const work of works) {
    work(store);
    states.push(stateOf(store));
  }
  store.close();
  return states;
}

/** A plain store with work in it, as a terminal of before has it. */
function formerStore(): string {
  const place = join(folder, 'former');
  const store = openLibsqlStore(join(place, 'store.db'), () => 'first');
  for (const work of WORKS.slice(0, 5)) work(store);
  store.close();
  rmSync(join(place, 'store.db.lock'), { force: true });
  return place;
}

it.each([
  ['outbox, its statements', null],
  ['local schema update, its statements', 'ab'.repeat(32)],
] as const)(
  'SYN-1: %s: refused once or for ever, full, pulled or ended at every step, and again in the recovery: what was answered stands, what failed left nothing',
  { timeout: 900_000 },
  async (name, key) => {
    const campaign: Campaign = {
      ...{ name, key },
      works: key === null ? WORKS : WORKS.slice(5, 7),
      former: key === null ? null : formerStore(),
    };
    const states = statesOf(campaign);
    const steps = live(campaign, states, []);
    expect(steps).toBeGreaterThan(key === null ? 100 : 40);
    const all = (until: number) =>
      pairs(upTo(until), STOPS).map(([step, effect]): Stop => ({ step, effect }));
    const firsts = all(steps);
    const tried = sample(firsts, 40);
    let cases = 0;
    const inTurn = async (stops: readonly Stop[], heard?: (what: string) => void): Promise<number> => {
      cases += 1;
      if (cases % CASES_A_TURN === 0) await turn();
      return live(campaign, states, stops, heard);
    };
    const left: { readonly first: Stop; readonly recovered: number; readonly after: string }[] = [];
    for (const first of tried) {
      const after = createHash('sha256');
      const recovered = await inTurn([first], (what) => void after.update(`${what}\n`));
      left.push({ first, recovered, after: after.digest('hex') });
    }
    // A program whose every call and every finding are the same from the stop to the end of its work went on from the same.
    const different = statesIn(left, ({ after }) => after);
    const seconds = new SecondStops(different);
    for (const [index, state] of different.entries()) {
      const { first, recovered } = state.one;
      for (const second of seconds.tried(state, all(recovered), 1, index)) await inTurn([first, second]);
    }
    tell(name, { steps, cases: mine(tried).length, of: mine(firsts).length });
    tell(`${name}, stopped again`, seconds.tally(steps));
    if (key !== null) {
      expect(existsSync(join(folder, 'home', 'store.db.sealing'))).toBe(false);
      const head = readFileSync(join(folder, 'home', 'store.db'))
        .subarray(0, 15)
        .toString('latin1');
      expect(head).not.toBe('SQLite format 3');
    }
  },
);
