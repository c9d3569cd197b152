import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { type ConsoleHub, openConsoleHub } from '#test/screens/console-hub.ts';
import { CONSOLE_POSES } from '#test/screens/console-poses.ts';
import { NOW } from '#test/screens/demo-titles.ts';
import { launchBrowser, openPage, VIEWPORTS } from '#test/support/browser.ts';

/** What a page of the console asks of the hub when it is opened: each thing once, and once more only what changed meanwhile. */
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

const POSES = CONSOLE_POSES.filter(({ signedOut }) => signedOut !== true);

/** Opens the console anew, and notes everything that it asks of the hub from then on. */
async function opening(place: string) {
  const { page, close } = await openPage(browser, 'about:blank', VIEWPORTS.desk, {
    cookie: hub.cookie,
    standsAt: NOW,
  });
  page.setDefaultTimeout(15_000);
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname, search, searchParams } = new URL(request.url());
    if (!pathname.startsWith('/api/v1/') || pathname.includes('/assets/')) return;
    // Where the page stands is different each time; what it listens to is not.
    const question = pathname.endsWith('/live') ? `?terminals=${searchParams.get('terminals')}` : search;
    asked.push(`${request.method()} ${pathname.slice('/api/v1'.length)}${question}`);
  });
  await page.goto(`${hub.address}/#/${place}`);
  return { page, asked, close };
}

/** The hub greeted the page, everything was answered, and what the greeting brought about was asked. */
async function greeted(page: Page): Promise<void> {
  await page.getByTestId('hub-live').waitFor();
  await page.locator('main h1').first().waitFor();
  await page.waitForFunction(() => document.querySelector('[data-testid="loading"]') === null);
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null)))),
  );
}

/** The frame around every page asks these for itself; a page that shows the same asks as well. */
const FRAME = ['GET /sites', 'GET /badges', 'GET /second-person'];

function twice(asked: readonly string[]): string[] {
  const pages = asked.filter((one, at) => !FRAME.includes(one) || asked.indexOf(one) !== at);
  return pages.filter((one, at) => pages.indexOf(one) !== at);
}

it.each(POSES.map((pose) => [pose.name, pose] as const))(
  'SCR-4, FLT-1: %s asks the hub for nothing twice when it is opened',
  async (_, pose) => {
    const { page, asked, close } = await opening(pose.place(hub.ids));
    await greeted(page);
    expect(asked.some((one) => one.startsWith('GET /live'))).toBe(true);
    expect(twice(asked), `of ${asked.length}`).toEqual([]);
    await close();
  },
);

it('SCR-4, FLT-1: who goes from the list of terminals to another page, and back, has what stands there read once', async () => {
  const { page, asked, close } = await opening('fleet');
  await greeted(page);
  for (const [place, list] of [
    ['alerts', 'GET /alerts?limit=100'],
    ['fleet', 'GET /terminals?limit=100'],
  ] as const) {
    asked.length = 0;
    const live = page.waitForResponse((answer) => answer.url().includes('/live'));
    await page.goto(`${hub.address}/#/${place}`);
    await live;
    await greeted(page);
    expect(twice(asked), place).toEqual([]);
    expect(asked, place).toContain(list);
  }
  await close();
});

it('FLT-1, SCR-4: what changes while the list of terminals is left is on the next page, which listens anew', async () => {
  const { page, asked, close } = await opening('fleet');
  await greeted(page);
  let greet = (): void => {};
  const held = new Promise<void>((resolve) => {
    greet = resolve;
  });
  await page.route(/\/live\b/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${hub.address}/#/alerts`);
  await expect.poll(() => asked.filter((one) => one.startsWith('GET /alerts')).length).toBe(1);
  await page.waitForFunction(() => document.querySelector('[data-testid="loading"]') === null);
  await hub.stores.alerts.raise(
    'told-between-two-streams',
    {
      ...{ code: 'broker_down', subject: 'broker', severity: 'critical', message: 'Nobody listens.' },
      ...{ terminalId: 'kiosk-window' as TerminalId, rentalId: null },
    },
    epochMs(NOW),
  );
  await hub.goOn(1000);
  greet();
  await page.getByText('Nobody listens.').first().waitFor();
  await close();
});
