import type { Language } from '#shared/ui/i18n.ts';

/** 5 January 2026 was a Monday: the week of a shop's calendar begins there. */
const MONDAY = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

/** The days from Monday to Sunday as the language calls them. */
export const weekdays = (language: Language): readonly string[] => {
  const format = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' });
  return Array.from({ length: 7 }, (_, at) => format.format(MONDAY + at * DAY_MS));
};

/** A local date as the language writes it. */
export const writtenDate = (date: string, language: Language): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'medium',
    timeZone: 'UTC',
  }).format(Date.parse(`${date}T00:00:00Z`));

/** Day and month as the language writes them in figures, for the foot of a chart. */
export const shortDate = (date: string, language: Language): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    day: 'numeric',
    month: 'numeric',
    timeZone: 'UTC',
  }).format(Date.parse(`${date}T00:00:00Z`));

/** The date that a shop's calendar shows at a moment. */
export const localToday = (zone: string, at: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);

/** The date so many days earlier; negative: later. */
export const daysBefore = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);

/** The weeks of a month as a calendar hangs on a wall: whole weeks from Monday, also with days of the months beside it. */
export function weeksOf(month: string): readonly (readonly string[])[] {
  const first = `${month}-01`;
  const lead = (new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7;
  const start = daysBefore(first, lead);
  const weeks: string[][] = [];
  for (let at = 0; at < 42; at += 7) {
    const week = Array.from({ length: 7 }, (_, day) => daysBefore(start, -(at + day)));
    if (week.some((date) => date.startsWith(month))) weeks.push(week);
  }
  return weeks;
}

/** The month before (−1) or after (1), `YYYY-MM`. */
export function monthBeside(month: string, by: -1 | 1): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

/** "November 2026". */
export const monthName = (month: string, language: Language): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(Date.parse(`${month}-01T00:00:00Z`));

/** The first instant after a local date, found by what the zone's clocks show (the platform only tells the other way round). */
export function endOfDate(zone: string, date: string): number {
  const next = daysBefore(date, -1);
  // No zone is further from UTC than 14 hours: somewhere in these the date changes.
  let low = Date.parse(`${next}T00:00:00Z`) - 15 * 3_600_000;
  let high = low + 30 * 3_600_000;
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2 / 1000) * 1000;
    if (localToday(zone, middle) < next) low = middle;
    else high = middle;
  }
  return high;
}
