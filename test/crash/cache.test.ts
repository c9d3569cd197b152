import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { createContentCache } from '#shared/edge/content/content-cache.ts';
import type { ContentFiles } from '#shared/edge/content/files.ts';
import { createHubClock } from '#shared/edge/hub-clock.ts';
import { createRecorder } from '#shared/edge/recorder.ts';
import { table } from '#shared/edge/store.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import { aBundle, aStock, library, START } from '#shared/edge/testing/a-bundle.ts';
import type { EditionId } from '#shared/kernel/ids.ts';
import { silentLog } from '#shared/ports/log.ts';
import { ALL, mine, pairs, SecondStops, sample, statesOf, tell, upTo } from './tally.ts';

/**
 * The download of an edition onto the kiosk's own disk, stopped at every I/O step in every way and again while it goes on. What the cache hands out is what
 * the hub sent, or nothing; in the end it is here whole.
 */
const STOPS = [
  ...(['refused', 'refused-on', 'full', 'full-on', 'removed', 'torn-512', 'torn-4096'] as const),
  ...(['cut-before', 'cut-after', 'lost', 'reordered'] as const),
] as const;
interface Stop {
  readonly step: number;
  readonly effect: (typeof STOPS)[number];
}

const stock = aStock(1, 1_150_000);
/** What a file has room for; bytes that were never written are zeros, as in a file with a hole. */
const ROOM = 1_200_000;

/** The terminal is off: nothing that was under way goes on, and nothing ever answers it. */
const never = <T>(): Promise<T> => new Promise(() => {});

/** What the cache knows of its editions beside their files. */
const rows = table('content', z.looseObject({}));

