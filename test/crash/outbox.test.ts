import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Database from 'libsql';
import { afterAll, expect, it } from 'vitest';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { encryptionOptions, openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import type { EdgeStore } from '#shared/edge/store.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { eventData, steps as rows } from './store-steps.ts';
import { ALL, mine, sample, statesOf, tell } from './tally.ts';

/**
 * The real store of a terminal after a power cut: each commit's bytes in its log are on the disk in part (any first sectors, any sectors at all, of 512 and of
 * 4096 bytes), the bytes of a checkpoint likewise. What was committed before is there, what was being committed is there whole or not at all.
 */
const folder = mkdtempSync(join(tmpdir(), 'keyturn-outbox-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const FILES = ['store.db', 'store.db-wal'] as const;
type Disk = Readonly<Record<(typeof FILES)[number], Uint8Array>>;

const diskOf = (place: string): Disk => {
  const read = (name: string) =>
    existsSync(join(place, name)) ? new Uint8Array(readFileSync(join(place, name))) : new Uint8Array();
  return { 'store.db': read('store.db'), 'store.db-wal': read('store.db-wal') };
};

/** A transaction as a terminal has them: a row of its own and one to three events. */
function commit(store: EdgeStore, random: ReturnType<typeof seededRandom>): void {
  store.transaction((tx) => {
    const number = tx.list(rows).length;
    const lanes = ([0, 1, 0] as const).slice(0, 1 + random.below(3));
    tx.put(rows, String(number).padStart(8, '0'), { number, events: lanes.length });
    for (const [index, lane] of lanes.entries()) {
      const at = epochMs(1_700_000_000_000 + number);
      const stamp = {
        deviceTime: at,
        monotonic: number,
        bootId: 'boot',
        clockOffset: null,
        clockError: null,
      };
      const id = newId<never>({ now: () => at }, random);
      const data = { number, index, filler: 'x'.repeat(random.below(3000)) };
      tx.append({ id, kind: 'alert.raised', lane, stamp, data });
    }
  });
}

/** Whole transactions that are there, or what is wrong. */
function judge(store: EdgeStore): number {
  const listed = store.list(rows).map(({ value }) => value);
  expect(listed.map(({ number }) => number)).toEqual(listed.map((_, index) => index));
  const made = new Map<number, number>();
  for (const lane of [0, 1] as const) {
    const events = store.read(lane, 0, { events: 1e6, bytes: 1e9 });
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    expect(store.position(lane)).toMatchObject({ firstHeld: 0, last: events.length - 1, acked: -1 });
    for (const { data } of events) {
      const { number } = eventData.parse(data);
      made.set(number, (made.get(number) ?? 0) + 1);
    }
  }
  expect([...made].sort(([a], [b]) => a - b)).toEqual(listed.map(({ number, events }) => [number, events]));
  return listed.length;
}

interface Image {
  readonly label: string;
  readonly disk: Disk;
  /** Transactions that must be there at least, and at most. */
  readonly atLeast: number;
  readonly atMost: number;
}

/** `after` with only some of the sectors in which it differs from `before`. */
function mixed(
  before: Uint8Array,
  after: Uint8Array,
  sector: number,
  keep: (index: number) => boolean,
): Uint8Array {
  const out = new Uint8Array(after.length);
  out.set(before.subarray(0, after.length));
  for (let at = 0, index = 0; at < after.length; at += sector) {
    const end = Math.min(after.length, at + sector);
    if (Buffer.compare(after.subarray(at, end), out.subarray(at, end)) === 0) continue;
    if (keep(index)) out.set(after.subarray(at, end), at);
    index += 1;
  }
  return out;
}
const changedIn = (before: Uint8Array, after: Uint8Array, sector: number): number => {
  let count = 0;
  mixed(before, after, sector, () => {
    count += 1;
    return true;
  });
  return count;
};

/** Every image of one file's change: its first k sectors for each k, and as many times some sectors by chance. */
function images(
  name: (typeof FILES)[number],
  before: Disk,
  after: Disk,
  bounds: Pick<Image, 'atLeast' | 'atMost'>,
  label: string,
): readonly Image[] {
  return [512, 4096].flatMap((sector) => {
    const changed = changedIn(before[name], after[name], sector);
    return Array.from({ length: changed + 1 }, (_, count) => count).flatMap((count) => {
      const random = seededRandom(`${label} ${sector} ${count}`);
      return [
        { how: `first ${count}`, keep: (index: number) => index < count },
        { how: `some (${count})`, keep: () => random.below(2) === 1 },
      ].map(({ how, keep }) => ({
        label: `${label}: ${how} of ${changed} sectors of ${sector}`,
        disk: { ...before, [name]: mixed(before[name], after[name], sector, keep) },
        ...bounds,
      }));
    });
  });
}

/** Of two images with the same bytes and bounds the second would be the first again. */
const bytesOf = ({ disk, atLeast, atMost }: Image): string => {
  const hash = createHash('sha256');
  for (const name of FILES) hash.update(`${name} ${disk[name].length}\n`).update(disk[name]);
  return `${hash.digest('hex')} ${atLeast} ${atMost}`;
};

const put = (place: string, disk: Disk): void => {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const name of FILES) if (disk[name].length > 0) writeFileSync(join(place, name), disk[name]);
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** The driver has no end for a statement: a closed store's files stay open until its statements are collected, in a turn of the event loop that a loop over stores never gives. */
async function letGo(): Promise<void> {
  collect();
  await new Promise((resolve) => setImmediate(resolve));
}
/** So many images have some hundreds of stores. */
const LET_GO_AFTER = 50;

it.each([null, 'ab'.repeat(32)])(
  'SYN-1: power lost in any commit and in the checkpoint, and again in the first commit afterwards (key %s): what was committed is there, the last one whole or not at all',
  async (key) => {
    const place = join(folder, key === null ? 'plain' : 'sealed');
    const random = seededRandom('outbox');
    const path = join(place, 'store.db');
    let store = openLibsqlStore(path, () => 'first', key);
    const all: Image[] = [];
    let before = diskOf(place);
    const commits = 12;
    for (let count = 0; count < commits; count += 1) {
      commit(store, random);
      const after = diskOf(place);
      all.push(
        ...images(
          'store.db-wal',
          before,
          after,
          { atLeast: count, atMost: count + 1 },
          `commit ${count + 1}`,
        ),
      );
      before = after;
    }
    // The log goes into the file, synced, and only then is the log given up.
    store.close();
    const raw = new Database(path, encryptionOptions(key));
    raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    raw.close();
    expect(diskOf(place)['store.db-wal']).toHaveLength(0);
    const bounds = { atLeast: commits, atMost: commits };
    const merged = { ...diskOf(place), 'store.db-wal': before['store.db-wal'] };
    all.push(...images('store.db', before, merged, bounds, 'checkpoint'));
    const steps = commits + 1;
    const states = statesOf(all, bytesOf);
    const dealt = mine(states);
    const tried = sample(dealt, 60, key === null ? 0 : 1);
    let again = 0;
    let ofAgain = 0;
    let equal = 0;
    const there = join(place, 'image');
    for (const [index, { one, times }] of tried.entries()) {
      const { label, disk, atLeast, atMost } = one;
      put(there, disk);
      store = openLibsqlStore(join(there, 'store.db'), () => 'other', key);
      const found = judge(store);
      expect(found >= atLeast && found <= atMost, `${label}: ${found} of ${atLeast} to ${atMost}`).toBe(true);
      expect(store.epoch(), label).toBe('first');
      // The recovery goes on: one more commit, and power goes in it.
      const opened = diskOf(there);
      commit(store, random);
      const second = images(
        'store.db-wal',
        opened,
        diskOf(there),
        { atLeast: found, atMost: found + 1 },
        'again',
      );
      store.close();
      const different = statesOf(second, bytesOf);
      const chosen = sample(different, 1, index);
      ofAgain += second.length * times;
      if (ALL) equal += second.length * times - chosen.length;
      for (const { one: image } of chosen) {
        put(join(there, 'twice'), image.disk);
        const last = openLibsqlStore(join(there, 'twice', 'store.db'), () => 'other', key);
        const left = judge(last);
        expect(left >= found && left <= found + 1, `${label}, ${image.label}: ${left}`).toBe(true);
        last.close();
        again += 1;
      }
      if (index % LET_GO_AFTER === 0) await letGo();
    }
    const name = key === null ? 'outbox' : 'outbox, encrypted';
    const of = dealt.reduce((sum, { times }) => sum + times, 0);
    tell(name, { steps, cases: tried.length, of, equal: ALL ? of - tried.length : 0, states: states.length });
    tell(`${name}, the next commit cut too`, { steps: 1, cases: again, of: ofAgain, equal });
  },
);

it('SYN-1, SEC-3: the change of a plain store into an encrypted one, cut anywhere: the next start finds all of it', async () => {
  const place = join(folder, 'change');
  const random = seededRandom('change');
  const plain = openLibsqlStore(join(place, 'store.db'), () => 'first');
  for (let count = 0; count < 8; count += 1) commit(plain, random);
  plain.close();
  const former = diskOf(place);
  const key = 'cd'.repeat(32);
  // What the change leaves at its end: the sealed file, still beside the former one when power goes before the new name is on the disk.
  put(join(place, 'copy'), former);
  openLibsqlStore(join(place, 'copy', 'store.db'), () => 'other', key).close();
  const sealed = readFileSync(join(place, 'copy', 'store.db'));
  const steps = Math.ceil(sealed.length / 512) + 1;
  const cuts = mine(Array.from({ length: steps }, (_, index) => index * 512));
  const tried = sample(cuts, 40);
  for (const cut of tried) {
    const there = join(place, `cut-${cut}`);
    put(there, former);
    writeFileSync(join(there, 'store.db.sealing'), sealed.subarray(0, cut));
    for (let life = 0; life < 2; life += 1) {
      const store = openLibsqlStore(join(there, 'store.db'), () => 'other', key);
      expect(judge(store), `cut at ${cut}`).toBe(8);
      expect(store.epoch()).toBe('first');
      store.close();
    }
    expect(existsSync(join(there, 'store.db.sealing'))).toBe(false);
    expect(readFileSync(join(there, 'store.db')).subarray(0, 15).toString('latin1')).not.toBe(
      'SQLite format 3',
    );
    rmSync(there, { recursive: true });
  }
  await letGo();
  // A store that was cut off before it had a single table has nothing to lose, and is changed as well.
  const born = join(place, 'born');
  put(born, { 'store.db': former['store.db'].slice(0, 4096), 'store.db-wal': new Uint8Array() });
  const store = openLibsqlStore(join(born, 'store.db'), () => 'new', key);
  expect([judge(store), store.epoch()]).toEqual([0, 'new']);
  store.close();
  tell('local schema update', { steps, cases: tried.length, of: cuts.length });
});
