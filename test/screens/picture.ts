import type { Browser, Page } from 'playwright-core';
import { openPage } from '#test/support/browser.ts';
import { posing } from './pose.ts';

/** The page as it stands: what moves is at its end, no blinking caret, nothing under the pointer. */
export const pictureOf = (page: Page): Promise<Buffer> =>
  page.screenshot({ animations: 'disabled', caret: 'hide' });

/** The parts of the screens, each alone (shared/ui/gallery). */
export async function takeGallery(browser: Browser, path: string): Promise<void> {
  const served = await posing('gallery', null);
  const { page, close } = await openPage(browser, served.address, { width: 1600, height: 1000 });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path, fullPage: true });
  await close();
  await served.stop();
}
