import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { StoreFailure } from '../store.ts';
import { memoryStore } from '../store-memory.ts';
import { aLease, aLeasedKey, START } from '../testing/a-bundle.ts';
import { type ContentLease, createContentLease, LEASE_PACE } from './lease.ts';
import { memoryLeaseFile } from './lease-file.ts';

const HOUR = 3_600_000;
type Answer = Result<
  Omit<ReturnType<typeof aLease>, 'next'> & { next: ReturnType<typeof aLeasedKey> | null },
  Fault
>;
const keyOf = (number: number) => new Uint8Array(32).fill(number);

/** One kiosk whose process ends and begins while disk, hub and time go on. */
function aKiosk() {
  let clock = simulatedClock(START);
  const store = memoryStore({
    epoch: 'e',
    beforeCommit: () => {
      if (state.refuses) throw new StoreFailure('store_full', 'no room');
    },
  });
  const file = memoryLeaseFile();
  const state = {
    answer: (): Answer => ok(aLease(clock.now())),
    asked: [] as (string | null)[],
    ended: [] as string[],
    rewrapped: [] as number[][],
    stopAtRewrap: false,
    refuses: false,
    logged: [] as string[],
  };
  let lease: ContentLease | null = null;
  return {
    state,
    store,
    file,
    clock: () => clock,
    async start(wallClock: number = clock.now()) {
      clock = simulatedClock(epochMs(wallClock), 5_000);
      lease = createContentLease({
        pace: LEASE_PACE,
        store,
        file,
        hub: {
          contentLease: async ({ wrapped }) => {
            state.asked.push(wrapped?.generation ?? null);
            return state.answer();
          },
        },
        clock,
        log: {
          ...silentLog,
          warn: () => state.logged.push('warn'),
          error: () => state.logged.push('error'),
        },
        rewrap: (_tx, from, to) => {
          state.rewrapped.push([from[0] ?? 0, to[0] ?? 0]);
          if (state.stopAtRewrap) throw new Error('power cut');
        },
        changed: () => {},
        ended: (why) => state.ended.push(why),
      });
      lease.start();
      await clock.settle();
    },
    stop() {
      lease?.stop();
    },
    key: () => lease?.key() ?? null,
    pass: (duration: number) => clock.advance(duration),
  };
}
const away = (): Answer => fault('hub_away', 'played');

