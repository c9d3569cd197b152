import { expect, test } from 'vitest';
import { AssertionFailure, assert, unreachable } from './assert.ts';
import { TERMINAL_ID_PATTERN, UUID_PATTERN, uuidv7 } from './ids.ts';
import { err, fault, ok } from './result.ts';
import {
  days24,
  epochMs,
  hours,
  later,
  minutes,
  seconds,
  toEpochMs,
  toEpochSeconds,
  toMilliseconds,
} from './time.ts';

test('IDS-1: a UUID version 7 carries its time first, so ids sort by it', () => {
  const random = Uint8Array.from({ length: 10 }, (_, index) => 255 - index);
  const id = uuidv7(1_645_557_742_000, random);
  expect(id).toBe('017f22e2-79b0-7ffe-bdfc-fbfaf9f8f7f6');
  expect(id).toMatch(UUID_PATTERN);
  expect(uuidv7(1_645_557_742_001, new Uint8Array(10)) > id).toBe(true);
  expect(() => uuidv7(-1, random)).toThrow(RangeError);
  expect(() => uuidv7(2 ** 48, random)).toThrow(RangeError);
  expect(() => uuidv7(0, random.subarray(1))).toThrow(RangeError);
});

test.each([
  ['kiosk-1', true],
  ['ab', false],
  ['-kiosk', false],
  ['Kiosk', false],
  [`k${'x'.repeat(31)}`, true],
  [`k${'x'.repeat(32)}`, false],
])('SEC-1: %s as a terminal id: %s', (id, fits) => {
  expect(TERMINAL_ID_PATTERN.test(id)).toBe(fits);
});

test('CHG-2: times are whole; a started second counts as its beginning', () => {
  expect(toEpochSeconds(epochMs(1999))).toBe(1);
  expect(toEpochMs(toEpochSeconds(epochMs(1999)))).toBe(1000);
  expect([minutes(2), hours(2), days24(2)]).toEqual([120, 7200, 172_800]);
  expect(later(epochMs(5), toMilliseconds(seconds(2)))).toBe(2005);
  expect(() => epochMs(1.5)).toThrow(RangeError);
  expect(() => seconds(Number.NaN)).toThrow(RangeError);
});

test('RNT-3: outcomes are data, bugs are assertions', () => {
  expect(ok(1)).toEqual({ ok: true, value: 1 });
  expect(err('e')).toEqual({ ok: false, error: 'e' });
  expect(fault('some_code', 'why')).toEqual({ ok: false, error: { code: 'some_code', message: 'why' } });
  expect(fault('some_code', 'why', { a: 1 }).error.details).toEqual({ a: 1 });
  expect(() => assert(false, 'broken')).toThrow(AssertionFailure);
  expect(() => assert(1, 'fine')).not.toThrow();
  expect(() => unreachable('x' as never)).toThrow('unreachable: "x"');
});
