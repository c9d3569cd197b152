import type { Money } from '#shared/kernel/money.ts';
import {
  formatBytes,
  formatDateTime,
  formatDay,
  formatDayParts,
  formatDuration,
  formatLongDateTime,
  formatMoney,
  formatRate,
  formatRating,
  formatReleaseDay,
  formatTongue,
} from './format.ts';
import { FRAME_WORDS, type FrameWords } from './frame-words.ts';
import { genreName } from './genres.ts';
import { type Language, localText } from './i18n.ts';

/** A trouble as the components say it: words for the customer, the code for the shop's staff. */
export interface Said {
  readonly heading: string;
  readonly text: string;
  readonly code: string;
  readonly codeLabel: string;
}
type TroubleWords<Code extends string> = Readonly<
  Record<Code, { readonly heading: string; readonly text: string }>
>;
interface Trouble<Code extends string> {
  readonly code: Code;
  readonly detail: string;
  readonly triesLeft: number | null;
}

/** What every touch screen needs beside its view and its own words: figures in the customer's language and the shop's zone. */
export interface Figures<Code extends string> {
  readonly language: Language;
  readonly frame: FrameWords;
  money(amount: Money): string;
  dateTime(at: number): string;
  longDateTime(at: number): string;
  day(at: number): string;
  releaseDay(at: number): string;
  dayParts(at: number): { readonly weekday: string; readonly day: string };
  /** A language by its name in the customer's. */
  tongue(tag: string): string;
  genre(genre: string): string;
  duration(seconds: number): string;
  bytes(bytes: number): string;
  rate(bytesPerSecond: number): string;
  rating(meanTimes100: number): string;
  text(text: Parameters<typeof localText>[0]): string;
  said(trouble: Trouble<Code>): Said;
}

export function figuresFor<Code extends string>(
  { language, zone }: { readonly language: Language; readonly zone: string },
  troubles: TroubleWords<Code>,
): Figures<Code> {
  const frame = FRAME_WORDS[language];
  return {
    language,
    frame,
    money: (amount) => formatMoney(amount, language),
    dateTime: (at) => formatDateTime(at, language, zone),
    longDateTime: (at) => formatLongDateTime(at, language, zone),
    day: (at) => formatDay(at, language, zone),
    releaseDay: (at) => formatReleaseDay(at, language, zone),
    dayParts: (at) => formatDayParts(at, language, zone),
    tongue: (tag) => formatTongue(tag, language),
    genre: (genre) => genreName(genre, language),
    duration: (seconds) => formatDuration(seconds, language),
    bytes: (bytes) => formatBytes(bytes, language),
    rate: (bytesPerSecond) => formatRate(bytesPerSecond, language),
    rating: (mean) => formatRating(mean, language),
    text: (text) => localText(text, language),
    said: ({ code, detail, triesLeft }) => {
      const { heading, text } = troubles[code];
      return {
        heading,
        text: triesLeft === null ? text : `${text} ${frame.triesLeft(triesLeft)}`,
        code: detail,
        codeLabel: frame.code,
      };
    },
  };
}

/** Pictures are served by the terminal itself, by their hash. */
export const assetAddress = (sha256: string | null): string | null =>
  sha256 === null ? null : `./assets/${sha256}`;
