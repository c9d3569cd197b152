import { expect } from 'vitest';
import type { TroubleCode as KioskCode } from '#kiosk/app/trouble.ts';
import { WORDS as KIOSK_WORDS } from '#kiosk/app/words/words.ts';
import type { TroubleCode as ReturnCode } from '#return-terminal/app/trouble.ts';
import { WORDS as RETURN_WORDS } from '#return-terminal/app/words/words.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';

/** A trouble on the kiosk's screen has a heading and a text in every language, and they are not the same words. */
export function kioskSays(code: KioskCode): void {
  clear(
    code,
    LANGUAGES.map((language) => KIOSK_WORDS[language].troubles[code]),
  );
}

export function terminalSays(code: ReturnCode): void {
  clear(
    code,
    LANGUAGES.map((language) => RETURN_WORDS[language].troubles[code]),
  );
}

function clear(code: string, said: readonly { readonly heading: string; readonly text: string }[]): void {
  for (const words of said) {
    expect(words?.heading.length, `${code} has a heading`).toBeGreaterThan(1);
    expect(words?.text.length, `${code} has a text`).toBeGreaterThan(5);
  }
  expect(new Set(said.map((words) => words?.text)).size).toBe(said.length);
}
