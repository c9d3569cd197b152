import { beforeAll, expect, it } from 'vitest';
import { money } from '#shared/kernel/money.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { signJws } from '#shared/media/signing.ts';
import { aFleet, type Fleet, NOON } from '#test/support/return-terminal/a-terminal.ts';
import type { ReturnRuntime } from '../deps.ts';
import { readQuote } from './price.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const about = {
  returnId: '01890000-0003-7000-8000-000000000001',
  rentalId: '01890000-0001-7000-8000-000000000001',
};

let fleet: Fleet;
beforeAll(async () => {
  fleet = await aFleet();
});

it.each([
  ['is days ahead', 7 * DAY, null, 20],
  ['is days behind', -7 * DAY, null, 20],
  ['is right', 0, null, 20],
  ['is days ahead, the hub’s time known', 7 * DAY, NOON + 15 * MINUTE, 5],
  ['is right, the hub’s time known to five hours only', 0, NOON + 290 * MINUTE, 20, 300 * MINUTE],
  ['is right, and the hub’s time says that it is over', 0, NOON + 21 * MINUTE, null],
] as const)(
  'CHG-7, SYN-4: a quote holds for its minutes by the hub’s time, whatever the own clock says: it %s',
  async (_name, off, hubNow, minutes, error: number = 0) => {
    const quote = {
      ...about,
      ...{
        t0: NOON,
        total: money(400, 'EUR'),
        tax: money(64, 'EUR'),
        startedAt: NOON,
        dueAt: NOON,
        lines: [],
      },
      ...{ nextStepAt: null, nextStepTotal: null, validUntil: NOON + 20 * MINUTE },
    };
    const jws = await signJws('keyturn-quote', quote, fleet.hub, NOON);
    const runtime = {
      identity: { trust: fleet.trust },
      clock: { now: () => epochMs(NOON + off), monotonic: () => milliseconds(5 * MINUTE) },
      hubTime: () => (hubNow === null ? null : { now: epochMs(hubNow), error }),
    } as unknown as ReturnRuntime;
    const read = await readQuote(runtime, jws, about);
    expect(read.ok ? read.value.overAt : null).toBe(minutes === null ? null : (5 + minutes) * MINUTE);
  },
);
