import { describe, expect, it } from 'vitest';
import { daysBefore, endOfDate, localToday, monthBeside, shortDate, weeksOf } from './week.ts';

describe('calendar of a shop', () => {
  it('SCR-4: a month hangs in whole weeks from Monday, with every day of it once', () => {
    expect(weeksOf('2026-02')).toHaveLength(5);
    expect(weeksOf('2027-02')).toHaveLength(4);
    for (const month of ['2026-02', '2026-03', '2026-11', '2028-02']) {
      const days = weeksOf(month).flat();
      expect(days.length % 7).toBe(0);
      const own = days.filter((day) => day.startsWith(month));
      expect(new Set(own).size).toBe(new Date(Date.UTC(+month.slice(0, 4), +month.slice(5), 0)).getUTCDate());
      expect(new Date(`${days[0]}T00:00:00Z`).getUTCDay()).toBe(1);
    }
  });

  it('SCR-4: the months and days beside one, also over the end of a year and over changed clocks', () => {
    expect([monthBeside('2026-12', 1), monthBeside('2027-01', -1)]).toEqual(['2027-01', '2026-12']);
    expect([daysBefore('2026-03-30', 1), daysBefore('2026-12-31', -1)]).toEqual(['2026-03-29', '2027-01-01']);
  });

  it('LED-1: a day ends where the clocks of its zone begin the next, also where it has 23 or 25 hours', () => {
    const ends = (zone: string, date: string) => new Date(endOfDate(zone, date)).toISOString();
    expect(ends('Europe/Berlin', '2026-03-28')).toBe('2026-03-28T23:00:00.000Z');
    expect(ends('Europe/Berlin', '2026-03-29')).toBe('2026-03-29T22:00:00.000Z');
    expect(ends('Europe/Berlin', '2026-10-25')).toBe('2026-10-25T23:00:00.000Z');
    expect(ends('Asia/Tokyo', '2026-12-31')).toBe('2026-12-31T15:00:00.000Z');
    expect(ends('America/New_York', '2026-11-01')).toBe('2026-11-02T05:00:00.000Z');
    expect(ends('Pacific/Kiritimati', '2026-06-01')).toBe('2026-06-01T10:00:00.000Z');
  });

  it('SCR-5: day and month at the foot of a chart stand as each language writes them', () => {
    const written = (['en', 'ja', 'de'] as const).map((language) => shortDate('2026-05-07', language));
    expect(written).toEqual(['07/05', '5/7', '7.5.']);
  });

  it('SCR-4: today is what the calendar of the shop shows', () => {
    const at = Date.parse('2026-11-21T22:30:00Z');
    expect(['Asia/Tokyo', 'Europe/Berlin', 'America/New_York'].map((zone) => localToday(zone, at))).toEqual([
      '2026-11-22',
      '2026-11-21',
      '2026-11-21',
    ]);
  });
});
