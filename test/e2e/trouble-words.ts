import { expect } from 'vitest';
import type { TroubleCode as KioskCode } from '#kiosk/app/trouble.ts';
import { WORDS as KIOSK_WORDS } from '#kiosk/app/words/words.ts';
import type { TroubleCode as ReturnCode } from '#return-terminal/app/trouble.ts';
import { WORDS as RETURN_WORDS } from '#return-terminal/app/words/words.ts';

/** A trouble on the kiosk's screen has a heading and a text in both languages, and they are not the same words. */
export function kioskSays(code: KioskCode): void {
  const said = [KIOSK_WORDS.en.troubles[code], KIOSK_WORDS.ja.troubles[code]];
  clear(code, said);
}

export function terminalSays(code: ReturnCode): void {
  const said = [RETURN_WORDS.en.troubles[code], RETURN_WORDS.ja.troubles[code]];
  clear(code, said);
}

function clear(code: string, said: readonly { readonly heading: string; readonly text: string }[]): void {
  for (const words of said) {
    expect(words?.heading.length, `${code} has a heading`).toBeGreaterThan(1);
    expect(words?.text.length, `${code} has a text`).toBeGreaterThan(5);
  }
  expect(said[0]?.text).not.toBe(said[1]?.text);
}
