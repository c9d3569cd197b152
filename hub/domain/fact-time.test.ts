import { describe, expect, it } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { factTime, SURE_WITHIN_MS } from './fact-time.ts';

const stamp = { deviceTime: epochMs(1000), monotonic: 500, bootId: 'b', clockOffset: null, clockError: null };
const evidence = { receivedAt: epochMs(90_000), lastTrusted: epochMs(40_000), boot: null };

/** A message of the same boot, three hours after what was trusted last: it may have been on its way that long. */
const late = {
  receivedAt: epochMs(90_000_000),
  lastTrusted: epochMs(60_000_000),
  boot: { bootId: 'b', monotonic: 10_500, hubTime: epochMs(80_000_000), sure: false },
};
const DELAYED = [
  [
    'SYN-4, PR-26: a message of the same boot that may have been late: a start counts late',
    stamp,
    late,
    'start',
    79_989_900,
    true,
  ],
  ['SYN-4, PR-26: and a stop early', stamp, late, 'stop', 60_000_000, true],
  [
    'SYN-4, PR-26: and no later than it can have been',
    stamp,
    { ...late, lastTrusted: epochMs(79_999_999) },
    'stop',
    79_989_900,
    false,
  ],
  [
    'SYN-4, PR-26: of one that somebody waited for the monotonic clock decides',
    stamp,
    { ...late, boot: { ...late.boot, sure: true } },
    'stop',
    79_989_900,
    false,
  ],
] as const;

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
      { ...evidence, boot: { bootId: 'b', monotonic: 10_500, hubTime: epochMs(80_000), sure: false } },
      'stop',
      69_900,
      false,
    ],
    ...DELAYED,
    [
      'SYN-4: another boot proves nothing: a start counts late',
      stamp,
      { ...evidence, boot: { bootId: 'other', monotonic: 10_500, hubTime: epochMs(80_000), sure: true } },
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
      const boot = { bootId: 'b', monotonic: stamp.monotonic, hubTime: epochMs(noted), sure: true };
      for (const read of [
        factTime(epochMs(moment), { ...after, clockOffset: -step }, known, 'stop'),
        factTime(epochMs(moment), after, { ...known, boot }, 'stop'),
      ])
        expect(read.at).toBe(Math.min(moment - step, moment + DAY));
    },
  );
});
