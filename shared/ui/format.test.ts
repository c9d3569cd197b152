import { expect, it } from 'vitest';
import { formatMoment, formatReleaseDay } from './format.ts';

const NOW = Date.parse('2027-01-03T12:00:00Z');

it('SCR-4: a moment of this year has its weekday, one of another year its year, by the shop’s own clock', () => {
  const newYear = Date.parse('2026-12-31T16:30:00Z');
  expect(formatMoment(newYear, NOW, 'en', 'Europe/Berlin')).toBe('31 Dec 2026, 17:30');
  expect(formatMoment(newYear, NOW, 'en', 'Asia/Tokyo')).toBe('Fri 1 Jan, 01:30');
  expect(formatMoment(newYear, NOW, 'ja', 'Europe/Berlin')).toBe('2026年12月31日 17:30');
  expect(formatMoment(newYear, NOW, 'de', 'Europe/Berlin')).toBe('31. Dez. 2026, 17:30');
});

it('SCR-5: the day on which a title comes out says its year', () => {
  const day = Date.parse('2027-12-03T00:00:00+09:00');
  expect(formatReleaseDay(day, 'en', 'Asia/Tokyo')).toBe('Fri, 3 Dec 2027');
  expect(formatReleaseDay(day, 'ja', 'Asia/Tokyo')).toBe('2027年12月3日(金)');
  expect(formatReleaseDay(day, 'de', 'Asia/Tokyo')).toBe('Fr., 3. Dez. 2027');
});
