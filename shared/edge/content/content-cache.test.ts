import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { fault } from '#shared/kernel/result.ts';
import { silentLog } from '#shared/ports/log.ts';
import { createHubClock } from '../hub-clock.ts';
import { createRecorder } from '../recorder.ts';
import { memoryStore } from '../store-memory.ts';
import { aBundle, aStock, library, START, type Stock } from '../testing/a-bundle.ts';
import { createContentCache } from './content-cache.ts';
import { memoryContentFiles } from './files-memory.ts';

function aCache(stocks: readonly Stock[], options: { wanted?: readonly TitleId[]; limit?: number } = {}) {
  const clock = simulatedClock(START);
  const random = seededRandom(1);
  const store = memoryStore({ epoch: 'e' });
  const files = memoryContentFiles();
  const hub = library(stocks);
  const state = {
    wanted: options.wanted ?? stocks.map(({ title }) => title.titleId),
    cacheKey: new Uint8Array(32).fill(7) as Uint8Array | null,
    renewals: 0,
    bundle: aBundle({ titles: stocks.map(({ title }) => title) }),
  };
  const record = createRecorder({
    store,
    clock,
    random,
    stamp: createHubClock(clock, 'boot').stamp,
    appended: () => {},
  });
  const make = () =>
    createContentCache({
      store,
      files,
      cacheKey: () => state.cacheKey,
      renewLease: async () => {
        state.renewals += 1;
      },
      hub,
      clock,
      random,
      log: silentLog,
      record,
      limitBytes: () => options.limit ?? 10_000_000,
      bundle: () => state.bundle,
      wantedTitles: () => state.wanted,
    });
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn += 1) await clock.settle();
  };
  return { clock, store, files, hub, state, make, settled };
}

const wholeOf = async (cache: ReturnType<ReturnType<typeof aCache>['make']>, stock: Stock) => {
  const opened = await cache.open(stock.manifest.editionId);
  if (!opened.ok) throw new Error(opened.error.code);
  const into = new Uint8Array(stock.bytes.length);
  const read = await opened.value.read(0, into);
  await opened.value.close();
  return { read, into };
};

