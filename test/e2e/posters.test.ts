import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KioskSnapshot } from '#kiosk/app/session/contract.ts';
import { assert } from '#shared/kernel/assert.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { KIOSK_POSES } from '#test/screens/kiosk-poses.ts';
import { type Posing, posing } from '#test/screens/pose.ts';
import { launchBrowser } from '#test/support/browser.ts';

/** Pictures that do not come, at a page that nobody loads anew for weeks (SCR-1, SCR-7); without a fleet. */
let browser: Browser;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/kiosk'], { stdio: 'pipe' });
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const pose = KIOSK_POSES.find(({ name }) => name === 'attract');
assert(pose !== undefined, 'the kiosk has a pose at rest');
const AT_REST: KioskSnapshot = pose.snapshot('en');
const { view } = AT_REST;
assert(view.screen === 'attract', 'it shows posters');
const TITLES = view.titles;
const POSTERS = TITLES.map(({ poster }) => poster ?? '');

/** A kiosk at rest of which the hub's pictures in `away` do not come. */
async function aKiosk(
  test: (page: Page, served: Posing<KioskSnapshot>, away: Set<string>, asked: string[]) => Promise<void>,
  ...missing: readonly string[]
): Promise<void> {
  const served = await posing('kiosk', AT_REST);
  const context = await browser.newContext({ viewport: { width: 1080, height: 1920 } });
  try {
    const page = await context.newPage();
    await page.clock.install();
    const away = new Set(missing);
    const asked: string[] = [];
    await page.route(/\/assets\/[0-9a-f]{64}$/, (route) => {
      const name = route.request().url().slice(-64);
      asked.push(name);
      return away.has(name) ? route.fulfill({ status: 503, body: '{}' }) : route.continue();
    });
    await page.goto(served.address);
    await test(page, served, away, asked);
  } finally {
    await context.close();
    await served.stop();
  }
}

/** What stands in the strip, in order: the picture's name, or null for a cover. It shows its titles twice. */
const inStrip = (page: Page): Promise<readonly (string | null)[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('.strip li:not([aria-hidden]) button')].map(
      (button) => button.querySelector('img')?.src.slice(-64) ?? null,
    ),
  );
const stands = (page: Page, wanted: readonly (string | null)[]) =>
  expect.poll(() => inStrip(page), { timeout: 15_000 }).toEqual(wanted);
const [FIRST = '', SECOND = ''] = POSTERS;

describe('SCR-1, SCR-7: a poster that does not come', () => {
  it('SCR-1, SCR-7: its cover stands there until the line is back; then it comes by itself, asked for once a minute', () =>
    aKiosk(async (page, _, away, asked) => {
      await stands(page, [null, ...POSTERS.slice(1)]);
      const before = asked.filter((name) => name === FIRST).length;
      await page.clock.fastForward(50_000);
      expect(asked.filter((name) => name === FIRST)).toHaveLength(before);
      await page.clock.fastForward(11_000);
      await expect.poll(() => asked.filter((name) => name === FIRST).length).toBeGreaterThan(before);
      await stands(page, [null, ...POSTERS.slice(1)]);
      away.clear();
      await page.clock.fastForward(61_000);
      await stands(page, POSTERS);
    }, FIRST));

  it('SCR-1: another title in its place has its own picture at once, and what did not come keeps its cover', () =>
    aKiosk(async (page, served) => {
      await stands(page, [null, ...POSTERS.slice(1)]);
      const [first, second, ...others] = TITLES;
      assert(first !== undefined && second !== undefined, 'the pose has many titles');
      served.show({ ...AT_REST, view: { ...view, titles: [second, first, ...others] } });
      await stands(page, [SECOND, null, ...POSTERS.slice(2)]);
    }, FIRST));
});
