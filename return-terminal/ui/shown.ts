import type { SameWords } from '#shared/ui/i18n.ts';
import { type Figures, figuresFor } from '#shared/ui/shown.ts';
import type { ReturnIntent, ReturnSnapshot } from '../app/session/contract.ts';
import type { TroubleCode } from '../app/trouble.ts';
import type { ReturnWords } from '../app/words/en.ts';
import { WORDS } from '../app/words/words.ts';

/** What every screen needs beside its view: words, figures in the customer's language, and the way to say what he wants. */
export interface Shown extends Figures<TroubleCode> {
  readonly words: SameWords<ReturnWords>;
  send(intent: ReturnIntent): void;
}

export function shownFor(
  snapshot: Pick<ReturnSnapshot, 'language' | 'zone'>,
  send: (intent: ReturnIntent) => void,
): Shown {
  const words = WORDS[snapshot.language];
  return { ...figuresFor(snapshot, words.troubles), words, send };
}
