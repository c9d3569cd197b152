import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { changedScreens, compare, PIXEL_TOLERANCE, shrink } from '#test/screens/reference.ts';
import { launchBrowser } from '#test/support/browser.ts';

const PAGES_AT_ONCE = 2;
const MEANT_SO = 'If the change is meant so: npm run screens -- --accept, look at the pictures, commit them.';

describe('the main screens of the four applications', () => {
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

  it('SCR-1, SCR-2, SCR-3, SCR-4: look as their reference pictures do', async () => {
    const into = join(projectRoot(), '.build', 'screens-changed');
    const changed = await changedScreens(browser, PAGES_AT_ONCE, into);
    expect(changed, [...changed, MEANT_SO].join('\n')).toEqual([]);
  });
});

/** A screen of a shop drawn by hand: a line of strokes for each word, a button with the lamp's colour. */
interface Drawn {
  readonly words?: number;
  readonly buttonAt?: number;
  readonly lamp?: string;
  readonly seen?: 'sharp' | 'soft';
}
async function screen({
  words = 6,
  buttonAt = 1500,
  lamp = '#ffb454',
  seen = 'sharp',
}: Drawn = {}): Promise<Buffer> {
  // Four letters of 30 px, as a short word stands in the smallest type of a touch screen.
  const word = (x: number, y: number) =>
    [0, 18, 36, 54]
      .map(
        (dx) =>
          `<path d="M${x + dx} ${y}v22m0-11h10m0-11v22" stroke="#f4efe6" stroke-width="4" fill="none"/>`,
      )
      .join('');
  const lines = Array.from({ length: words }, (_, n) => word(80 + n * 110, 400)).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1080" height="1920">
    <rect width="1080" height="1920" fill="#14120f"/>${lines}
    <rect x="80" y="${buttonAt}" width="920" height="120" rx="12" fill="${lamp}"/></svg>`;
  const drawn = sharp(Buffer.from(svg));
  return (seen === 'soft' ? drawn.blur(0.6) : drawn).png().toBuffer();
}
const differing = async (change: Drawn): Promise<number> =>
  (await compare(await screen(change), await shrink(await screen()))).differing;

describe('how a screen is compared', () => {
  it('SCR-1: the same screen, and one with softer edges, are the same', async () => {
    expect(await differing({})).toBe(0);
    expect(await differing({ seen: 'soft' })).toBeLessThanOrEqual(PIXEL_TOLERANCE);
  });
  it.each([
    ['a short word is missing', { words: 5 }],
    ['a button stands 6 px lower', { buttonAt: 1506 }],
    ['the lamp is a little redder', { lamp: '#ff8f54' }],
  ] as const)('SCR-1: it is seen when %s', async (_what, change) => {
    expect(await differing(change)).toBeGreaterThan(PIXEL_TOLERANCE);
  });
  it('SCR-1: a picture of another size differs everywhere', async () => {
    const lying = await sharp(await screen())
      .resize(1920, 1080, { fit: 'fill' })
      .png()
      .toBuffer();
    expect((await compare(lying, await shrink(await screen()))).differing).toBe(640 * 360);
  });
});
