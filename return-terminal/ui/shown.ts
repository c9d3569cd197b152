import type { Money } from '#shared/kernel/money.ts';
import { formatDateTime, formatDay, formatDuration, formatMoney } from '#shared/ui/format.ts';
import { type Language, localText, type SameWords } from '#shared/ui/i18n.ts';
import type { ReturnIntent, ReturnSnapshot } from '../app/session/contract.ts';
import type { ReturnWords } from '../app/words/en.ts';
import { WORDS } from '../app/words/words.ts';

/** What every screen needs beside its view: words, figures in the customer's language, and the way to say what he wants. */
export interface Shown {
  readonly language: Language;
  readonly words: SameWords<ReturnWords>;
  send(intent: ReturnIntent): void;
  money(amount: Money): string;
  dateTime(at: number): string;
  day(at: number): string;
  duration(seconds: number): string;
  text(text: { readonly en: string; readonly ja?: string | undefined }): string;
}

export function shownFor(
  snapshot: Pick<ReturnSnapshot, 'language' | 'zone'>,
  send: (intent: ReturnIntent) => void,
): Shown {
  const { language, zone } = snapshot;
  return {
    language,
    words: WORDS[language],
    send,
    money: (amount) => formatMoney(amount, language),
    dateTime: (at) => formatDateTime(at, language, zone),
    day: (at) => formatDay(at, language, zone),
    duration: (seconds) => formatDuration(seconds, language),
    text: (text) => localText(text, language),
  };
}

/** Pictures are served by the terminal itself, by their hash. */
export const assetAddress = (sha256: string | null): string | null =>
  sha256 === null ? null : `./assets/${sha256}`;
