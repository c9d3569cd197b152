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
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'ja-JP', {
    dateStyle: 'medium',
    timeZone: 'UTC',
  }).format(Date.parse(`${date}T00:00:00Z`));
