import { describe, expect, it } from 'vitest';
import { isStorable } from '#shared/kernel/storable.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Stamp } from '#shared/protocol/envelope.ts';
import { createRecorder } from './recorder.ts';
import { memoryStore } from './store-memory.ts';

const AT = epochMs(1_800_000_000_000);
const clock = { now: () => AT } as Clock;
const random = { bytes: (length: number) => new Uint8Array(length) } as Random;
const stamp = (): Stamp => ({ deviceTime: AT, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 0 });

describe('recorder', () => {
  it('SYN-3: a text with U+0000 or half a character from outside becomes one that the hub can keep, so it never refuses the batch', () => {
    const store = memoryStore({ epoch: 'epoch-1' });
    const record = createRecorder({ store, clock, random, stamp, appended: () => {} });
    record((tx) =>
      tx.emit({
        kind: 'alert.raised',
        data: {
          code: 'medium_damaged',
          subject: 'stick \u0000',
          message: 'half a \ud800 letter, 😀 whole',
          at: AT,
        },
      }),
    );
    const [event] = store.read(0, 0, { events: 10, bytes: 10_000 });
    expect(isStorable(event?.data, 8)).toBe(true);
    expect(event?.data).toMatchObject({ subject: 'stick \ufffd', message: 'half a \ufffd letter, 😀 whole' });
  });
});
