import type { Money } from '#shared/kernel/money.ts';
import {
  formatBytes,
  formatDateTime,
  formatDay,
  formatDuration,
  formatMoney,
  formatRate,
  formatRating,
} from '#shared/ui/format.ts';
import { type Language, localText, type SameWords } from '#shared/ui/i18n.ts';
import type { KioskIntent, KioskSnapshot, TitleCard } from '../app/session/contract.ts';
import type { KioskWords } from '../app/words/en.ts';
import { WORDS } from '../app/words/words.ts';

/** What every screen needs beside its view: words, figures in the customer's language, and the way to say what he wants. */
export interface Shown {
  readonly language: Language;
  readonly words: SameWords<KioskWords>;
  send(intent: KioskIntent): void;
  money(amount: Money): string;
  dateTime(at: number): string;
  day(at: number): string;
  duration(seconds: number): string;
  bytes(bytes: number): string;
  rate(bytesPerSecond: number): string;
  rating(meanTimes100: number): string;
  text(text: { readonly en: string; readonly ja?: string | undefined }): string;
}

export function shownFor(
  snapshot: Pick<KioskSnapshot, 'language' | 'zone'>,
  send: (intent: KioskIntent) => void,
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
    bytes: (bytes) => formatBytes(bytes, language),
    rate: (bytesPerSecond) => formatRate(bytesPerSecond, language),
    rating: (mean) => formatRating(mean, language),
    text: (text) => localText(text, language),
  };
}

/** Pictures are served by the terminal itself, by their hash. */
export const assetAddress = (sha256: string | null): string | null =>
  sha256 === null ? null : `./assets/${sha256}`;

function reasonText(shown: Shown, reason: NonNullable<TitleCard['reason']>): string {
  const { words } = shown;
  const name = reason.name === null ? null : shown.text(reason.name);
  switch (reason.code) {
    case 'because_you_liked':
      return name === null ? words.reason.popular_here : words.reason.because_you_liked(name);
    case 'because_you_rented':
      return name === null ? words.reason.popular_here : words.reason.because_you_rented(name);
    case 'new_in_genre':
      return reason.genre === null ? words.shelf.new : words.reason.new_in_genre(reason.genre);
    case 'popular_here':
      return words.reason.popular_here;
    case 'reserved_ready':
      return words.reason.reserved_ready;
  }
}

/** A title as the poster shelf takes it. */
export function shelfItem(shown: Shown, title: TitleCard) {
  const { words } = shown;
  return {
    id: title.titleId,
    name: shown.text(title.name),
    kindName: words.kind[title.kind],
    poster: assetAddress(title.poster),
    note:
      title.reason === null
        ? words.card.from(shown.money(title.firstPrice))
        : reasonText(shown, title.reason),
    mark: title.availability === 'here' ? null : words.card[title.availability],
  };
}
