import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';
import { launchBrowser, openPage } from '#test/support/browser.ts';
import { contactSheet } from './contact-sheet.ts';
import { KIOSK_POSES, type Pose } from './kiosk-poses.ts';
import { type Posed, posing, strike } from './pose.ts';
import { RETURN_POSES } from './return-poses.ts';

/** `npm run screens [-- --only kiosk|return-terminal|gallery] [--pose NAME] [--quick]`: see README.md. */
const { values } = parseArgs({
  options: { only: { type: 'string' }, pose: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const folder = join(projectRoot(), '.build', 'screens');

const SIZES = {
  portrait: { width: 1080, height: 1920 },
  landscape: { width: 1920, height: 1080 },
} as const;
/** What the switches of the touch screens make of them; only main screens. */
const COMFORTS = ['plain', 'contrast', 'large', 'low'] as const;

async function picture(page: Page, name: string): Promise<string> {
  const path = join(folder, `${name}.png`);
  writeFileSync(path, await page.screenshot());
  return path;
}

async function touchScreens<Snapshot extends Posed>(
  browser: Browser,
  ui: 'kiosk' | 'return-terminal',
  poses: readonly Pose<Snapshot>[],
): Promise<void> {
  const [any] = poses;
  if (any === undefined) return;
  const served = await posing(ui, any.snapshot('en'));
  for (const [size, viewport] of Object.entries(SIZES))
    for (const comfort of values.quick ? (['plain'] as const) : COMFORTS) {
      const pictures: string[] = [];
      for (const language of comfort === 'plain' ? LANGUAGES : (['en'] as const)) {
        served.show(any.snapshot(language));
        const { page, close } = await openPage(browser, served.address, viewport);
        await page.evaluate((kept) => sessionStorage.setItem('comfort', kept), comfort);
        await page.reload();
        for (const pose of poses) {
          if (comfort !== 'plain' && !pose.main) continue;
          if (values.pose !== undefined && pose.name !== values.pose) continue;
          await strike(page, served, pose.snapshot(language));
          pictures.push(await picture(page, `${ui}-${size}-${comfort}-${language}-${pose.name}`));
        }
        await close();
      }
      await contactSheet(pictures, join(folder, `sheet-${ui}-${size}-${comfort}.png`), viewport);
    }
  await served.stop();
}

/** The parts of the screens, each alone (shared/ui/gallery). */
async function gallery(browser: Browser): Promise<void> {
  const served = await posing('gallery', null);
  const { page, close } = await openPage(browser, served.address, { width: 1600, height: 1000 });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, 'gallery.png'), fullPage: true });
  await close();
  await served.stop();
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const browser = await launchBrowser();
try {
  if (values.only === undefined || values.only === 'kiosk') await touchScreens(browser, 'kiosk', KIOSK_POSES);
  if (values.only === undefined || values.only === 'return-terminal')
    await touchScreens(browser, 'return-terminal', RETURN_POSES);
  if (values.only === undefined || values.only === 'gallery') await gallery(browser);
} finally {
  await browser.close();
}
process.stdout.write(`Pictures and contact sheets (sheet-*.png) are in ${folder}\n`);
