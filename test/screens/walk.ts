import type { Browser, Page } from 'playwright-core';
import type { Language } from '#shared/ui/i18n.ts';
import type { Application, Look, Screen } from './applications.ts';

export interface Visit {
  readonly page: Page;
  readonly screen: Screen;
  readonly look: Look;
  readonly language: Language;
}

/**
 * Goes through an application's screens in all given looks and languages, `pages` pages at a time, each page from screen to screen. `visit` shows
 * the screen itself, so that it may leave one out. Answers what the pages met: errors of scripts, answers with a status from 400 on.
 */
export async function walkScreens(
  browser: Browser,
  application: Application,
  looks: readonly Look[],
  pages: number,
  visit: (visit: Visit) => Promise<void>,
): Promise<readonly string[]> {
  const running = await application.start();
  const rounds = looks.flatMap((look) => look.languages.map((language) => ({ look, language })));
  const met: string[] = [];
  const next = async (): Promise<void> => {
    for (let round = rounds.shift(); round !== undefined; round = rounds.shift()) {
      const { look, language } = round;
      const { page, faults, screens, close } = await running.open(browser, look, language);
      try {
        for (const screen of screens) await visit({ page, screen, look, language });
        met.push(...faults.map((fault) => `${application.name}, ${look.name}, ${language}: ${fault}`));
      } finally {
        await close();
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: pages }, next));
  } finally {
    await running.stop();
  }
  return met;
}
