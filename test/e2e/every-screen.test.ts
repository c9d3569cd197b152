import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { LANGUAGES, type Language } from '#shared/ui/i18n.ts';
import { APPLICATIONS, type ApplicationName, type Look, type Screen } from '#test/screens/applications.ts';
import { CONSOLE_NOT_POSED, CONSOLE_POSES } from '#test/screens/console-poses.ts';
import { KIOSK_POSES } from '#test/screens/kiosk-poses.ts';
import { posing } from '#test/screens/pose.ts';
import { type Visit, walkScreens } from '#test/screens/walk.ts';
import { axe, launchBrowser, openPage } from '#test/support/browser.ts';
import { keyboardFaults } from '#test/support/keyboard.ts';
import { scriptBytes } from '#test/support/page-weight.ts';
import { readAloud, unheard } from '#test/support/screen-reader.ts';

/** Every screen of the four applications in every state, without a fleet (test/screens). */
const PORTRAIT = { width: 1080, height: 1920 };
const PAGES_AT_ONCE = 2;

let browser: Browser;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  const uis = ['ui/kiosk', 'ui/return-terminal', 'ui/player', 'ui/hub'];
  execFileSync(process.execPath, [build, ...uis], { stdio: 'pipe' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** What is wrong with the page's measures: targets too small, something wider than the screen. */
const faultsOf = (page: Page, target: number): Promise<string[]> =>
  page.evaluate((least) => {
    const faults: string[] = [];
    const name = (element: Element) =>
      `${element.tagName.toLowerCase()} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 30)}”`;
    for (const element of document.querySelectorAll('button, input, select, summary, [role="switch"]')) {
      // A box or a radio button is pressed by its label as well.
      const label = element.matches('input[type="checkbox"], input[type="radio"]')
        ? element.closest('label')
        : null;
      const { width, height } = (label ?? element).getBoundingClientRect();
      if (width > 1 && (width < least - 0.5 || height < least - 0.5))
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
  }, target);

/** What comes next must not have to be looked for: the lamp-coloured control is on the screen, not below its edge. */
const lampIsSeen = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const edge = document.querySelector('main')?.getBoundingClientRect();
    const lamps = [...document.querySelectorAll('main button.lamp')].map((lamp) =>
      lamp.getBoundingClientRect(),
    );
    return lamps.length === 0 || lamps.some((lamp) => lamp.bottom <= (edge?.bottom ?? 0) + 1);
  });

/** A look is looked at in full, or, where only the size differs from one that is, for its measures. */
interface Scrutiny {
  readonly target: number;
  readonly lamp: boolean;
  readonly axe: (look: Look, language: Language, screen: Screen) => boolean;
  /** Looks whose English screens are read aloud and gone through with Tab. */
  readonly byEarAndKey: readonly string[];
}

async function scrutinise(name: ApplicationName, looks: readonly Look[], how: Scrutiny): Promise<void> {
  const application = APPLICATIONS.find((one) => one.name === name);
  if (application === undefined) throw new Error(`there is no ${name}`);
  const found: string[] = [];
  const visit = async ({ page, screen, look, language }: Visit): Promise<void> => {
    await screen.show();
    const faults = [...(await faultsOf(page, how.target))];
    if (how.lamp && screen.main && !(await lampIsSeen(page))) faults.push('what comes next is out of sight');
    if (how.axe(look, language, screen))
      for (const { id, targets } of await axe(page)) faults.push(`axe ${id}: ${targets.join(', ')}`);
    if (language === 'en' && how.byEarAndKey.includes(look.name)) {
      faults.push(...unheard(await readAloud(page)));
      if (screen.main) faults.push(...(await keyboardFaults(page)));
    }
    found.push(...faults.map((fault) => `${screen.name}, ${look.name}, ${language}: ${fault}`));
  };
  const all = await walkScreens(browser, application, looks, PAGES_AT_ONCE, visit);
  // Before the sign-in the hub says that nobody is signed in.
  const met = all.filter((fault) => !/ 401[: ]/.test(fault));
  expect([...found, ...met]).toEqual([]);
}

const looksOf = (name: ApplicationName): readonly Look[] =>
  APPLICATIONS.find((one) => one.name === name)?.looks ?? [];
const named = (name: ApplicationName, ...looks: readonly string[]): readonly Look[] =>
  looksOf(name).filter((look) => looks.includes(look.name));
/** All three switches at once: what is too large or too low shows then. */
const switched = (name: ApplicationName): readonly Look[] =>
  named(name, 'portrait-contrast', 'landscape-contrast').map((look) => ({
    ...look,
    name: look.name.replace('contrast', 'easier'),
    comfort: 'contrast large low',
    languages: LANGUAGES,
  }));
const TOUCH: Scrutiny = {
  target: 64,
  lamp: true,
  // Lying down it is the same page in another order: its main screens in one language tell.
  axe: ({ name }, language, { main }) => name === 'portrait' || (main && language === 'en'),
  byEarAndKey: ['portrait'],
};
const EASIER: Scrutiny = { ...TOUCH, lamp: false, axe: () => true, byEarAndKey: [] };

describe('every screen in every language', () => {
  it('SCR-1, SCR-5, SCR-6: kiosk: targets of 64 px, nothing too wide, what comes next in sight, axe, Tab, reading order', () =>
    scrutinise('kiosk', named('kiosk', 'portrait', 'landscape'), TOUCH));
  it('SCR-1, SCR-6: kiosk with more contrast, larger letters and everything lower down', () =>
    scrutinise('kiosk', switched('kiosk'), EASIER));
  it('SCR-2, SCR-5, SCR-6: return terminal: targets of 64 px, nothing too wide, what comes next in sight, axe, Tab, reading order', () =>
    scrutinise('return-terminal', named('return-terminal', 'portrait', 'landscape'), TOUCH));
  it('SCR-2, SCR-6: return terminal with more contrast, larger letters and everything lower down', () =>
    scrutinise('return-terminal', switched('return-terminal'), EASIER));
  it('SCR-3, SCR-5, SCR-6: player, from telephone to television: measures, axe, Tab, reading order', () =>
    scrutinise('player', named('player', 'desk', 'wide', 'phone'), {
      target: 48,
      lamp: false,
      axe: () => true,
      byEarAndKey: ['desk'],
    }));
  it('SCR-4, SCR-5, SCR-6: console on paper and on ink: targets of 48 px, nothing too wide, axe, Tab, reading order', () =>
    scrutinise('console', named('console', 'light-1280', 'dark-1280'), {
      target: 48,
      lamp: false,
      axe: () => true,
      byEarAndKey: ['light-1280'],
    }));

  it('SCR-4: every page of the console has a pose, or a reason why not', () => {
    const pages = readdirSync(join(projectRoot(), 'hub/ui/pages'))
      .filter((file) => file.endsWith('.svelte'))
      .map((file) => file.slice(0, -'.svelte'.length));
    const known = [...CONSOLE_POSES.map(({ page }) => page), ...Object.keys(CONSOLE_NOT_POSED)];
    expect([...new Set(known)].sort()).toEqual(pages.sort());
  });
});

describe('easier to see and reach', () => {
  it('SCR-6, SCR-7: the switches work by touch, survive a reload, and end with the session', async () => {
    const [attract, , browse] = KIOSK_POSES;
    if (attract === undefined || browse === undefined) throw new Error('no poses');
    const served = await posing('kiosk', browse.snapshot('en'));
    const { page, close } = await openPage(browser, served.address, PORTRAIT);
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