describe('content cache', () => {
  it('CNT-1: fetches what is wanted ahead of demand and reads it back at any offset', async () => {
    const stock = aStock(1);
    const site = aCache([stock]);
    const cache = site.make();
    await cache.start();
    await site.settled();
    expect(cache.ready()).toEqual([stock.title.titleId]);
    expect((await wholeOf(cache, stock)).into).toEqual(stock.bytes);
    const opened = await cache.open(stock.manifest.editionId);
    if (!opened.ok) throw new Error(opened.error.code);
    for (const [offset, length] of [
      [0, 1],
      [65_535, 2],
      [131_000, 69_000],
      [199_999, 1],
    ] as const) {
      const into = new Uint8Array(length);
      await opened.value.read(offset, into);
      expect(into).toEqual(stock.bytes.slice(offset, offset + length));
    }
    await opened.value.close();
    await cache.stop();
  });

  it('CNT-1: on the disk nothing of the content can be read', async () => {
    const stock = aStock(1);
    const site = aCache([stock]);
    const cache = site.make();
    await cache.start();
    await site.settled();
    const disk = Buffer.from(site.files.bytesOf(stock.manifest.editionId));
    expect(disk.length).toBe(stock.bytes.length + 4 * 16);
    for (let offset = 0; offset < stock.bytes.length - 16; offset += 4_096)
      expect(disk.includes(Buffer.from(stock.bytes.subarray(offset, offset + 16)))).toBe(false);
    await cache.stop();
    site.state.cacheKey = new Uint8Array(32).fill(8);
    const thief = site.make();
    expect(await thief.open(stock.manifest.editionId)).toMatchObject({
      ok: false,
      error: { code: 'content_damaged' },
    });
  });

  it('CNT-1: goes on after a restart where it stood, asking for no chunk twice', async () => {
    const stock = aStock(1, 1_000_000);
    const site = aCache([stock]);
    site.hub.limit(7);
    const first = site.make();
    await first.start();
    await site.settled();
    expect(first.progress(stock.title.titleId)).toMatchObject({
      state: 'failed',
      bytes: 7 * 65_536,
      fault: { code: 'hub_away' },
    });
    await first.stop();
    site.hub.limit(1_000);
    const second = site.make();
    await second.start();
    await site.settled();
    expect(second.progress(stock.title.titleId).state).toBe('ready');
    expect(new Set(site.hub.asked).size).toBe(site.hub.asked.length);
    expect((await wholeOf(second, stock)).into).toEqual(stock.bytes);
    await second.stop();
  });

  it('CNT-1, OPS-1: of a title that left the catalogue neither the wish nor what went wrong is kept, also when it comes back', async () => {
    const stock = aStock(1, 1_000_000);
    const site = aCache([stock], { wanted: [] });
    const { titleId } = stock.title;
    site.hub.limit(0);
    const cache = site.make();
    await cache.start();
    await site.settled();
    cache.request(titleId);
    await site.settled();
    expect(cache.progress(titleId)).toMatchObject({ state: 'failed', fault: { code: 'hub_away' } });
    const whole = site.state.bundle;
    for (const bundle of [aBundle({ version: 'without it', titles: [] }), whole]) {
      site.state.bundle = bundle;
      cache.wake();
      await site.settled();
    }
    expect(cache.progress(titleId)).toMatchObject({ state: 'absent', fault: null });
    await cache.stop();
  });

  it('CNT-1: what is asked for or leaves the catalogue just as the cache ends its work is not left for the next time', async () => {
    const [gone, first, last] = [aStock(1), aStock(2), aStock(3)];
    for (let later = 0; later < 20; later += 1) {
      const site = aCache([gone, first, last], { wanted: [gone.title.titleId] });
      const cache = site.make();
      await cache.start();
      await site.settled();
      expect(cache.ready()).toEqual([gone.title.titleId]);
      const { titleId } = first.title;
      const unwatch = cache.watch(() => {
        if (cache.progress(titleId).state !== 'ready') return;
        unwatch();
        let turn = Promise.resolve();
        for (let turns = 0; turns < later; turns += 1) turn = turn.then(() => {});
        void turn.then(() => {
          site.state.bundle = aBundle({ version: 'without it', titles: [first.title, last.title] });
          cache.request(last.title.titleId);
        });
      });
      cache.request(titleId);
      await site.settled();
      expect(cache.progress(last.title.titleId).state, `${later} turns later`).toBe('ready');
      expect(cache.totals().titles, `${later} turns later`).toBe(2);
      await cache.stop();
    }
  });

  it('CNT-1: comes back by itself when the hub does', async () => {
    const stock = aStock(1, 1_000_000);
    const site = aCache([stock]);
    site.hub.limit(3);
    const cache = site.make();
    await cache.start();
    await site.settled();
    site.hub.limit(1_000);
    await site.clock.advance(5_000);
    await site.settled();
    expect(cache.ready()).toHaveLength(1);
    await cache.stop();
  });

  it('CNT-1: a chunk that is not what the manifest says is never written', async () => {
    const stock = aStock(1);
    const site = aCache([stock]);
    site.hub.tamper((bytes) => {
      bytes[5] = (bytes[5] ?? 0) ^ 1;
      return bytes;
    });
    const cache = site.make();
    await cache.start();
    await site.settled();
    expect(cache.progress(stock.title.titleId)).toMatchObject({
      state: 'failed',
      bytes: 0,
      fault: { code: 'content_chunk_wrong' },
    });
    expect(site.files.bytesOf(stock.manifest.editionId)).toHaveLength(0);
    await cache.stop();
  });

  it('CNT-1: damage on the disk is noticed at reading, and the edition is fetched again', async () => {
    const stock = aStock(1);
    const site = aCache([stock]);
    const cache = site.make();
    await cache.start();
    await site.settled();
    const disk = site.files.bytesOf(stock.manifest.editionId);
    disk[70_000] = (disk[70_000] ?? 0) ^ 1;
    expect((await wholeOf(cache, stock)).read).toMatchObject({
      ok: false,
      error: { code: 'source_changed' },
    });
    expect(cache.ready()).toEqual([]);
    cache.wake();
    await site.settled();
    expect((await wholeOf(cache, stock)).into).toEqual(stock.bytes);
    await cache.stop();
  });

  it('CNT-1: without a lease nothing is opened, offered or fetched, and a running write reads on', async () => {
    const stock = aStock(1);
    const site = aCache([stock]);
    const cache = site.make();
    await cache.start();
    await site.settled();
    const running = await cache.open(stock.manifest.editionId);
    if (!running.ok) throw new Error(running.error.code);
    site.state.cacheKey = null;
    expect([cache.leased(), cache.ready()]).toEqual([false, []]);
    expect(cache.progress(stock.title.titleId).state).not.toBe('ready');
    expect(await cache.open(stock.manifest.editionId)).toMatchObject({
      ok: false,
      error: { code: 'content_lease_over' },
    });
    expect(site.state.renewals).toBe(1);
    const into = new Uint8Array(stock.bytes.length);
    expect((await running.value.read(0, into)).ok).toBe(true);
    expect(into).toEqual(stock.bytes);
    await running.value.close();
    await cache.stop();
  });

  it('CNT-1: a customer’s wish goes before what is wanted ahead, with a stated wait', async () => {
    const [first, second] = [aStock(1, 3_000_000), aStock(2, 400_000)];
    const site = aCache([first, second], { wanted: [first.title.titleId] });
    const slow = site.make();
    let release: (() => void)[] = [];
    const content = site.hub.content;
    site.hub.content = async (...request) => {
      await new Promise<void>((resolve) => {
        const answered = new AbortController();
        const go = (): void => {
          answered.abort();
          resolve();
        };
        release.push(go);
        request[3]?.addEventListener('abort', go, { signal: answered.signal });
      });
      return request[3]?.aborted === true ? fault('hub_away', 'aborted') : content(...request);
    };
    const tick = async (): Promise<void> => {
      const waiting = release;
      release = [];
      for (const go of waiting) go();
      await site.clock.advance(100);
      await site.settled();
    };
    await slow.start();
    await site.settled();
    for (let index = 0; index < 4; index += 1) await tick();
    expect(slow.progress(first.title.titleId)).toMatchObject({ state: 'fetching', bytes: 4 * 65_536 });
    expect(slow.progress(first.title.titleId).bytesPerSecond).toBeGreaterThan(0);
    expect(slow.request(second.title.titleId).ok).toBe(true);
    await site.settled();
    expect(slow.progress(second.title.titleId).state).toBe('fetching');
    expect(slow.progress(first.title.titleId).state).toBe('waiting');
    await tick();
    await tick();
    expect(slow.progress(second.title.titleId).secondsLeft).toBeGreaterThan(0);
    for (let index = 0; index < 80; index += 1) await tick();
    expect([...slow.ready()].sort()).toEqual([first.title.titleId, second.title.titleId].sort());
    await slow.stop();
  });

  it('CNT-1: what is wanted least makes room, what is wanted more stays', async () => {
    const stocks = [aStock(1), aStock(2), aStock(3)] as const;
    const ids = stocks.map(({ title }) => title.titleId);
    const site = aCache(stocks, { limit: 450_000, wanted: ids.slice(0, 2) });
    const cache = site.make();
    await cache.start();
    await site.settled();
    expect(cache.ready()).toEqual(ids.slice(0, 2));
    expect(cache.request(stocks[2].title.titleId).ok).toBe(true);
    await site.settled();
    expect(cache.ready()).toEqual([ids[0], ids[2]]);
    expect(cache.progress(stocks[1].title.titleId)).toMatchObject({ fault: { code: 'storage_short' } });
    expect(cache.totals()).toMatchObject({ bytes: 400_000, titles: 2 });
    await cache.stop();
  });

  it('CNT-1: an edition that the catalogue no longer names goes', async () => {
    const [old, fresh] = [aStock(1), aStock(2)];
    const site = aCache([old, fresh], { wanted: [old.title.titleId] });
    const cache = site.make();
    await cache.start();
    await site.settled();
    const renewed = { ...old.title, edition: fresh.title.edition };
    site.state.bundle = aBundle({ version: 'bundle-2', titles: [renewed] });
    cache.wake();
    await site.settled();
    expect(site.files.bytesOf(old.manifest.editionId)).toHaveLength(0);
    expect(cache.progress(old.title.titleId).state).toBe('ready');
    await cache.stop();
  });
});
