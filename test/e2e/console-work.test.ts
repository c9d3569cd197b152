import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { type ConsoleHub, openConsoleHub } from '#test/screens/console-hub.ts';
import { NOW } from '#test/screens/demo-titles.ts';
import { launchBrowser, type OpenedPage, openPage, VIEWPORTS } from '#test/support/browser.ts';

/** What is done at the console from day to day, and taken back: on the hub of the screens, without a fleet. */
let browser: Browser;
let hub: ConsoleHub;
let opened: OpenedPage;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/hub'], { stdio: 'pipe' });
  [browser, hub] = await Promise.all([launchBrowser(), openConsoleHub()]);
  opened = await openPage(browser, `${hub.address}/`, VIEWPORTS.desk, { cookie: hub.cookie, standsAt: NOW });
  opened.page.setDefaultTimeout(15_000);
});
afterAll(async () => {
  await browser?.close();
  await hub?.stop();
});

async function at(place: string): Promise<Page> {
  const { page } = opened;
  await page.goto(`${hub.address}/#/${place}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('[data-testid="loading"]') === null);
  return page;
}

it('FLT-2, SCR-4: a terminal is locked at once, and undoing it orders the opposite', async () => {
  const page = await at('fleet/kiosk-window');
  const orders = page.getByTestId('command').locator('strong');
  const lock = page.getByTestId('order-lock');
  expect(await lock.innerText()).toBe('Lock');
  await hub.goOn(1000);
  await lock.click();
  await lock.getByText('Unlock').waitFor();
  expect(await orders.first().innerText()).toBe('Lock');
  await page
    .getByTestId('toast')
    .getByText(/finishes first|comes back/)
    .waitFor();
  await hub.goOn(1000);
  await page.getByTestId('undo').click();
  await expect.poll(() => orders.first().innerText()).toBe('Unlock');
  await expect.poll(() => lock.innerText()).toBe('Lock');
  expect(await page.getByTestId('undo').count()).toBe(0);
});
