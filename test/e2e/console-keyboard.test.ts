import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { type ConsoleHub, openConsoleHub, SCREENS_STAFF } from '#test/screens/console-hub.ts';
import { launchBrowser, openPage, VIEWPORTS } from '#test/support/browser.ts';
import { keyboardOnly } from '#test/support/keyboard.ts';
import { mainPart, readAloud } from '#test/support/screen-reader.ts';

/** The console's main tasks without a mouse, on the hub of the screens. */
let browser: Browser;
let hub: ConsoleHub;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/hub'], { stdio: 'pipe' });
  [browser, hub] = await Promise.all([launchBrowser(), openConsoleHub()]);
});
afterAll(async () => {
  await browser?.close();
  await hub?.stop();
});

it('SCR-4, SCR-6: sign in, find a member, take a payment, look at a rental: by keyboard alone', async () => {
  const { page, close } = await openPage(browser, `${hub.address}/`, VIEWPORTS.desk);
  const { press, write, keys, to } = keyboardOnly(page);
  const heading = () => page.evaluate(() => document.activeElement?.tagName);
  await write('sign-in-name', SCREENS_STAFF.name);
  await write('sign-in-password', SCREENS_STAFF.password);
  await keys('Enter');
  await page.getByTestId('figure-terminals').waitFor();

  await press('nav-members');
  await page.getByTestId('members').waitFor();
  await expect.poll(heading).toBe('H1');
  await write('search', 'Ada');
  await expect.poll(() => page.getByTestId('members').locator('tbody tr').count()).toBe(1);
  await keys('Tab');
  while ((await page.evaluate(() => document.activeElement?.textContent?.trim())) !== 'Ada Morgenstern')
    await keys('Tab');
  await keys('Enter');
  await page.getByRole('heading', { level: 1, name: 'Ada Morgenstern' }).waitFor();

  await press('pay');
  await page.getByTestId('pay-amount').waitFor();
  const dialog = mainPart(await readAloud(page));
  expect(dialog?.[0]).toMatchObject({ role: 'dialog', modal: true });
  expect(dialog?.[0]?.name).not.toBe('');
  await write('pay-amount', '12,90');
  await press('pay-ask-go');
  await page.getByTestId('pay-amount').waitFor({ state: 'detached' });
  await page.getByTestId('prepaid').getByText('€37.90').waitFor();

  await press('pay');
  await page.getByTestId('pay-amount').waitFor();
  await keys('Escape');
  await page.getByTestId('pay-amount').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('pay');

  await press('nav-rentals');
  await page.getByTestId('rentals').waitFor();
  await to('nav-alerts');
  await close();
});
