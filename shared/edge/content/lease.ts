import { z } from 'zod';
import { type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { count, instant } from '#shared/protocol/primitives.ts';
import { leasedKey, wrappedKey } from '#shared/protocol/terminal-api.ts';
import type { HubClient } from '../hub-client.ts';
import { type EdgeStore, type EdgeTransaction, getReplaceable, StoreFailure, table } from '../store.ts';
import type { LeaseFile } from './lease-file.ts';

/** The key of the cache as only the hub can open it: brought along with every question for a lease. */
const cacheKeys = table('cache_key', wrappedKey);
const ROW = 'cache';

const onDisk = z.object({
  /** Two only between the steps of a rotation: the store's row says which one holds. */
  keys: z.array(leasedKey).min(1).max(2),
  grantedAt: instant,
  lifeMs: count,
  /** Latest device time seen, and how much of its life the lease had used up by then. */
  seenAt: instant,
  usedMs: count,
});
type OnDisk = z.infer<typeof onDisk>;

export interface LeasePace {
  /** How often a kiosk looks whether its lease is over or due. */
  readonly check: Milliseconds;
  /** Asked for anew so often, so that a kiosk that loses its hub has nearly the whole 72 h before it. */
  readonly renew: Milliseconds;
}
export const LEASE_PACE: LeasePace = { check: milliseconds(60_000), renew: milliseconds(3_600_000) };
/** How often the time that passed is noted, so that a clock set back after a restart does not prolong the lease. */
const NOTE_EVERY = 600_000;
/** A clock may be behind the last noted time by this much after a restart. */
const CLOCK_TOLERANCE = 300_000;

export interface ContentLeaseDeps {
  readonly store: EdgeStore;
  readonly file: LeaseFile;
  readonly hub: Pick<HubClient, 'contentLease'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The hub goes over to another key: whatever is wrapped under the one is wrapped under the other, in this transaction. */
  rewrap(tx: EdgeTransaction, from: Uint8Array, to: Uint8Array): void;
  readonly pace: LeasePace;
  /** A lease began or ended. */
  changed(): void;
  /** A lease that ran is over. */
  ended(why: 'time' | 'clock_set_back' | 'revoked'): void;
}

/** A kiosk's right to its own content (CNT-1, SEC-3). */
export interface ContentLease {
  /** The key under which editions' keys are wrapped; null while no lease runs. It is in memory only, and sealed in the lease file. */
  key(): Uint8Array | null;
  start(): void;
  stop(): void;
  /** Asks the hub if it is time to; `now`: in any case. */
  renew(now?: 'now'): Promise<void>;
}

interface Running {
  readonly file: OnDisk;
  readonly key: Uint8Array;
  /** Monotonic time at which `file.usedMs` held. */
  readonly since: number;
}

export function createContentLease(deps: ContentLeaseDeps): ContentLease {
  const { store, file, clock, log, pace } = deps;
  let running: Running | null = null;
  let cancel = (): void => {};
  let stopped = true;
  let asking: Promise<void> | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;

  /** Whichever clock says more: setting the wall clock back prolongs nothing. */
  const usedOf = ({ file: held, since }: Running): number =>
    Math.max(clock.now() - held.grantedAt, held.usedMs + clock.monotonic() - since);

  const forget = (why: 'time' | 'clock_set_back' | 'revoked'): void => {
    running?.key.fill(0);
    running = null;
    file.erase();
    log.warn({ why }, 'the content lease is over');
    deps.changed();
    // A hub that is there gives the next one at once; staff hear of it where it does not.
    void renew('now').then(() => {
      if (running === null && !stopped) deps.ended(why);
    });
  };

  const load = (): void => {
    const bytes = file.read();
    if (bytes === null) return;
    const read = readLease(bytes);
    const row = getReplaceable(store, cacheKeys, ROW);
    const key = read?.keys.find(({ wrapped }) => wrapped.wrapped === row?.wrapped);
    if (read === null || key === undefined) {
      file.erase();
      return;
    }
    running = { file: { ...read, keys: [key] }, key: keyBytes(key.key), since: clock.monotonic() };
    if (clock.now() < read.seenAt - CLOCK_TOLERANCE) forget('clock_set_back');
    else if (usedOf(running) >= read.lifeMs) forget('time');
  };

  const keep = (keys: OnDisk['keys'], key: Uint8Array, lifeMs: number): void => {
    const now = clock.now();
    const next: OnDisk = { keys, grantedAt: now, lifeMs, seenAt: now, usedMs: 0 };
    writeLease(file, next);
    if (running !== null && running.key !== key) running.key.fill(0);
    running = { file: next, key, since: clock.monotonic() };
  };

  const ask = async (): Promise<void> => {
    askedAt = clock.monotonic();
    const held = getReplaceable(store, cacheKeys, ROW);
    const answered = await deps.hub.contentLease({ wrapped: held });
    if (stopped) return;
    if (!answered.ok) {
      const { code } = answered.error;
      if (code === 'terminal_revoked' && running !== null) forget('revoked');
      // The hub no longer opens this key, so nobody does: the cache begins anew under a fresh one.
      if (code === 'lease_key_unknown' && held !== null) {
        store.transaction((tx) => tx.remove(cacheKeys, ROW));
        return ask();
      }
      if (code !== 'hub_away') log.warn({ code }, 'no content lease');
      return;
    }
    const { key, wrapped, next, grantedAt, validUntil } = answered.value;
    const lifeMs = validUntil - grantedAt;
    const own = { key, wrapped };
    const had = running !== null;
    if (next === null) {
      if (held === null) store.transaction((tx) => tx.put(cacheKeys, ROW, wrapped));
      keep([own], keyBytes(key), lifeMs);
    } else {
      // Both keys are in the file before the store goes over, so that a stop in between loses nothing.
      const [before, after] = [keyBytes(key), keyBytes(next.key)];
      keep([own, next], before, lifeMs);
      store.transaction((tx) => {
        deps.rewrap(tx, before, after);
        tx.put(cacheKeys, ROW, next.wrapped);
      });
      keep([next], after, lifeMs);
      log.info({ generation: next.wrapped.generation }, 'the cache goes over to a new key');
    }
    if (!had) deps.changed();
  };

  const renew: ContentLease['renew'] = async (now) => {
    const due = running === null || usedOf(running) >= pace.renew;
    if (stopped || (now === undefined && (!due || clock.monotonic() - askedAt < pace.check / 2))) return;
    asking ??= ask()
      .catch((error: unknown) => {
        // A disk that refuses now is asked again with the next look; anything else is a mistake.
        const level = error instanceof StoreFailure ? 'warn' : 'error';
        log[level]({ error: String(error) }, 'the content lease could not be kept');
      })
      .finally(() => {
        asking = null;
      });
    await asking;
  };

  const check = (): void => {
    if (running !== null) {
      const used = usedOf(running);
      if (used >= running.file.lifeMs) forget('time');
      else if (used - running.file.usedMs >= NOTE_EVERY) {
        const noted = { ...running.file, seenAt: clock.now(), usedMs: used };
        writeLease(file, noted);
        running = { ...running, file: noted, since: clock.monotonic() };
      }
    }
    void renew();
    if (!stopped) cancel = clock.after(pace.check, check);
  };

  return {
    key: () => {
      if (running !== null && usedOf(running) >= running.file.lifeMs) forget('time');
      return running?.key ?? null;
    },
    start: () => {
      stopped = false;
      load();
      check();
    },
    stop: () => {
      stopped = true;
      cancel();
      running?.key.fill(0);
      running = null;
    },
    renew,
  };
}

const keyBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

function readLease(bytes: Uint8Array): OnDisk | null {
  try {
    return onDisk.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return null;
  }
}

function writeLease(file: LeaseFile, lease: OnDisk): void {
  const bytes = Buffer.from(JSON.stringify(lease));
  file.write(bytes);
  bytes.fill(0);
}
