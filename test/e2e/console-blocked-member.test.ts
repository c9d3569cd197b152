import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MemberId } from '#shared/kernel/ids.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { type ConsoleHub, openConsoleHub } from '#test/screens/console-hub.ts';
import { NOW } from '#test/screens/demo-titles.ts';
import {
  axe,
  launchBrowser,
  type OpenedPage,
  openPage,
  screenshot,
  VIEWPORTS,
} from '#test/support/browser.ts';
import { speakInConsole } from '#test/support/console.ts';

/** A member is blocked and let back in at the console: on the hub of the screens, without a fleet. */
let browser: Browser;
let hub: ConsoleHub;
let opened: OpenedPage;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/hub'], { stdio: 'pipe' });
  [browser, hub] = await Promise.all([launchBrowser(), openConsoleHub()]);
  opened = await openPage(browser, `${hub.address}/#/members/${hub.ids.member}`, VIEWPORTS.desk, {
    cookie: hub.cookie,
    standsAt: NOW,
  });
  opened.page.setDefaultTimeout(15_000);
});
afterAll(async () => {
  await browser?.close();
  await hub?.stop();
});

const stateOf = async () => (await hub.stores.members.find({ memberId: hub.ids.member as MemberId }))?.state;

it('SEC-6, SCR-4, SCR-6: a member is blocked with a cause after a question that says what it does, and let back in', async () => {
  const { page } = opened;
  await page.getByTestId('block').click();
  const ask = page.getByTestId('block-ask');
  await ask.getByText('Media are still taken back').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'console-block-member');
  // Asked is not done.
  await page.getByTestId('block-ask-cancel').click();
  await ask.waitFor({ state: 'detached' });
  expect(await stateOf()).toBe('active');
  await page.getByTestId('block').click();
  await page.getByTestId('block-cause').selectOption('stolen');
  await page.getByTestId('block-ask-go').click();
  await page.getByTestId('blocked').getByText('Medium and PIN are in wrong hands').waitFor();
  expect(await stateOf()).toBe('blocked');
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'console-blocked-member');
  await page.getByTestId('block').click();
  await page.getByTestId('block-cause').selectOption('mistaken');
  expect(await axe(page)).toEqual([]);
  await page.getByTestId('block-ask-go').click();
  await page.getByTestId('blocked').waitFor({ state: 'detached' });
  expect(await stateOf()).toBe('active');
  expect(opened.faults).toEqual([]);
});

it.each([
  ['ja', '停止する'],
  ['de', 'Sperren'],
] as const)('SCR-5: the question stands there in %s', async (language, go) => {
  const { page } = opened;
  await speakInConsole(page, language);
  await page.getByTestId('block').click();
  expect(await page.getByTestId('block-ask-go').innerText()).toBe(go);
  expect(await axe(page)).toEqual([]);
  await screenshot(page, `console-block-member-${language}`);
  await page.getByTestId('block-ask-cancel').click();
});

it('SCR-4, SCR-6: what is under way keeps its question on the screen, however often Escape is pressed', async () => {
  const { page } = opened;
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/block', async (route) => {
    await answered;
    await route.continue();
  });
  await page.getByTestId('block').click();
  const asked = page.waitForRequest('**/block');
  await page.getByTestId('block-ask-go').press('Enter');
  await asked;
  for (let time = 0; time < 3; time += 1) await page.keyboard.press('Escape');
  // The browser may have closed it for a moment.
  await page.getByTestId('block-ask').waitFor();
  answer();
  await page.getByTestId('block-ask').waitFor({ state: 'detached' });
  expect(await stateOf()).toBe('blocked');
});
