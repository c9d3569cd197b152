import { describe, expect, it } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { factTime, SURE_WITHIN_MS } from './fact-time.ts';

const stamp = { deviceTime: epochMs(1000), monotonic: 500, bootId: 'b', clockOffset: null, clockError: null };
const evidence = { receivedAt: epochMs(90_000), lastTrusted: epochMs(40_000), boot: null };

describe('SYN-4: when a terminal’s fact really happened', () => {
  it.each([
    [
      'SYN-4: the stamp’s offset decides',
      { ...stamp, clockOffset: 60_000 },
      evidence,
      'start',
      60_900,
      false,
    ],
    ['SYN-4: never after the arrival', { ...stamp, clockOffset: 99_000 }, evidence, 'start', 90_000, false],
    [
      'SYN-4: an offset that is known within minutes decides',
      { ...stamp, clockOffset: 60_000, clockError: SURE_WITHIN_MS },
      { ...evidence, receivedAt: epochMs(90_000_000) },
      'stop',
      60_900,
      false,
    ],
    [
      'SYN-4: an offset that may be an hour off: a start counts late',
      { ...stamp, clockOffset: 60_000, clockError: 3_600_000 },
      { ...evidence, receivedAt: epochMs(90_000_000) },
      'start',
      3_660_900,
      true,
    ],
    [
      'SYN-4: and a stop early',
      { ...stamp, clockOffset: 7_260_000, clockError: 3_600_000 },
      { ...evidence, receivedAt: epochMs(90_000_000) },
      'stop',
      3_660_900,
      true,
    ],
    [
      'SYN-4: without offset the monotonic clock of the same boot decides',
      stamp,
      { ...evidence, boot: { bootId: 'b', monotonic: 10_500, hubTime: epochMs(80_000) } },
      'stop',
      69_900,
      false,
    ],
    [
      'SYN-4: another boot proves nothing: a start counts late',
      stamp,
      { ...evidence, boot: { bootId: 'other', monotonic: 10_500, hubTime: epochMs(80_000) } },
      'start',
      90_000,
      true,
    ],
    ['SYN-4: and a stop early', stamp, evidence, 'stop', 40_000, true],
    [
      'SYN-4: nothing known at all: its own word',
      stamp,
      { ...evidence, lastTrusted: null },
      'stop',
      900,
      true,
    ],
  ] as const)('%s', (_title, given, known, favour, at, uncertain) => {
    expect(factTime(epochMs(900), given, known, favour)).toEqual({ at, uncertain });
  });

  const DAY = 86_400_000;
  it.each([7 * DAY, 60_000, -60_000, -7 * DAY])(
    'SYN-4: a wall clock stepped by %i ms between moment and stamp misdates by that step and no more, and never after the arrival',
    (step) => {
      const moment = 10 * DAY;
      const noted = moment + 100;
      const after = { ...stamp, deviceTime: epochMs(noted + step) };
      const known = { ...evidence, receivedAt: epochMs(moment + DAY) };
      const boot = { bootId: 'b', monotonic: stamp.monotonic, hubTime: epochMs(noted) };
      for (const read of [
        factTime(epochMs(moment), { ...after, clockOffset: -step }, known, 'stop'),
        factTime(epochMs(moment), after, { ...known, boot }, 'stop'),
      ])
        expect(read.at).toBe(Math.min(moment - step, moment + DAY));
    },
  );
});
