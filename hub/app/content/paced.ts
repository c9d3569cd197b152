import { type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

export interface Pace {
  /** Nothing at all for so long ends it. */
  readonly idle: Milliseconds;
  /** So many bytes at least in each `window`, so that a trickle holds no place for hours. */
  readonly window: Milliseconds;
  readonly windowBytes: number;
}
export const UPLOAD_PACE: Pace = {
  idle: milliseconds(30_000),
  window: milliseconds(60_000),
  windowBytes: 256 * 1024,
};

export interface PacedContent {
  readonly content: AsyncIterable<Uint8Array>;
  /** True when the content was broken off because it came too slowly. */
  tooSlow(): boolean;
}

/** The same content, broken off (by an exception) where it comes too slowly (SEC-8). */
export function paced(
  content: AsyncIterable<Uint8Array>,
  clock: Pick<Clock, 'monotonic' | 'after'>,
  pace: Pace = UPLOAD_PACE,
): PacedContent {
  let slow = false;
  const tooSlow = (): never => {
    slow = true;
    throw new Error('the content comes too slowly');
  };
  async function* blocks(): AsyncIterable<Uint8Array> {
    const iterator = content[Symbol.asyncIterator]();
    let windowBegan = clock.monotonic();
    let inWindow = 0;
    try {
      for (;;) {
        const next = await within(iterator.next(), clock, pace.idle);
        if (next === 'late') return tooSlow();
        if (next.done === true) return;
        inWindow += next.value.length;
        if (clock.monotonic() - windowBegan >= pace.window) {
          if (inWindow < pace.windowBytes) tooSlow();
          windowBegan = clock.monotonic();
          inWindow = 0;
        }
        yield next.value;
      }
    } finally {
      // Not awaited: a sender who says nothing would hold this up.
      void iterator.return?.();
    }
  }
  return { content: blocks(), tooSlow: () => slow };
}

async function within<T>(
  work: Promise<T>,
  clock: Pick<Clock, 'after'>,
  limit: Milliseconds,
): Promise<T | 'late'> {
  let cancel = (): void => {};
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.after(limit, () => resolve('late'));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
