import { describe, expect, it } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { birthYearOf, closuresOf, releaseAtOf, titleYearOf } from './days.ts';

const at = (moment: string) => epochMs(Date.parse(moment));
const NEW_YEAR = { from: '01-01', to: '01-03' };
const CHRISTMAS = { from: '12-25', to: '12-26' };

describe('the days of the demo', () => {
  it.each(['2026-11-23T10:00:00Z', '2028-02-29T23:59:59Z', '2041-12-31T12:00:00Z'])(
    'CAT-3: first started at %s, a title comes out as many days later as its file says, in the year of that day',
    (moment) => {
      const start = at(moment);
      for (const releaseInDays of [28, 378]) {
        const release = releaseAtOf(releaseInDays, start);
        expect(Math.ceil((release - start) / 86_400_000)).toBe(releaseInDays);
        expect(titleYearOf({ year: 2026, releaseInDays }, start)).toBe(new Date(release).getUTCFullYear());
      }
      expect(releaseAtOf(-42, start)).toBeLessThan(start - 42 * 86_400_000);
      expect(titleYearOf({ year: 2026, releaseInDays: -42 }, start)).toBe(2026);
    },
  );

  it('CAT-4: a child of the files is as old in whatever year the demo is first started', () => {
    expect([
      birthYearOf(12, at('2026-11-23T10:00:00Z')),
      birthYearOf(12, at('2041-01-01T00:00:00Z')),
    ]).toEqual([2014, 2029]);
  });

  it('CHG-3: a shop has each holiday once ahead of it, also where it is first started in the middle of one', () => {
    const closed = (moment: string, zone = 'UTC') =>
      closuresOf([CHRISTMAS, NEW_YEAR], zone, at(moment)).map(({ from, to }) => `${from} ${to}`);
    expect(closed('2026-11-23T10:00:00Z')).toEqual(['2026-12-25 2026-12-26', '2027-01-01 2027-01-03']);
    expect(closed('2030-12-26T10:00:00Z')).toEqual(['2030-12-25 2030-12-26', '2031-01-01 2031-01-03']);
    expect(closed('2030-12-27T10:00:00Z')).toEqual(['2031-01-01 2031-01-03', '2031-12-25 2031-12-26']);
    expect(closed('2031-01-03T10:00:00Z')).toEqual(['2031-01-01 2031-01-03', '2031-12-25 2031-12-26']);
    // It is the fourth of January there already.
    expect(closed('2031-01-03T15:00:00Z', 'Asia/Tokyo')).toEqual([
      '2031-12-25 2031-12-26',
      '2032-01-01 2032-01-03',
    ]);
  });
});
