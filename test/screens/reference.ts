import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pixelmatch from 'pixelmatch';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { APPLICATIONS, type Application } from './applications.ts';
import { pictureOf } from './picture.ts';
import { walkScreens } from './walk.ts';

/** Which looks of the main screens are held to their pictures, in English. */
const HELD: Readonly<Record<Application['name'], readonly string[]>> = {
  kiosk: ['portrait', 'landscape'],
  'return-terminal': ['portrait', 'landscape'],
  player: ['desk'],
  console: ['light-1280', 'dark-1280'],
};
/** Pictures are kept small: this many pixels on the longer side. */
const LONGER_SIDE = 640;
/** How far a pixel's colour may lie from the reference's, 0 to 1: softer and harder edges of letters stay below it. */
const COLOUR_TOLERANCE = 0.08;
/**
 * How many pixels of the small picture may differ beyond that (of some 230,000 to 260,000): edges of letters that another machine draws otherwise
 * stay below, a short word that is missing, a button that moved or changed its colour does not.
 */
export const PIXEL_TOLERANCE = 40;

const FOLDER = join(projectRoot(), 'test', 'screens', 'reference');

interface Small {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

async function small(picture: Buffer): Promise<Small> {
  const { data, info } = await sharp(picture)
    .resize({ width: LONGER_SIDE, height: LONGER_SIDE, fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
const rawOf = ({ width, height }: Small) => ({ raw: { width, height, channels: 4 as const } });

/** How many pixels of `picture` are not those of `reference` (both as files), and a picture of where. */
export async function compare(
  picture: Buffer,
  reference: Buffer,
): Promise<{ readonly differing: number; readonly diff: Buffer }> {
  const [now, then] = [await small(picture), await small(reference)];
  if (now.width !== then.width || now.height !== then.height)
    return { differing: now.width * now.height, diff: picture };
  const diff = Buffer.alloc(now.data.length);
  const differing = pixelmatch(then.data, now.data, diff, now.width, now.height, {
    threshold: COLOUR_TOLERANCE,
  });
  return { differing, diff: await sharp(diff, rawOf(now)).png().toBuffer() };
}

export async function shrink(picture: Buffer): Promise<Buffer> {
  const shrunk = await small(picture);
  return sharp(shrunk.data, rawOf(shrunk)).webp({ lossless: true, effort: 6 }).toBuffer();
}

/** Every held screen as it is now, one after the other. */
async function eachHeld(
  browser: Browser,
  pages: number,
  seen: (name: string, picture: Buffer) => Promise<void>,
): Promise<void> {
  for (const application of APPLICATIONS) {
    const looks = application.looks
      .filter(({ name }) => HELD[application.name].includes(name))
      .map((look) => ({ ...look, languages: ['en'] as const }));
    await walkScreens(browser, application, looks, pages, async ({ page, screen, look }) => {
      if (!screen.main) return;
      await screen.show();
      await seen(`${application.name}-${look.name}-${screen.name}`, await pictureOf(page));
    });
  }
}

/** Writes all reference pictures anew; answers how many. */
export async function acceptScreens(browser: Browser, pages: number): Promise<number> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  let written = 0;
  await eachHeld(browser, pages, async (name, picture) => {
    writeFileSync(join(FOLDER, `${name}.webp`), await shrink(picture));
    written += 1;
  });
  return written;
}

/** What does not look as it did: a sentence for each, with a picture of the difference in `into`. */
export async function changedScreens(
  browser: Browser,
  pages: number,
  into: string,
): Promise<readonly string[]> {
  rmSync(into, { recursive: true, force: true });
  const waiting = new Set(existsSync(FOLDER) ? readdirSync(FOLDER) : []);
  const changed: string[] = [];
  await eachHeld(browser, pages, async (name, picture) => {
    const file = `${name}.webp`;
    if (!waiting.delete(file)) {
      changed.push(`${name} has no reference picture`);
      return;
    }
    const { differing, diff } = await compare(picture, readFileSync(join(FOLDER, file)));
    if (differing <= PIXEL_TOLERANCE) return;
    mkdirSync(into, { recursive: true });
    writeFileSync(join(into, `${name}-diff.png`), diff);
    writeFileSync(join(into, `${name}-now.png`), picture);
    changed.push(
      `${name}: ${differing} pixels differ, ${PIXEL_TOLERANCE} may: ${join(into, `${name}-diff.png`)}`,
    );
  });
  return [...changed, ...[...waiting].map((file) => `${file} is of a screen that is no longer there`)].sort();
}
