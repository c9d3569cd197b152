import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { CUT_OFF, createEnding } from './ending.ts';

function anEnding(options: { readonly closes?: boolean } = {}) {
  const clock = simulatedClock(epochMs(1_790_000_000_000));
  const seen: string[] = [];
  let over = (): void => {};
  const ending = createEnding({
    program: {
      close: () => {
        seen.push('close');
        return options.closes === false
          ? new Promise<void>((resolve) => (over = resolve))
          : Promise.resolve();
      },
      stop: async () => void seen.push('stop'),
    },
    clock,
    limit: milliseconds(60_000),
    exit: (code) => seen.push(`exit ${code}`),
    say: () => {},
  });
  return { ending, seen, clock, over: () => over() };
}

describe('the way out of a terminal’s process', () => {
  it('OPS-1: a signal and the order to restart go the same way: the customer first, then the parts, then the code', async () => {
    const signalled = anEnding();
    signalled.ending.signal();
    await signalled.clock.advance(milliseconds(0));
    expect(signalled.seen).toEqual(['close', 'stop', 'exit 0']);
    const ordered = anEnding();
    ordered.ending.end(75);
    await ordered.clock.advance(milliseconds(0));
    expect(ordered.seen).toEqual(['close', 'stop', 'exit 75']);
  });

  it('OPS-1: what does not end is cut off at the limit, with code 0, once', async () => {
    const { ending, seen, clock, over } = anEnding({ closes: false });
    ending.signal();
    await clock.advance(milliseconds(59_999));
    expect(seen).toEqual(['close']);
    await clock.advance(milliseconds(1));
    expect(seen).toEqual(['close', 'exit 0']);
    over();
    await clock.advance(milliseconds(0));
    expect(seen.filter((one) => one.startsWith('exit'))).toEqual(['exit 0']);
  });

  it('OPS-1: a second signal ends at once; the same key press heard twice does not', async () => {
    const { ending, seen, clock } = anEnding({ closes: false });
    ending.signal();
    ending.signal();
    expect(seen).toEqual(['close']);
    await clock.advance(milliseconds(500));
    ending.signal();
    expect(seen).toEqual(['close', `exit ${CUT_OFF}`]);
  });
});
