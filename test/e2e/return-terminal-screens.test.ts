import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { returnSession } from '#return-terminal/app/session/machine.ts';
import { listenHttp } from '#shared/edge/drivers/http-listener.ts';
import { createScreenApp } from '#shared/edge/screen-server.ts';
import { assert } from '#shared/kernel/assert.ts';
import { fault } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { axe, launchBrowser, openPage, screenshot, VIEWPORTS } from '#test/support/browser.ts';
import { keyboardOnly } from '#test/support/keyboard.ts';
import {
  aBundle,
  aFleet,
  aRentedMedium,
  aTerminal,
  aTitle,
  type Fleet,
  NOON,
  type TestTerminal,
  titleIdAt,
} from '#test/support/return-terminal/a-terminal.ts';

const HOUR = 3_600_000;
let browser: Browser;
let fleet: Fleet;
beforeAll(async () => {
  execFileSync(process.execPath, [join(projectRoot(), 'shared/toolchain/build.mjs'), 'ui/return-terminal'], {
    cwd: projectRoot(),
  });
  [browser, fleet] = await Promise.all([launchBrowser(), aFleet()]);
});
afterAll(() => browser.close());

async function aScreen(terminal: TestTerminal) {
  const session = returnSession(terminal.deps);
  await session.start();
  const app = createScreenApp({
    screen: session,
    assets: { get: async () => fault('asset_unknown', 'no pictures here') },
    clock: terminal.clock,
    log: silentLog,
    uiFolder: uiDirectory('return-terminal'),
    health: () => ({}),
  });
  const listener = await listenHttp(app, 0);
  assert(listener.ok, 'a free port');
  return {
    address: `http://127.0.0.1:${listener.value.port}`,
    close: async () => {
      await session.stop();
      await listener.value.close();
    },
  };
}

const taken = aTitle(2, {
  units: { total: 1, free: 0 },
  name: { en: 'The Lamp at Pier Nine', ja: '九番埠頭の灯' },
});
function aShop(): TestTerminal {
  const terminal = aTerminal(fleet, { at: epochMs(NOON + 30 * HOUR) });
  terminal.bundle = aBundle(fleet, { titles: [aTitle(1), taken, aTitle(3), aTitle(4), aTitle(5)] });
  terminal.hub.advice = {
    recommendations: [],
    history: [],
    recipients: [],
    reservable: [
      { titleId: titleIdAt(1), queueLength: 0, waitSeconds: 3_600 },
      { titleId: titleIdAt(2), queueLength: 2, waitSeconds: 86_400 },
    ],
  };
  terminal.hub.prepaid = 250;
  return terminal;
}

/** SCR-7: nothing of the customer on the page, in its storage and history, or in what the terminal tells it. */
async function leftNothing(page: Page): Promise<void> {
  const told = await page.evaluate(async () => (await fetch('./session')).text());
  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  const fields = await page.evaluate(() => [...document.querySelectorAll('input')].map(({ value }) => value));
  const names = [aTitle(1), taken, aTitle(3)].flatMap(({ name }) => [name.en, name.ja ?? name.en]);
  for (const text of [await page.content(), told, kept, ...fields])
    for (const name of [...names, titleIdAt(1), titleIdAt(3), 'mt_', '••••'])
      expect(text).not.toContain(name);
  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
}

