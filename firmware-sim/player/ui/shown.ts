import { formatBytes, formatDateTime, formatDuration } from '#shared/ui/format.ts';
import type { Language } from '#shared/ui/i18n.ts';
import type { ShelfCopy } from '../shelf.ts';
import { type PlayerWords, WORDS } from './words.ts';

export type Kind = keyof PlayerWords['kind'];

export const kindOf = (mediaType: string | null): Kind => {
  const family = mediaType?.split('/')[0] ?? '';
  return family === 'video' || family === 'audio' || family === 'image' ? family : 'text';
};

/** How long a copy may still be used, in two short lines: until when, and what is left. Never promises more than there is. */
export function timeWords(
  copy: Pick<ShelfCopy, 'kept' | 'endsAt'>,
  now: number,
  language: Language,
  zone: string,
): { readonly until: string; readonly left: string } {
  const words = WORDS[language].time;
  if (copy.kept) return { until: words.kept, left: '' };
  if (copy.endsAt === null) return { until: words.noEnd, left: '' };
  const seconds = Math.floor((copy.endsAt - now) / 1000);
  return {
    until: words.until(formatDateTime(copy.endsAt, language, zone)),
    left: seconds > 0 ? words.left(leftOf(seconds, language)) : '',
  };
}

/** From two days on whole days: nobody plans an evening by the minute. */
function leftOf(seconds: number, language: Language): string {
  const day = 86_400;
  return formatDuration(seconds >= 2 * day ? seconds - (seconds % day) : seconds, language);
}

/** The licence in plain words: pairs of what and how. */
export function termsOf(
  copy: ShelfCopy,
  language: Language,
  zone: string,
): readonly (readonly [string, string])[] {
  const words = WORDS[language].licence;
  const { licence } = copy;
  if (licence === null) return [];
  const amount = (count: number | null, said: (count: number) => string): string =>
    count === null ? words.unlimited : count === 0 ? words.no : said(count);
  const within = (label: string, seconds: number | null): readonly (readonly [string, string])[] =>
    seconds === null ? [] : [[label, formatDuration(seconds, language)]];
  return [
    [words.until, copy.endsAt === null ? words.always : formatDateTime(copy.endsAt, language, zone)],
    ...within(words.begin, licence.startWithinSeconds),
    ...within(words.finish, licence.finishWithinSeconds),
    [words.opens, licence.binding === 'none' ? words.anywhere : words.own],
    [words.print, amount(licence.print, words.pages)],
    [words.copy, amount(licence.copy, words.signs)],
    [words.size, formatBytes(copy.bytes, language)],
    [words.written, words.at(formatDateTime(licence.issuedAt, language, zone), licence.terminal)],
  ];
}