describe('content lease', () => {
  it('PR-25 CNT-1: holds for 72 h without the hub, not a second longer, and leaves nothing on the disk', async () => {
    const kiosk = aKiosk();
    await kiosk.start();
    expect(kiosk.key()).toEqual(keyOf(1));
    kiosk.state.answer = away;
    await kiosk.pass(72 * HOUR - 1);
    expect(kiosk.key()).toEqual(keyOf(1));
    await kiosk.pass(1);
    expect([kiosk.key(), kiosk.file.read()]).toEqual([null, null]);
    await kiosk.pass(HOUR);
    expect(kiosk.state.ended).toEqual(['time']);
    kiosk.state.answer = () => ok(aLease(kiosk.clock().now()));
    await kiosk.pass(60_000);
    expect(kiosk.key()).toEqual(keyOf(1));
  });

  it('PR-25 CNT-1: is renewed every hour while the hub is there', async () => {
    const kiosk = aKiosk();
    await kiosk.start();
    await kiosk.pass(100 * HOUR);
    expect(kiosk.key()).toEqual(keyOf(1));
    expect(kiosk.state.asked.length).toBeGreaterThan(95);
    expect(kiosk.state.asked.length).toBeLessThan(105);
    kiosk.state.answer = away;
    await kiosk.pass(70 * HOUR);
    expect(kiosk.key()).toEqual(keyOf(1));
    expect(kiosk.state.ended).toEqual([]);
  });

  it('CNT-1, OPS-4: a disk that refuses the key is a warning, and the kiosk asks again', async () => {
    const kiosk = aKiosk();
    kiosk.state.refuses = true;
    await kiosk.start();
    expect([kiosk.key(), kiosk.state.logged]).toEqual([null, ['warn']]);
    kiosk.state.refuses = false;
    await kiosk.pass(HOUR);
    expect([kiosk.key(), kiosk.state.logged]).toEqual([keyOf(1), ['warn']]);
  });

  it('CNT-1: survives a restart without the hub, with the time that had passed before it', async () => {
    const kiosk = aKiosk();
    await kiosk.start();
    kiosk.state.answer = away;
    await kiosk.pass(40 * HOUR);
    const stoppedAt = kiosk.clock().now();
    kiosk.stop();
    expect(kiosk.key()).toBeNull();
    await kiosk.start(stoppedAt + 20 * HOUR);
    expect(kiosk.key()).toEqual(keyOf(1));
    await kiosk.pass(12 * HOUR - 1);
    expect(kiosk.key()).toEqual(keyOf(1));
    await kiosk.pass(HOUR);
    expect(kiosk.key()).toBeNull();
  });

  it('SEC-3: a clock set back does not prolong it, neither while it runs nor over restarts', async () => {
    const kiosk = aKiosk();
    await kiosk.start();
    kiosk.state.answer = away;
    await kiosk.pass(50 * HOUR);
    kiosk.clock().jump(START);
    await kiosk.pass(23 * HOUR);
    expect(kiosk.key()).toBeNull();
    const other = aKiosk();
    await other.start();
    other.state.answer = away;
    await other.pass(50 * HOUR);
    other.stop();
    await other.start(START);
    expect([other.key(), other.file.read()]).toEqual([null, null]);
    expect(other.state.ended).toEqual(['clock_set_back']);
  });

  it('SEC-3: set back again and again to what was noted last, it ends all the same', async () => {
    const kiosk = aKiosk();
    await kiosk.start();
    kiosk.state.answer = away;
    let ran = 0;
    for (let turn = 0; turn < 200 && kiosk.key() !== null; turn += 1) {
      await kiosk.pass(HOUR);
      ran += 1;
      kiosk.stop();
      await kiosk.start(kiosk.clock().now() - 4 * 60_000);
    }
    expect(ran).toBeLessThanOrEqual(86);
    expect(kiosk.key()).toBeNull();
  });

  it('SEC-3: a kiosk that no longer belongs to the fleet loses its key at once', async () => {
    const kiosk = aKiosk();
    await kiosk.start();
    kiosk.state.answer = () => fault('terminal_revoked', 'played');
    await kiosk.pass(HOUR + 60_000);
    expect([kiosk.key(), kiosk.file.read()]).toEqual([null, null]);
    expect(kiosk.state.ended).toEqual(['revoked']);
  });

  it('PR-25 SEC-3: after a rotation editions’ keys are wrapped anew, and a power cut in between loses nothing', async () => {
    const kiosk = aKiosk();
    await kiosk.start();
    kiosk.state.answer = () => ok({ ...aLease(kiosk.clock().now()), next: aLeasedKey(2) });
    kiosk.state.stopAtRewrap = true;
    await kiosk.pass(HOUR);
    kiosk.stop();
    kiosk.state.answer = away;
    await kiosk.start();
    expect(kiosk.key()).toEqual(keyOf(1));
    kiosk.stop();
    kiosk.state.stopAtRewrap = false;
    kiosk.state.answer = () => ok({ ...aLease(kiosk.clock().now()), next: aLeasedKey(2) });
    await kiosk.start();
    await kiosk.pass(HOUR + 60_000);
    expect(kiosk.key()).toEqual(keyOf(2));
    expect(kiosk.state.rewrapped.at(-1)).toEqual([1, 2]);
    kiosk.stop();
    kiosk.state.answer = away;
    await kiosk.start();
    expect(kiosk.key()).toEqual(keyOf(2));
  });

  it('PR-25 SEC-3: where the hub no longer knows the key, the cache begins anew under another', async () => {
    const kiosk = aKiosk();
    await kiosk.start();
    kiosk.stop();
    kiosk.file.erase();
    kiosk.state.asked = [];
    const answers: Answer[] = [fault('lease_key_unknown', 'played'), ok(aLease(START, 3))];
    kiosk.state.answer = () => answers.shift() ?? away();
    await kiosk.start();
    expect(kiosk.state.asked).toEqual(['1-test', null]);
    expect(kiosk.key()).toEqual(keyOf(3));
  });
});
