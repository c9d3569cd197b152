import { expect, test } from 'vitest';
import { siteCalendarSchema } from './site.ts';
import { aSite } from './testing/builders.ts';

const reads = (change: Record<string, unknown>) =>
  siteCalendarSchema.safeParse({ ...aSite(), ...change }).success;

test.each(['Europe/Berlin', 'Asia/Tokyo', 'Australia/Lord_Howe', 'UTC', 'America/Argentina/Buenos_Aires'])(
  'CHG-5: %s is a time zone',
  (zone) => expect(reads({ zone })).toBe(true),
);
test.each(['', 'Europe/Nowhere', '+02:00', '__proto__', 'x'.repeat(65)])(
  'CHG-5: %s is no time zone',
  (zone) => {
    expect(reads({ zone })).toBe(false);
  },
);
test('CHG-3: a site is open on at least one of seven days', () => {
  const shut = [null, null, null, null, null, null, null];
  expect(reads({ weekly: shut })).toBe(false);
  expect(reads({ weekly: [...shut.slice(1), { closesAt: '20:00' }] })).toBe(true);
  expect(reads({ weekly: [...shut, { closesAt: '20:00' }] })).toBe(false);
  expect(reads({ weekly: [...shut.slice(1), { closesAt: '25:00' }] })).toBe(false);
});
test('CHG-4: a closure names real dates, in order', () => {
  expect(reads({ closures: [{ from: '2026-02-28', to: '2026-03-01' }] })).toBe(true);
  expect(reads({ closures: [{ from: '2026-02-30', to: '2026-03-01' }] })).toBe(false);
  expect(reads({ closures: [{ from: '2026-03-02', to: '2026-03-01' }] })).toBe(false);
});
