import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';
import { KIOSK_POSES, type Pose } from '#test/screens/kiosk-poses.ts';
import { type Posed, type Posing, posing, strike } from '#test/screens/pose.ts';
import { RETURN_POSES } from '#test/screens/return-poses.ts';
import { axe, launchBrowser, openPage } from '#test/support/browser.ts';
import { scriptBytes } from '#test/support/page-weight.ts';

/** Every screen of kiosk and return terminal in every state, without a fleet (test/screens). */
const SIZES = [
  ['portrait', { width: 1080, height: 1920 }],
  ['landscape', { width: 1920, height: 1080 }],
] as const;
const TARGET = 64;

let browser: Browser;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/kiosk', 'ui/return-terminal'], { stdio: 'pipe' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** What is wrong with the page's measures: targets too small, something wider than the screen. */
const faultsOf = (page: Page): Promise<string[]> =>
  page.evaluate((least) => {
    const faults: string[] = [];
    const name = (element: Element) =>
      `${element.tagName.toLowerCase()} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 30)}”`;
    for (const element of document.querySelectorAll('button, input, summary, [role="switch"]')) {
      const { width, height } = element.getBoundingClientRect();
      if (width > 0 && (width < least - 0.5 || height < least - 0.5))
        faults.push(`${name(element)} is ${Math.round(width)} × ${Math.round(height)}`);
    }
    for (const element of [
      document.documentElement,
      ...document.querySelectorAll('main, dialog, footer, header'),
    ])
      if (element.scrollWidth > element.clientWidth + 1)
        faults.push(
          `${element.tagName.toLowerCase()} is ${element.scrollWidth - element.clientWidth} too wide`,
        );
    return faults;
  }, TARGET);

/** What comes next must not have to be looked for: the lamp-coloured control is on the screen, not below its edge. */
const lampIsSeen = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const edge = document.querySelector('main')?.getBoundingClientRect();
    const lamps = [...document.querySelectorAll('main button.lamp')].map((lamp) =>
      lamp.getBoundingClientRect(),
    );
    return lamps.length === 0 || lamps.some((lamp) => lamp.bottom <= (edge?.bottom ?? 0) + 1);
  });

async function through<Snapshot extends Posed>(
  ui: 'kiosk' | 'return-terminal',
  poses: readonly Pose<Snapshot>[],
  size: { readonly width: number; readonly height: number },
  comfort: string,
  look: (page: Page, what: string, pose: Pose<Snapshot>) => Promise<void>,
): Promise<void> {
  const [first] = poses;
  if (first === undefined) throw new Error('no poses');
  const served: Posing<Snapshot> = await posing(ui, first.snapshot('en'));
  const { page, faults, close } = await openPage(browser, served.address, size);
  try {
    await page.evaluate((kept) => sessionStorage.setItem('comfort', kept), comfort);
    await page.reload();
    for (const language of LANGUAGES)
      for (const pose of poses) {
        // A customer's choice ends with the session: between two sessions it is made again.
        await strike(page, served, pose.snapshot(language));
        await look(page, `${pose.name} (${language})`, pose);
      }
    expect(faults).toEqual([]);
  } finally {
    await close();
    await served.stop();
  }
}

describe.each(SIZES)('every screen, %s', (_name, size) => {
  it('SCR-1, SCR-5, SCR-6: kiosk: targets of 64 px, nothing too wide, what comes next is in sight', async () => {
    await through('kiosk', KIOSK_POSES, size, '', async (page, what, { main }) => {
      expect(await faultsOf(page), what).toEqual([]);
      if (main) expect(await lampIsSeen(page), `${what}: what comes next is in sight`).toBe(true);
    });
  });
  it('SCR-2, SCR-5, SCR-6: return terminal: targets of 64 px, nothing too wide, what comes next is in sight', async () => {
    await through('return-terminal', RETURN_POSES, size, '', async (page, what, { main }) => {
      expect(await faultsOf(page), what).toEqual([]);
      if (main) expect(await lampIsSeen(page), `${what}: what comes next is in sight`).toBe(true);
    });
  });
});

describe('easier to see and reach', () => {
  const main = <Snapshot>(poses: readonly Pose<Snapshot>[]) => poses.filter((pose) => pose.main);
  it('SCR-6: more contrast, larger letters and everything lower down: no fault of axe, nothing too wide', async () => {
    for (const [, size] of SIZES)
      await through('kiosk', main(KIOSK_POSES).slice(1), size, 'contrast large low', async (page, what) => {
        expect(await faultsOf(page), what).toEqual([]);
        expect(await axe(page), what).toEqual([]);
      });
    await through(
      'return-terminal',
      main(RETURN_POSES),
      SIZES[0][1],
      'contrast large low',
      async (page, what) => {
        expect(await faultsOf(page), what).toEqual([]);
      },
    );
  });

  it('SCR-6, SCR-7: the switches work by touch, survive a reload, and end with the session', async () => {
    const [attract, , browse] = KIOSK_POSES;
    if (attract === undefined || browse === undefined) throw new Error('no poses');
    const served = await posing('kiosk', browse.snapshot('en'));
    const { page, close } = await openPage(browser, served.address, SIZES[0][1]);
    const root = page.locator('html');
    await page.getByTestId('comfort-open').click();
    for (const name of ['contrast', 'large', 'low']) await page.getByTestId(`comfort-${name}`).click();
    expect(await axe(page)).toEqual([]);
    await page.getByTestId('comfort-close').click();
    const top = () => page.evaluate(() => document.querySelector('header')?.getBoundingClientRect().top ?? 0);
    await expect.poll(top).toBeGreaterThan(600);
    await page.reload();
    await page.getByTestId('screen-browse').waitFor();
    expect(await root.getAttribute('data-contrast')).toBe('more');
    expect(await root.getAttribute('data-text')).toBe('large');
    served.show(attract.snapshot('en'));
    await page.getByTestId('screen-attract').waitFor();
    await expect.poll(() => root.getAttribute('data-contrast')).toBe(null);
    await expect.poll(top).toBeLessThan(10);
    await close();
    await served.stop();
  });
});

it('SCR-1, SCR-2: the pages of kiosk and return terminal need less than 150 kB of script, compressed', () => {
  expect(scriptBytes('kiosk')).toBeLessThan(150_000);
  expect(scriptBytes('return-terminal')).toBeLessThan(150_000);
});
