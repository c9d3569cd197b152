import { CURRENCIES, type Money } from '#shared/kernel/money.ts';
import type { Language } from './i18n.ts';

/** Figures for people, in their language, by Intl. Times are epoch milliseconds and always shown in the zone of the site. */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', ja: 'ja-JP', de: 'de-DE' };

const made = new Map<string, unknown>();
function once<T>(key: string, make: () => T): T {
  const known = made.get(key) as T | undefined;
  if (known !== undefined) return known;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

export function formatMoney(amount: Money, language: Language): string {
  const digits = CURRENCIES[amount.currency];
  const format = once(
    `money ${language} ${amount.currency}`,
    () => new Intl.NumberFormat(LOCALES[language], { style: 'currency', currency: amount.currency }),
  );
  return format.format(amount.minor / 10 ** digits);
}

export const formatCount = (value: number, language: Language): string =>
  once(`count ${language}`, () => new Intl.NumberFormat(LOCALES[language])).format(value);

/** Day and time: "Sun 22 Nov, 18:00". */
export function formatDateTime(at: number, language: Language, zone: string): string {
  return once(
    `datetime ${language} ${zone}`,
    () =>
      new Intl.DateTimeFormat(LOCALES[language], {
        timeZone: zone,
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }),
  ).format(at);
}

/** Day and time of any year: of this year as `formatDateTime`, else with the year: "22 Nov 2024, 18:00". */
export function formatMoment(at: number, now: number, language: Language, zone: string): string {
  const year = once(
    `year ${zone}`,
    () => new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', calendar: 'gregory' }),
  );
  if (year.format(at) === year.format(now)) return formatDateTime(at, language, zone);
  return once(
    `moment ${language} ${zone}`,
    () =>
      new Intl.DateTimeFormat(LOCALES[language], {
        timeZone: zone,
        day: 'numeric',
        month: 'short',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }),
  ).format(at);
}

/** Day and time in full, for what a customer must not forget: "Sunday, 22 November at 18:00". */
export function formatLongDateTime(at: number, language: Language, zone: string): string {
  return once(
    `long ${language} ${zone}`,
    () =>
      new Intl.DateTimeFormat(LOCALES[language], {
        timeZone: zone,
        weekday: 'long',
        day: 'numeric',
        month: 'long',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }),
  ).format(at);
}

/** Day and time for paper, which is read in any year: "Sunday, 22 November 2026 at 18:00". */
export function formatLongMoment(at: number, language: Language, zone: string): string {
  return once(
    `long moment ${language} ${zone}`,
    () =>
      new Intl.DateTimeFormat(LOCALES[language], {
        timeZone: zone,
        weekday: 'long',
        day: 'numeric',
        month: 'long',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }),
  ).format(at);
}

/** A day of a calendar's row: "Sun" and "22". */
export function formatDayParts(
  at: number,
  language: Language,
  zone: string,
): { readonly weekday: string; readonly day: string } {
  const weekday = once(
    `weekday ${language} ${zone}`,
    () => new Intl.DateTimeFormat(LOCALES[language], { timeZone: zone, weekday: 'short' }),
  );
  const day = once(
    `day number ${language} ${zone}`,
    () => new Intl.DateTimeFormat('en', { timeZone: zone, day: 'numeric' }),
  );
  return { weekday: weekday.format(at), day: day.format(at) };
}

/** A language by its name: `ja` is "Japanese"; a tag that nobody knows stays as it is. */
export function formatTongue(tag: string, language: Language): string {
  try {
    return (
      once(`tongue ${language}`, () => new Intl.DisplayNames(LOCALES[language], { type: 'language' })).of(
        tag,
      ) ?? tag
    );
  } catch {
    return tag;
  }
}

/** A calendar day: "Sun 22 Nov". */
export function formatDay(at: number, language: Language, zone: string): string {
  return once(
    `day ${language} ${zone}`,
    () =>
      new Intl.DateTimeFormat(LOCALES[language], {
        timeZone: zone,
        weekday: 'short',
        day: 'numeric',
        month: 'short',
      }),
  ).format(at);
}

/** The day a title comes out, which may lie years ahead: "Fri 3 Dec 2027". */
export function formatReleaseDay(at: number, language: Language, zone: string): string {
  return once(
    `release ${language} ${zone}`,
    () =>
      new Intl.DateTimeFormat(LOCALES[language], {
        timeZone: zone,
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        year: 'numeric',
      }),
  ).format(at);
}

export function formatTime(at: number, language: Language, zone: string): string {
  return once(
    `time ${language} ${zone}`,
    () =>
      new Intl.DateTimeFormat(LOCALES[language], {
        timeZone: zone,
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }),
  ).format(at);
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A length of time by its largest unit and, where it matters, the next: "2 hr 5 min", "40 sec". Rounds up: never promises less. */
export function formatDuration(seconds: number, language: Language): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  const at = first === -1 ? UNITS.length - 1 : first;
  const parts: string[] = [];
  let rest = whole;
  for (const [unit, size] of UNITS.slice(at, at + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count === 0 && parts.length > 0) continue;
    if (unit === 'second' && at < 2) continue;
    parts.push(unitFormat(unit, language).format(count));
  }
  return language === 'ja' ? parts.join('').replaceAll(' ', '') : parts.join(' ');
}

const unitFormat = (unit: string, language: Language): Intl.NumberFormat =>
  once(
    `unit ${language} ${unit}`,
    () =>
      // Whole words for days: a short German “Tg.” is nobody's word.
      new Intl.NumberFormat(LOCALES[language], {
        style: 'unit',
        unit,
        unitDisplay: unit === 'day' ? 'long' : 'short',
      }),
  );

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Decimal units, as printed on the packs of sticks: "3.2 GB". */
export function formatBytes(bytes: number, language: Language): string {
  const step = bytes < 1000 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(bytes) / 3));
  const unit = SIZES[step] ?? 'byte';
  const value = bytes / 1000 ** step;
  const digits = step === 0 || value >= 100 ? 0 : 1;
  return once(
    `bytes ${language} ${unit} ${digits}`,
    () =>
      new Intl.NumberFormat(LOCALES[language], {
        style: 'unit',
        unit,
        unitDisplay: 'short',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
  ).format(value);
}

/** "24.5 MB/s". */
export const formatRate = (bytesPerSecond: number, language: Language): string =>
  `${formatBytes(bytesPerSecond, language)}/s`;

/** A damped mean × 100 as people read it: 437 → "4.4". */
export const formatRating = (meanTimes100: number, language: Language): string =>
  once(
    `rating ${language}`,
    () => new Intl.NumberFormat(LOCALES[language], { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
  ).format(meanTimes100 / 100);
