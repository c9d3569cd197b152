import type { Page } from 'playwright-core';

/** What stands behind the person's name in the console. */
const behindName = (page: Page) => page.getByTestId('person').click();

export async function leaveConsole(page: Page): Promise<void> {
  await behindName(page);
  await page.getByTestId('sign-out').click();
}

export async function speakInConsole(page: Page, language: string): Promise<void> {
  await behindName(page);
  await page.getByTestId(`language-${language}`).click();
  await page.keyboard.press('Escape');
}