/** A disk whose files keep what was synced for certain, the rest by chance. */
function disk(seed: string) {
  const random = seededRandom(seed);
  const files = new Map<EditionId, Uint8Array>();
  let synced = new Map<EditionId, Uint8Array>();
  let stop: Stop | null = null;
  let steps = 0;
  let off = false;
  let gone = false;
  let life = 0;

  const lose = (sector: number, all: boolean): void => {
    for (const [edition, now] of files) {
      const before = synced.get(edition) ?? new Uint8Array(ROOM);
      const after = Uint8Array.from(now);
      for (let at = 0; at < now.length; at += sector) {
        const end = Math.min(now.length, at + sector);
        if (Buffer.compare(now.subarray(at, end), before.subarray(at, end)) === 0) continue;
        if (!all && random.below(2) === 0) continue;
        after.fill(0, at, end);
        after.set(before.subarray(at, end), at);
      }
      files.set(edition, after);
    }
  };
  const step = <T>(whose: number, writes: boolean, work: () => T): Promise<T> => {
    if (off || whose !== life) return never();
    steps += 1;
    const now = stop !== null && (steps === stop.step || (steps > stop.step && stop.effect.endsWith('-on')));
    const effect = now ? stop?.effect : undefined;
    if (effect === 'refused' || effect === 'refused-on') return Promise.reject(new Error('EIO'));
    if ((effect === 'full' || effect === 'full-on') && writes) return Promise.reject(new Error('ENOSPC'));
    if (gone || effect === 'removed') {
      // Pulled: what was not synced is lost, and nothing answers until somebody puts it back in and starts again.
      if (!gone) lose(4096, false);
      gone = true;
      return Promise.reject(new Error('ENODEV'));
    }
    if (effect === undefined || effect.startsWith('full')) return Promise.resolve(work());
    if (effect !== 'cut-before') work();
    if (effect !== 'cut-before' && effect !== 'cut-after')
      lose(effect === 'torn-512' ? 512 : 4096, effect === 'lost');
    off = true;
    return never();
  };

  /** The disk as the process of this life has it: who lived before power went does nothing any more. */
  const portsOf = (whose: number): ContentFiles => ({
    list: () => step(whose, false, () => [...files.keys()]),
    remove: (edition) => step(whose, true, () => void files.delete(edition)),
    open: (edition) =>
      step(whose, true, () => {
        files.set(edition, files.get(edition) ?? new Uint8Array(ROOM));
        return {
          write: (offset: number, bytes: Uint8Array) =>
            step(whose, true, () => {
              files.get(edition)?.set(bytes, offset);
            }),
          read: (offset: number, into: Uint8Array) =>
            step(whose, false, () => {
              const held = files.get(edition) ?? new Uint8Array();
              into.set(held.subarray(offset, offset + into.length));
            }),
          sync: () =>
            step(whose, true, () => {
              synced.set(edition, Uint8Array.from(files.get(edition) ?? []));
            }),
          close: () => step(whose, false, () => undefined),
        };
      }),
  });
  return {
    steps: () => steps,
    isOff: () => off,
    /** Names and bytes of its files, as they would be found now. */
    contents: () => {
      const hash = createHash('sha256');
      for (const [edition, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
        hash.update(`${edition}\n`).update(bytes);
      return hash.digest('hex');
    },
    /** Power is back, and this is what goes wrong next. */
    on: (next: Stop | null): ContentFiles => {
      life += 1;
      stop = next;
      steps = 0;
      off = false;
      gone = false;
      synced = new Map([...files].map(([edition, bytes]) => [edition, Uint8Array.from(bytes)]));
      return portsOf(life);
    },
  };
}

/** A kiosk with this disk; `start` is one life of its process. */
function kiosk(seed: string) {
  const own = disk(seed);
  const clock = simulatedClock(START);
  // By the command every kiosk has the same keys, so that stops which left the same can be seen to.
  const random = seededRandom(ALL ? 'kiosk' : seed);
  const store = memoryStore({ epoch: 'e' });
  const hub = library([stock]);
  const bundle = aBundle({ titles: [stock.title] });
  const record = createRecorder({
    store,
    clock,
    random,
    stamp: createHubClock(clock, 'boot').stamp,
    appended: () => {},
  });
  /** Lives until the edition is here or power goes; answers what was read of it, null where there was nothing. */
  async function live(stop: Stop | null): Promise<Uint8Array | null> {
    const files = own.on(stop);
    const cache = createContentCache({
      store,
      files,
      cacheKey: () => new Uint8Array(32).fill(7),
      renewLease: async () => {},
      hub,
      clock,
      random,
      log: silentLog,
      record,
      limitBytes: () => 10_000_000,
      bundle: () => bundle,
      wantedTitles: () => [stock.title.titleId],
    });
    // What fails at the start of a program is said to its operator; the next start tries again.
    let started = false;
    void cache.start().then(
      () => {
        started = true;
      },
      () => undefined,
    );
    for (let turn = 0; turn < 9 && !own.isOff() && cache.ready().length === 0; turn += 1) {
      for (let settle = 0; settle < 25; settle += 1) await clock.settle();
      if (turn > 4 && cache.ready().length === 0) await clock.advance(900_000);
    }
    // A process whose power went answers nothing any more, so nobody waits for it longer than it could need.
    const within = <T>(work: Promise<T>): Promise<T | null> => Promise.race([work, settled(clock)]);
    const opened = cache.ready().length === 0 ? null : await within(cache.open(stock.manifest.editionId));
    const into = new Uint8Array(stock.bytes.length);
    const read = opened?.ok === true ? await within(opened.value.read(0, into)) : null;
    if (opened?.ok === true) await within(opened.value.close().catch(() => undefined));
    if (started) await within(cache.stop());
    return read?.ok === true ? into : null;
  }
  /** What a next life finds; but for when an edition was used last, which decides nothing where there is only one. */
  const left = (): string =>
    `${own.contents()} ${JSON.stringify(store.list(rows).map(({ value }) => ({ ...value, usedAt: 0 })))}`;
  return { live, steps: own.steps, left };
}

async function settled(clock: ReturnType<typeof simulatedClock>): Promise<null> {
  for (let turn = 0; turn < 60; turn += 1) await clock.settle();
  return null;
}

const right = (read: Uint8Array | null): boolean => read === null || Buffer.compare(read, stock.bytes) === 0;

it('CNT-1: a download stopped at every I/O step, and again while it goes on: never a wrong byte, in the end all of it', async () => {
  const clean = kiosk('clean');
  expect(right(await clean.live(null))).toBe(true);
  const steps = clean.steps();
  expect(steps).toBeGreaterThan(40);
  const stops = (until: number) =>
    pairs(upTo(until), STOPS).map(([step, effect]): Stop => ({ step, effect }));
  const firsts = stops(steps);
  const ended = new Set<string>();
  /** Answers what the first stop left, and the steps of the life after it. */
  const run = async (first: Stop, second: Stop | null): Promise<{ left: string; recovered: number }> => {
    const label = `${first.effect} at ${first.step}, then ${second?.effect ?? 'nothing'} at ${second?.step ?? 0}`;
    const site = kiosk(label);
    expect(right(await site.live(first)), label).toBe(true);
    const left = ALL ? site.left() : '';
    expect(right(await site.live(second)), label).toBe(true);
    const recovered = site.steps();
    if (ALL && ended.has(site.left())) return { left, recovered };
    ended.add(ALL ? site.left() : '');
    // What came out damaged is found by the first reader and fetched again.
    const third = await site.live(null);
    const last = third ?? (await site.live(null));
    expect(last !== null && right(last), `${label}: in the end`).toBe(true);
    return { left, recovered };
  };
  const tried = sample(firsts, 80);
  const all: { readonly first: Stop; readonly left: string; readonly recovered: number }[] = [];
  for (const first of tried) all.push({ first, ...(await run(first, null)) });
  const states = statesOf(all, ({ left }) => left);
  const seconds = new SecondStops(states);
  for (const [index, state] of states.entries()) {
    const { first, recovered } = state.one;
    for (const second of seconds.tried(state, stops(recovered), 1, index)) await run(first, second);
  }
  tell('cache download', { steps, cases: mine(tried).length, of: mine(firsts).length });
  tell('cache download, stopped again', seconds.tally(steps));
});