describe('the return terminal’s screens', () => {
  it.each([
    ['kiosk', 'en'],
    ['terminal', 'ja'],
  ] as const)(
    'SCR-2, SCR-6, SCR-7, RET-5: one tap returns, stars and reservation earn points (%s, %s)',
    async (size, language) => {
      const { medium } = await aRentedMedium(fleet, [1, 3]);
      const terminal = aShop();
      const screen = await aScreen(terminal);
      const { page, faults, close } = await openPage(browser, screen.address, VIEWPORTS[size]);
      const look = async (name: string) => {
        await screenshot(page, `return-${size}-${name}`);
        expect(await axe(page), name).toEqual([]);
      };
      /** The page loaded anew goes on where it was (SCR-7). */
      const again = async (testid: string) => {
        await page.reload();
        await page.getByTestId(testid).waitFor();
      };
      await page.getByTestId('screen-welcome').waitFor();
      await page.getByTestId(`language-${language}`).click();
      await look('1-welcome');
      terminal.card.behave('decline');
      await terminal.drive.insert(medium);
      await page.getByTestId('confirm').waitFor();
      await look('2-choose');
      await again('confirm');
      expect(await page.getByTestId('total').textContent()).toContain('8.00');
      await page.getByTestId('confirm').click();
      await page.getByTestId('card-again').waitFor();
      await look('3-declined');
      await again('card-again');
      terminal.card.behave('approve');
      await page.getByTestId('card-again').click();
      await page.getByTestId('screen-receipt').waitFor();
      await page.getByTestId(`rate-${titleIdAt(1)}-4`).check({ force: true });
      await page.getByTestId(`reserve-${titleIdAt(2)}`).click();
      await page.locator('[aria-pressed="true"]', { hasText: /Reserved|予約済み/ }).waitFor();
      // 10 for each rental, 5 for the rating, 7 for the reservation.
      await expect.poll(() => page.getByTestId('earned').textContent()).toContain('32');
      expect(await page.getByTestId('claim').textContent()).not.toMatch(/erased|消去/);
      await page.getByTestId('print').click();
      await look('4-receipt');
      await expect.poll(() => terminal.printer.roll().length).toBe(1);
      await again('screen-receipt');
      expect(await page.getByTestId(`rate-${titleIdAt(1)}-4`).isChecked()).toBe(true);
      // What was just returned is not what one queues for first.
      const offered = page.locator('[data-testid^="reserve-"]');
      expect(await offered.first().getAttribute('data-testid')).toBe(`reserve-${titleIdAt(2)}`);
      await page.getByTestId('done').click();
      await page.getByTestId('screen-take').waitFor();
      await look('5-take');
      await again('screen-take');
      await leftNothing(page);
      terminal.drive.pull();
      await page.getByTestId('screen-welcome').waitFor();
      await leftNothing(page);
      expect(terminal.printer.roll().length).toBe(1);
      expect(faults).toEqual([]);
      await close();
      await screen.close();
    },
  );

  it('SCR-6: a return by keyboard alone, with stars, to the last screen', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aShop();
    const screen = await aScreen(terminal);
    const { page, faults, close } = await openPage(browser, screen.address, VIEWPORTS.kiosk);
    const { press, keys, to } = keyboardOnly(page);
    await page.getByTestId('screen-welcome').waitFor();
    await terminal.drive.insert(medium);
    await press('confirm');
    await page.getByTestId('screen-receipt').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await to(`rate-${titleIdAt(1)}-1`);
    const stars = () =>
      page
        .locator('input[type=radio]:checked')
        .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
    for (const [key, given] of [
      ['Space', '1'],
      ['ArrowRight', '2'],
      ['ArrowRight', '3'],
    ] as const) {
      await keys(key);
      await expect.poll(stars).toEqual([given]);
    }
    await press('done');
    await page.getByTestId('screen-take').waitFor();
    terminal.drive.pull();
    await page.getByTestId('screen-welcome').waitFor();
    expect(faults).toEqual([]);
    await close();
    await screen.close();
  });

  it('SCR-7, MED-3: a medium of another fleet, and nothing to return, in clear words', async () => {
    const stranger = await aRentedMedium(await aFleet(), [1]);
    const terminal = aShop();
    await terminal.drive.insert(stranger.medium);
    const screen = await aScreen(terminal);
    const { page, close } = await openPage(browser, screen.address, VIEWPORTS.terminal);
    await page.getByTestId('trouble-medium_foreign').waitFor();
    await screenshot(page, 'return-foreign');
    expect(await axe(page)).toEqual([]);
    await close();
    await screen.close();
  });
});
