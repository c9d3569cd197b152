import type { EditionId, TitleId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import { backOff } from '../back-off.ts';
import type { HubClient } from '../hub-client.ts';
import type { Record } from '../recorder.ts';
import type { EdgeStore, EdgeTransaction } from '../store.ts';
import type { ContentCache, ContentProgress } from './cache.ts';
import { fetchEdition } from './fetcher.ts';
import type { ContentFiles } from './files.ts';
import { createShelf, isComplete, type Shelved } from './shelf.ts';
import { type HeldEdition, roomFor, speedOf, type WantedEdition, wantedInOrder } from './want.ts';

export interface ContentCacheDeps {
  readonly store: EdgeStore;
  readonly files: ContentFiles;
  /** The key of the running lease; null while none runs. */
  cacheKey(): Uint8Array | null;
  /** Asks the hub for a lease now. */
  renewLease(): Promise<void>;
  readonly hub: Pick<HubClient, 'manifest' | 'content'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly record: Record;
  /** What all editions together may take, in bytes. */
  limitBytes(): number;
  bundle(): Bundle | null;
  /** Titles to hold ahead of demand, most wanted first. */
  wantedTitles(): readonly TitleId[];
}

export interface RunningCache extends ContentCache {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Catalogue, configuration or connection changed: look again at what is wanted. */
  wake(): void;
  /** Goes over to another cache key, in this transaction. */
  rewrap(tx: EdgeTransaction, from: Uint8Array, to: Uint8Array): void;
}

const SPEED_SPAN = 10_000;
/** What somebody asked for stays at least so long once it is here, whatever else is wanted. */
const KEPT_FOR_CUSTOMER = 3_600_000;

/** The kiosk's content: one edition is fetched at a time, the most wanted first (CNT-1). */
export function createContentCache(deps: ContentCacheDeps): RunningCache {
  const { clock, log } = deps;
  const shelf = createShelf(deps);
  const listeners = new Set<() => void>();
  const faults = new Map<EditionId, Fault>();
  const notBefore = new Map<EditionId, number>();
  const attempts = new Map<EditionId, number>();
  /** When a wish ends, by the monotonic clock; infinite until its edition is here. */
  const asked = new Map<TitleId, number>();
  let samples: readonly { at: number; bytes: number }[] = [];
  let fetching: { readonly want: WantedEdition; readonly abort: AbortController; bytes: number } | null =
    null;
  let work: Promise<void> | null = null;
  /** Whether somebody woke it while it worked: what came meanwhile is looked for again. */
  let wokenAgain = false;
  let cancelTimer = (): void => {};
  let running = false;

  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const editionOf = (titleId: TitleId): Omit<WantedEdition, 'asked'> | null =>
    catalogue().get(titleId) ?? null;
  let known: { bundle: Bundle | null; map: ReadonlyMap<TitleId, Omit<WantedEdition, 'asked'>> } = {
    bundle: null,
    map: new Map(),
  };
  const catalogue = (): ReadonlyMap<TitleId, Omit<WantedEdition, 'asked'>> => {
    const bundle = deps.bundle();
    if (bundle !== known.bundle)
      known = {
        bundle,
        map: new Map(
          (bundle?.titles ?? [])
            .filter(({ withdrawn }) => !withdrawn)
            .map(({ titleId, edition }) => [titleId, { titleId, ...edition }]),
        ),
      };
    return known.map;
  };
  const complete = (edition: EditionId): boolean => {
    const row = shelf.get(edition);
    return row !== null && isComplete(row);
  };
  const stillAsked = (): ReadonlyMap<TitleId, number> => {
    for (const [titleId, until] of asked) if (until <= clock.monotonic()) asked.delete(titleId);
    return asked;
  };
  const wanted = (): readonly WantedEdition[] =>
    wantedInOrder(catalogue(), [...stillAsked().keys()], deps.wantedTitles());
  /** As `wanted` has it, without making that list: a screen asks for each of its titles. */
  const isWanted = (titleId: TitleId): boolean =>
    catalogue().has(titleId) && (stillAsked().has(titleId) || deps.wantedTitles().includes(titleId));
  const report = (
    titleId: TitleId,
    state: 'fetching' | 'ready' | 'dropped' | 'failed',
    bytes: number,
  ): void => {
    deps.record((tx) => tx.emit({ kind: 'cache.changed', data: { titleId, state, bytes, at: clock.now() } }));
  };

  const held = (): readonly HeldEdition[] =>
    shelf.all().map((row) => ({
      editionId: row.editionId,
      titleId: row.titleId,
      bytes: row.bytes,
      complete: isComplete(row),
      usedAt: row.usedAt,
      busy: shelf.isOpen(row.editionId) || fetching?.want.editionId === row.editionId,
    }));

  const makeRoom = async (want: WantedEdition): Promise<boolean> => {
    const need = shelf.get(want.editionId) === null ? want.bytes : 0;
    const gone = roomFor(want, need, deps.limitBytes(), held(), wanted());
    if (gone === null) return false;
    for (const edition of gone) {
      const row = shelf.get(edition);
      await shelf.drop(edition);
      if (row !== null) report(row.titleId, 'dropped', row.bytes);
    }
    return true;
  };

  /** Editions that the catalogue no longer names go as soon as nobody reads them, and with them what was wished and what went wrong. */
  const dropObsolete = async (): Promise<void> => {
    if (deps.bundle() === null) return;
    const current = new Set([...catalogue().values()].map(({ editionId }) => editionId));
    for (const known of [faults, notBefore, attempts])
      for (const editionId of known.keys()) if (!current.has(editionId)) known.delete(editionId);
    for (const titleId of asked.keys()) if (!catalogue().has(titleId)) asked.delete(titleId);
    for (const row of shelf.all())
      if (!current.has(row.editionId) && !shelf.isOpen(row.editionId)) {
        await shelf.drop(row.editionId);
        report(row.titleId, 'dropped', row.bytes);
      }
  };

  const nextWant = (): WantedEdition | null =>
    deps.cacheKey() === null
      ? null
      : (wanted().find(
          ({ editionId }) => !complete(editionId) && (notBefore.get(editionId) ?? 0) <= clock.monotonic(),
        ) ?? null);

  const failed = (want: WantedEdition, why: Fault): void => {
    const times = (attempts.get(want.editionId) ?? 0) + 1;
    attempts.set(want.editionId, times);
    faults.set(want.editionId, why);
    const [first, longest] = why.code === 'hub_away' ? [2_000, 60_000] : [30_000, 900_000];
    notBefore.set(want.editionId, clock.monotonic() + backOff(times - 1, deps.random, first, longest));
    log.warn({ title: want.titleId, code: why.code }, 'content not fetched');
    if (why.code !== 'hub_away') report(want.titleId, 'failed', shelf.get(want.editionId)?.bytes ?? 0);
  };

  const fetchOne = async (want: WantedEdition): Promise<void> => {
    if (!(await makeRoom(want))) {
      failed(want, { code: 'storage_short', message: 'no room for it among what is wanted more' });
      return;
    }
    const abort = new AbortController();
    const already = shelf.get(want.editionId);
    fetching = { want, abort, bytes: already === null ? 0 : bytesHere(already) };
    samples = [{ at: clock.monotonic(), bytes: fetching.bytes }];
    if (already === null) report(want.titleId, 'fetching', 0);
    changed();
    const progress = (bytes: number): void => {
      if (fetching !== null) fetching.bytes = bytes;
      samples = [...samples, { at: clock.monotonic(), bytes }].filter(
        ({ at }) => at >= clock.monotonic() - SPEED_SPAN,
      );
      changed();
    };
    const fetched = await fetchEdition({ hub: deps.hub, shelf, progress }, want, abort.signal);
    fetching = null;
    if (fetched.ok) {
      for (const known of [faults, notBefore, attempts]) known.delete(want.editionId);
      if (asked.has(want.titleId)) asked.set(want.titleId, clock.monotonic() + KEPT_FOR_CUSTOMER);
      report(want.titleId, 'ready', want.bytes);
    } else if (fetched.error.code !== 'fetch_interrupted') failed(want, fetched.error);
    changed();
  };

  const loop = async (): Promise<void> => {
    await dropObsolete();
    for (let want = nextWant(); running && want !== null; want = nextWant()) await fetchOne(want);
    const waiting = wanted().filter(({ editionId }) => !complete(editionId));
    const soonest = Math.min(...waiting.map(({ editionId }) => notBefore.get(editionId) ?? 0));
    cancelTimer();
    if (running && waiting.length > 0)
      cancelTimer = clock.after(milliseconds(Math.max(1_000, soonest - clock.monotonic())), wake);
  };

  const wake = (): void => {
    wokenAgain = work !== null;
    if (!running || wokenAgain) return;
    work = loop().finally(() => {
      work = null;
      if (wokenAgain) wake();
    });
  };

  const progress = (titleId: TitleId): ContentProgress => {
    const edition = editionOf(titleId);
    const row = edition === null ? null : shelf.get(edition.editionId);
    const isFetching = fetching !== null && fetching.want.editionId === edition?.editionId;
    const bytes = isFetching && fetching !== null ? fetching.bytes : row === null ? 0 : bytesHere(row);
    const fault = edition === null ? null : (faults.get(edition.editionId) ?? null);
    const here = row !== null && isComplete(row) && deps.cacheKey() !== null;
    const speed = speedOf(samples);
    const state = here
      ? 'ready'
      : isFetching
        ? 'fetching'
        : fault !== null
          ? 'failed'
          : isWanted(titleId)
            ? 'waiting'
            : 'absent';
    return {
      titleId,
      editionId: edition?.editionId ?? null,
      state,
      bytes,
      totalBytes: edition?.bytes ?? 0,
      bytesPerSecond: isFetching ? speed : null,
      secondsLeft: here ? 0 : secondsLeft(titleId, speed),
      fault,
    };
  };

  /** Everything that stands before it and itself, at the measured speed. */
  const secondsLeft = (titleId: TitleId, speed: number | null): number | null => {
    if (speed === null || speed === 0) return null;
    const queue = wanted().filter(({ editionId }) => !complete(editionId));
    const place = queue.findIndex((one) => one.titleId === titleId);
    if (place === -1) return null;
    const remaining = queue.slice(0, place + 1).reduce((sum, one) => {
      const row = shelf.get(one.editionId);
      return sum + one.bytes - (row === null ? 0 : bytesHere(row));
    }, 0);
    return Math.ceil(Math.max(0, remaining) / speed);
  };

  return {
    progress,
    request: (titleId) => {
      const edition = editionOf(titleId);
      if (edition === null) return fault('title_unknown', 'the catalogue has no such title');
      if (edition.bytes > deps.limitBytes()) return fault('storage_short', 'larger than this cache may be');
      if (!complete(edition.editionId)) {
        asked.set(titleId, Number.POSITIVE_INFINITY);
        notBefore.delete(edition.editionId);
        faults.delete(edition.editionId);
        // What a customer waits for does not wait for what is only wanted ahead of demand.
        if (fetching !== null && !fetching.want.asked && fetching.want.titleId !== titleId)
          fetching.abort.abort();
        wake();
      }
      return ok(progress(titleId));
    },
    open: async (editionId) => {
      if (deps.cacheKey() === null) await deps.renewLease();
      const opened = await shelf.open(editionId);
      if (!opened.ok && opened.error.code === 'content_damaged') {
        await shelf.drop(editionId);
        wake();
      }
      return opened;
    },
    leased: () => deps.cacheKey() !== null,
    ready: () => {
      if (deps.cacheKey() === null) return [];
      const here = new Set(
        shelf
          .all()
          .filter(isComplete)
          .map((row) => row.editionId),
      );
      return [...catalogue().values()].filter((one) => here.has(one.editionId)).map(({ titleId }) => titleId);
    },
    totals: () => {
      const rows = shelf.all();
      return {
        bytes: rows.reduce((sum, row) => sum + bytesHere(row), 0),
        titles: rows.filter(isComplete).length,
        fetching: fetching === null ? 0 : 1,
      };
    },
    watch: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    start: async () => {
      // A disk that does not answer is no reason not to start: what is wrong with a file shows when it is read.
      await shelf
        .reconcile()
        .catch((error: unknown) =>
          log.error({ error: String(error) }, 'the content’s disk cannot be listed'),
        );
      running = true;
      wake();
    },
    stop: async () => {
      running = false;
      cancelTimer();
      fetching?.abort.abort();
      await work;
    },
    wake,
    rewrap: shelf.rewrap,
  };
}

const bytesHere = (row: Shelved): number => Math.min(row.bytes, row.chunks * row.chunkBytes);
