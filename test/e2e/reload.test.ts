import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { KIOSK_POSES, type Pose } from '#test/screens/kiosk-poses.ts';
import { type Posed, posing } from '#test/screens/pose.ts';
import { RETURN_POSES } from '#test/screens/return-poses.ts';
import { launchBrowser, openPage, VIEWPORTS } from '#test/support/browser.ts';

/**
 * The page of a touch screen may be loaded anew at any moment (SCR-7). Its session lives in the edge process and is moved by intents alone: a page that
 * shows the same again and has asked for nothing has lost nothing and done nothing twice.
 */
let browser: Browser;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/kiosk', 'ui/return-terminal'], { stdio: 'pipe' });
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** All that a customer reads, and what is chosen, typed or at its place. */
const said = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const marks = [...document.querySelectorAll('input, [aria-pressed], [aria-valuenow]')].map((element) => {
      const { value, checked } = element as HTMLInputElement;
      return [
        value,
        checked,
        element.getAttribute('aria-pressed'),
        element.getAttribute('aria-valuenow'),
      ].join(' ');
    });
    return `${document.body.innerText}\n${marks.join('\n')}`;
  });

async function reloadEach<Snapshot extends Posed>(
  ui: 'kiosk' | 'return-terminal',
  poses: readonly Pose<Snapshot>[],
): Promise<void> {
  const [first] = poses;
  if (first === undefined) throw new Error('no poses');
  const served = await posing(ui, first.snapshot('en'));
  const open = () => openPage(browser, served.address, VIEWPORTS.kiosk);
  const [followed, loaded] = [await open(), await open()];
  for (const pose of poses) {
    const snapshot = pose.snapshot('en');
    served.show(snapshot);
    await loaded.page.reload();
    await loaded.page.getByTestId(`screen-${snapshot.view.screen}`).waitFor();
    await expect
      .poll(async () => (await said(followed.page)) === (await said(loaded.page)), { message: pose.name })
      .toBe(true);
  }
  expect(served.asked).toEqual([]);
  expect([...followed.faults, ...loaded.faults]).toEqual([]);
  await followed.close();
  await loaded.close();
  await served.stop();
}

describe('a page that is loaded anew', () => {
  it('SCR-7: the kiosk shows the same as a page that stayed open, in each of its states, and asks for nothing', () =>
    reloadEach('kiosk', KIOSK_POSES));
  it('SCR-7: the return terminal shows the same as a page that stayed open, in each of its states, also while paying and destroying, and asks for nothing', () =>
    reloadEach('return-terminal', RETURN_POSES));
});
