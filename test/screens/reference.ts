import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pixelmatch from 'pixelmatch';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { APPLICATIONS, type ApplicationName } from './applications.ts';
import { pictureOf } from './picture.ts';
import { walkScreens } from './walk.ts';

/** Which looks of the main screens are held to their pictures, in English; with a list, only these screens of that look. */
const HELD: Readonly<Record<ApplicationName, Readonly<Record<string, 'main' | readonly string[]>>>> = {
  kiosk: { portrait: 'main', landscape: 'main' },
  'return-terminal': { portrait: 'main', landscape: 'main' },
  player: { desk: 'main' },
  // Paper and ink differ by tokens alone: charts, a list and the overview use them all.
  console: { 'light-1280': 'main', 'dark-1280': ['overview', 'terminal', 'rentals', 'reports'] },
};
/** Pictures are kept small: this many pixels on the longer side. */
const LONGER_SIDE = 640;
/** How far a pixel's colour may lie from the reference's, 0 to 1: softer and harder edges of letters stay below it. */
export const COLOUR_TOLERANCE = 0.08;
/**
 * How many pixels of the small picture may differ beyond that (of some 230,000 to 260,000): edges of letters that another machine draws otherwise
 * stay below, a short word that is missing, a button that moved or changed its colour does not.
 */
export const PIXEL_TOLERANCE = 40;

/** So many pictures are taken of a page at most until two in a row are the same: on a machine with much to do one may be taken while the page is still painted. */
const PICTURES = 5;

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

/** The picture as it is kept: small, and with colours near enough (`COLOUR_TOLERANCE` is five times as far) to take a third of the bytes. */
export async function shrink(picture: Buffer): Promise<Buffer> {
  const shrunk = await small(picture);
  return sharp(shrunk.data, rawOf(shrunk)).webp({ nearLossless: true, quality: 1, effort: 2 }).toBuffer();
}

export interface Wanted {
  readonly application: (name: ApplicationName) => boolean;
  readonly screen: (name: string) => boolean;
}
const EVERYTHING: Wanted = { application: () => true, screen: () => true };

async function stillPictureOf(page: Page): Promise<Buffer> {
  let picture = await pictureOf(page);
  for (let taken = 1; taken < PICTURES; taken += 1) {
    const before = picture;
    picture = await pictureOf(page);
    if (picture.equals(before)) break;
  }
  return picture;
}

/** Every held screen as it is now, `pages` at a time. */
async function eachHeld(
  browser: Browser,
  pages: number,
  wanted: Wanted,
  seen: (name: string, picture: Buffer) => Promise<void>,
): Promise<void> {
  for (const application of APPLICATIONS.filter(({ name }) => wanted.application(name))) {
    const held = HELD[application.name];
    const looks = application.looks
      .filter(({ name }) => held[name] !== undefined)
      .map((look) => ({ ...look, languages: ['en'] as const }));
    await walkScreens(browser, application, looks, pages, async ({ page, screen, look }) => {
      const which = held[look.name];
      if (which === undefined || !(which === 'main' ? screen.main : which.includes(screen.name))) return;
      if (!wanted.screen(screen.name)) return;
      await screen.show();
      await seen(`${application.name}-${look.name}-${screen.name}`, await stillPictureOf(page));
    });
  }
}

const kept = (): string[] => (existsSync(FOLDER) ? readdirSync(FOLDER) : []);

export interface Accepted {
  readonly looked: number;
  /** Files that were written or removed. */
  readonly changed: readonly string[];
  /** All reference pictures together. */
  readonly bytes: number;
}

/**
 * Takes what the wanted screens show now as their reference. A file whose picture says the same already stays as it is, so that a repository grows by
 * what was changed only; pictures of screens that are no longer there go when everything is wanted.
 */
export async function acceptScreens(
  browser: Browser,
  pages: number,
  wanted: Wanted = EVERYTHING,
): Promise<Accepted> {
  mkdirSync(FOLDER, { recursive: true });
  const waiting = new Set(kept());
  const changed: string[] = [];
  let looked = 0;
  await eachHeld(browser, pages, wanted, async (name, picture) => {
    const file = `${name}.webp`;
    looked += 1;
    if (waiting.delete(file)) {
      const { differing } = await compare(picture, readFileSync(join(FOLDER, file)));
      if (differing === 0) return;
    }
    writeFileSync(join(FOLDER, file), await shrink(picture));
    changed.push(file);
  });
  if (wanted === EVERYTHING)
    for (const file of waiting) {
      rmSync(join(FOLDER, file));
      changed.push(file);
    }
  const bytes = kept().reduce((sum, file) => sum + readFileSync(join(FOLDER, file)).length, 0);
  return { looked, changed: changed.sort(), bytes };
}

/** What does not look as it did: a sentence for each, with a picture of the difference in `into`. */
export async function changedScreens(
  browser: Browser,
  pages: number,
  into: string,
): Promise<readonly string[]> {
  rmSync(into, { recursive: true, force: true });
  const waiting = new Set(kept());
  const changed: string[] = [];
  await eachHeld(browser, pages, EVERYTHING, async (name, picture) => {
    const file = `${name}.webp`;
    if (!waiting.delete(file)) {
      changed.push(`${name} has no reference picture`);
      return;
    }
    const { differing, diff } = await compare(picture, readFileSync(join(FOLDER, file)));
    if (differing <= PIXEL_TOLERANCE) return;
    mkdirSync(into, { recursive: true });
    const seen = join(into, `${name}-diff.png`);
    writeFileSync(seen, diff);
    writeFileSync(join(into, `${name}-now.png`), picture);
    changed.push(`${name} looks different: ${differing} pixels (${PIXEL_TOLERANCE} may), red in ${seen}`);
  });
  return [...changed, ...[...waiting].map((file) => `${file} is of a screen that is no longer there`)].sort();
}
