import { expect, test } from 'vitest';
import type { ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { type LicenceClock, licenceStatusOf } from './licence-status.ts';
import { applyRentalEvent, type RentalEvent, type RentalState } from './rental.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const start = epochMs(10 * DAY);
const end = epochMs(40 * DAY);
const clock: LicenceClock = {
  tariff: { startWithinDays: null, finishWithinHours: null },
  start,
  end,
  firstUse: null,
  keepAt: null,
};
function after(...events: RentalEvent[]): RentalState {
  let state: RentalState | null = null;
  for (const event of events) state = applyRentalEvent(state, event).state;
  if (state === null) throw new Error('no event');
  return state;
}
const started: RentalEvent = { kind: 'started', at: start };
const t0 = epochMs(12 * DAY);
const destroyed: RentalEvent = {
  kind: 'destroyed',
  receiptId: 'rc',
  at: t0,
  returnId: 'r' as ReturnId,
  terminalId: 'rt' as TerminalId,
  t0,
  licenceStart: start,
  offlineSinceT0: false,
};
const active = after(started);
const two = { startWithinDays: 5, finishWithinHours: 48 };

test.each<[string, RentalState, Partial<LicenceClock>, number, string, number | null]>([
  ['held is ready', after({ kind: 'held', at: start }), {}, start, 'ready', end],
  ['open is active', active, {}, start, 'active', end],
  ['expiry comes from the clock: the last millisecond', active, {}, end - 1, 'active', end],
  ['expiry comes from the clock: at the end', active, {}, end, 'expired', end],
  ['a return sets status and end', after(started, destroyed), {}, end + DAY, 'returned', t0],
  ['lost is revoked', after(started, { kind: 'reported_lost', at: t0 }), {}, end, 'revoked', t0],
  ['void is cancelled', after({ kind: 'voided', at: start, reason: 'full' }), {}, end, 'cancelled', start],
  [
    'kept is active without end',
    after(started, { kind: 'keep_limit_passed', at: end, keepAt: t0 }),
    {},
    end + DAY,
    'active',
    null,
  ],
  [
    'the keep clause holds before the hub says kept',
    active,
    { keepAt: epochMs(39 * DAY) },
    end + DAY,
    'active',
    null,
  ],
  ['LIC-2: not begun in time', active, { tariff: two }, start + 5 * DAY, 'expired', start + 5 * DAY],
  [
    'LIC-2: begun in time, first clock is done',
    active,
    { tariff: two, firstUse: epochMs(start + DAY) },
    start + DAY,
    'active',
    start + DAY + 48 * HOUR,
  ],
  [
    'LIC-2: finished too late',
    active,
    { tariff: two, firstUse: epochMs(start + DAY) },
    start + DAY + 48 * HOUR,
    'expired',
    start + DAY + 48 * HOUR,
  ],
  [
    'LIC-2: the own end is earlier',
    active,
    { tariff: two, firstUse: epochMs(end - HOUR) },
    end,
    'expired',
    end,
  ],
])('LIC-1: %s', (_name, rental, change, now, status, until) => {
  expect(licenceStatusOf(rental, { ...clock, ...change }, epochMs(now))).toEqual({ status, end: until });
});
