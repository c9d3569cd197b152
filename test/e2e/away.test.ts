import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { KIOSK_POSES, type Pose } from '#test/screens/kiosk-poses.ts';
import { type Posed, posing } from '#test/screens/pose.ts';
import { RETURN_POSES } from '#test/screens/return-poses.ts';
import { axe, launchBrowser } from '#test/support/browser.ts';
import { freePort } from '#test/support/free-port.ts';
import { freezingServer } from '#test/support/freezing-server.ts';

/** What both touch screens show while their own program is away (SCR-7), without a fleet. */
let browser: Browser;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/kiosk', 'ui/return-terminal'], { stdio: 'pipe' });
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const named = <Snapshot>(poses: readonly Pose<Snapshot>[], name: string): Pose<Snapshot> => {
  const found = poses.find((pose) => pose.name === name);
  if (found === undefined) throw new Error(`no pose ${name}`);
  return found;
};

/** A screen whose program can be ended and started again at the same address. */
async function aScreen<Snapshot extends Posed>(ui: 'kiosk' | 'return-terminal', snapshot: Snapshot) {
  const port = await freePort();
  let served = await posing(ui, snapshot, port);
  return {
    address: served.address,
    end: () => served.stop(),
    start: async (next: Snapshot) => {
      served = await posing(ui, next, port);
    },
  };
}

async function aBrowser(): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  const context = await browser.newContext({ viewport: { width: 1080, height: 1920 } });
  return { context, page: await context.newPage() };
}

async function throughALoss<Snapshot extends Posed>(
  ui: 'kiosk' | 'return-terminal',
  begun: Snapshot,
  home: Snapshot,
  ofTheCustomer: string,
): Promise<void> {
  const screen = await aScreen(ui, begun);
  const { context, page } = await aBrowser();
  await page.goto(screen.address);
  await page.getByText(ofTheCustomer).first().waitFor();
  await page.evaluate(async () => {
    sessionStorage.setItem('comfort', 'large');
    await navigator.serviceWorker.ready;
  });
  await screen.end();
  await page.getByTestId('link-lost').waitFor();
  expect(await page.content()).not.toContain(ofTheCustomer);
  expect(await axe(page)).toEqual([]);
  // Loaded anew while nobody serves: the browser's own error page is never seen.
  await page.reload();
  await page.getByTestId('watchdog').waitFor();
  expect(await axe(page)).toEqual([]);
  await screen.start(home);
  await page.getByTestId(`screen-${home.view.screen}`).waitFor();
  expect(new URL(page.url()).pathname).toBe('/');
  expect(await page.content()).not.toContain(ofTheCustomer);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  // A page that stayed open comes back by itself as well.
  await screen.end();
  await page.getByTestId('link-lost').waitFor();
  await screen.start(home);
  await page.getByTestId(`screen-${home.view.screen}`).waitFor();
  await context.close();
  await screen.end();
}

describe('while the terminal’s own program is away', () => {
  it('SCR-7: the return terminal’s page says so, shows nothing of the customer, and comes back by itself', async () => {
    const [begun, home] = [named(RETURN_POSES, 'choose-one'), named(RETURN_POSES, 'welcome')];
    await throughALoss('return-terminal', begun.snapshot('en'), home.snapshot('en'), 'Night Tram 9');
  });

  it('SCR-7: the kiosk’s page says so, shows nothing of the customer, and comes back by itself', async () => {
    const [begun, home] = [named(KIOSK_POSES, 'cart'), named(KIOSK_POSES, 'attract')];
    await throughALoss('kiosk', begun.snapshot('en'), home.snapshot('en'), 'Your cart');
  });

  it.each([
    ['kiosk', named(KIOSK_POSES, 'cart').snapshot('en'), 'Your cart'],
    ['return-terminal', named(RETURN_POSES, 'returning').snapshot('en'), 'Night Tram 9'],
  ] as const)(
    'SCR-7: a program of the %s that hangs keeps its connections: the page tells all the same, a load finds the watchdog, and both come back by themselves',
    async (ui, begun, ofTheCustomer) => {
      const served = await posing<Posed>(ui, begun);
      const before = await freezingServer(Number(new URL(served.address).port));
      const address = `http://127.0.0.1:${before.port}/`;
      const { context, page } = await aBrowser();
      await page.clock.install();
      await page.goto(address);
      await page.getByText(ofTheCustomer).first().waitFor();
      await page.evaluate(async () => void (await navigator.serviceWorker.ready));
      const beside = await context.newPage();
      before.freeze(true);
      // The question is due after 20 seconds, and waits 8 for its answer.
      await page.clock.runFor(21_000);
      await page.getByText(ofTheCustomer).first().waitFor();
      await page.clock.runFor(9_000);
      await page.getByTestId('link-lost').waitFor();
      expect(await page.content()).not.toContain(ofTheCustomer);
      await beside.goto(address, { waitUntil: 'commit' });
      await beside.getByTestId('watchdog').waitFor();
      before.freeze(false);
      await page.clock.runFor(2_000);
      await page.getByTestId(`screen-${begun.view.screen}`).waitFor();
      await beside.getByTestId(`screen-${begun.view.screen}`).waitFor();
      expect(served.asked).toEqual([]);
      await context.close();
      await before.stop();
      await served.stop();
    },
  );

  it('SCR-7: a shop’s browser that starts before the program waits at the watchdog’s file', async () => {
    const screen = await aScreen('return-terminal', named(RETURN_POSES, 'welcome').snapshot('en'));
    await screen.end();
    const { context, page } = await aBrowser();
    const file = pathToFileURL(join(projectRoot(), 'shared/ui/still/watchdog.html'));
    await page.goto(`${file}?terminal=${screen.address}`);
    await page.getByTestId('watchdog').waitFor();
    await screen.start(named(RETURN_POSES, 'welcome').snapshot('en'));
    await page.getByTestId('screen-welcome').waitFor();
    expect(page.url()).toBe(screen.address);
    // It hands over to this machine's own program only.
    await page.goto(`${file}?terminal=https://elsewhere.example/`);
    expect(await page.evaluate('terminal')).toBeNull();
    await context.close();
    await screen.end();
  });
});
