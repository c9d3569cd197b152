import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TroubleCode as KioskCode } from '#kiosk/app/trouble.ts';
import { WORDS as KIOSK_WORDS } from '#kiosk/app/words/words.ts';
import type { TroubleCode as ReturnCode } from '#return-terminal/app/trouble.ts';
import { WORDS as RETURN_WORDS } from '#return-terminal/app/words/words.ts';
import { LANGUAGES, type Language } from '#shared/ui/i18n.ts';
import { launchBrowser, openPage } from '#test/support/browser.ts';
import type { LiveFleet } from '#test/support/live-fleet.ts';
import { kioskSays, terminalSays } from './trouble-words.ts';

const ORIENTATIONS = [
  { width: 1080, height: 1920 },
  { width: 1920, height: 1080 },
] as const;

/** Customers' eyes: the pages of both touch screens, upright and lying, open beside what a test does with a fleet. */
export interface Onlookers {
  /** Heading and text of this trouble stand on the kiosk's page, whole, uncovered and without scrolling. */
  kiosk(code: KioskCode): Promise<void>;
  terminal(code: ReturnCode): Promise<void>;
  /** The return terminal's page shows what carries this test id. */
  terminalShows(testid: string): Promise<void>;
  stop(): Promise<void>;
}

type Words<Code extends string> = Record<
  Language,
  { readonly troubles: Record<Code, { readonly heading: string; readonly text: string }> }
>;

/** `fleet` serves the pages of both touch screens. */
export async function onlookers(fleet: LiveFleet): Promise<Onlookers> {
  const browser = await launchBrowser();
  const kiosks = await open(browser, fleet.own.kiosk.address());
  const terminals = await open(browser, fleet.own.returnTerminal.address());
  return {
    kiosk: async (code) => {
      kioskSays(code);
      await shown(kiosks, code, KIOSK_WORDS);
    },
    terminal: async (code) => {
      terminalSays(code);
      await shown(terminals, code, RETURN_WORDS);
    },
    terminalShows: async (testid) => {
      for (const page of terminals) await page.getByTestId(testid).first().waitFor();
    },
    stop: () => browser.close(),
  };
}

const open = (browser: Browser, address: string): Promise<Page[]> =>
  Promise.all(ORIENTATIONS.map(async (size) => (await openPage(browser, address, size)).page));

async function shown<Code extends string>(pages: readonly Page[], code: Code, words: Words<Code>) {
  for (const page of pages) {
    const tongue = await page.evaluate(() => document.documentElement.lang);
    const language = LANGUAGES.find((each) => each === tongue);
    if (language === undefined) throw new Error(`a page in “${tongue}”`);
    const { heading, text } = words[language].troubles[code];
    const where = `${code} at ${page.viewportSize()?.width} px`;
    await expect.poll(() => outOfSight(page, [heading, text]), { message: where }).toEqual([]);
  }
}

/** Those of the texts that nobody before the screen can read. */
const outOfSight = (page: Page, texts: readonly string[]): Promise<string[]> =>
  page.evaluate((wanted) => {
    const read = (element: Element, text: string): boolean => {
      if (!(element.textContent ?? '').includes(text)) return false;
      const { top, right, bottom, left } = element.getBoundingClientRect();
      if (right <= left || top < 0 || left < 0 || bottom > innerHeight || right > innerWidth) return false;
      const above = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return above !== null && (element.contains(above) || above.contains(element));
    };
    const elements = [...document.querySelectorAll('h1, h2, h3, p, span, strong')];
    return wanted.filter((text) => !elements.some((element) => read(element, text)));
  }, texts);
