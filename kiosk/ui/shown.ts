import type { SameWords } from '#shared/ui/i18n.ts';
import { assetAddress, type Figures, figuresFor } from '#shared/ui/shown.ts';
import type { KioskIntent, KioskSnapshot, TitleCard } from '../app/session/contract.ts';
import type { TroubleCode } from '../app/trouble.ts';
import type { KioskWords } from '../app/words/en.ts';
import { WORDS } from '../app/words/words.ts';

/** What every screen needs beside its view: words, figures in the customer's language, and the way to say what he wants. */
export interface Shown extends Figures<TroubleCode> {
  readonly words: SameWords<KioskWords>;
  send(intent: KioskIntent): void;
}

export function shownFor(
  snapshot: Pick<KioskSnapshot, 'language' | 'zone'>,
  send: (intent: KioskIntent) => void,
): Shown {
  const words = WORDS[snapshot.language];
  return { ...figuresFor(snapshot, words.troubles), words, send };
}

/** Which keys each language begins with. */
export const BOARD = { en: 'latin', de: 'german', ja: 'kana' } as const;

function reasonText(shown: Shown, reason: NonNullable<TitleCard['reason']>): string {
  const { words } = shown;
  const name = reason.name === null ? null : shown.text(reason.name);
  switch (reason.code) {
    case 'because_you_liked':
      return name === null ? words.reason.popular_here : words.reason.because_you_liked(name);
    case 'because_you_rented':
      return name === null ? words.reason.popular_here : words.reason.because_you_rented(name);
    case 'new_in_genre':
      return reason.genre === null ? words.shelf.new : words.reason.new_in_genre(shown.genre(reason.genre));
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
