import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { projectRoot } from '#shared/toolchain/assets.ts';
import type { Language } from '#shared/ui/i18n.ts';
import type { ApplicationName } from './applications.ts';

/** The pictures that README.md shows: few, and together small enough for a repository. */
export const MOST_BYTES = 1_000_000;
export const README_FOLDER = join(projectRoot(), 'test', 'screens', 'pictures');

interface ReadmePicture {
  readonly application: ApplicationName;
  readonly screen: string;
  readonly look: string;
  readonly language: Language;
  /** In pixels, as README shows it on a screen of twice the density. */
  readonly width: number;
}
const of = (
  application: ApplicationName,
  screen: string,
  look: string,
  width: number,
  language: Language = 'en',
): ReadmePicture => ({ application, screen, look, language, width });

export const README_PICTURES: readonly ReadmePicture[] = [
  of('kiosk', 'browse', 'portrait', 720),
  of('kiosk', 'attract', 'portrait', 720, 'ja'),
  of('kiosk', 'writing', 'portrait', 720, 'de'),
  of('return-terminal', 'choose-several', 'landscape', 1200),
  of('player', 'shelf', 'desk', 1200),
  of('console', 'overview', 'light-1280', 1200),
  of('console', 'terminal', 'dark-1280', 1200),
];

const fileOf = ({ application, screen, language }: ReadmePicture): string =>
  `${application}-${screen}-${language}.webp`;

/** Whether README shows this screen in this look and language. */
export const shownInReadme = (
  application: ApplicationName,
  screen: string,
  look: string,
  language: Language,
): ReadmePicture | null =>
  README_PICTURES.find(
    (one) =>
      one.application === application &&
      one.screen === screen &&
      one.look === look &&
      one.language === language,
  ) ?? null;

/** Keeps a screenshot as README shows it. */
export async function keepForReadme(
  picture: ReadmePicture,
  png: Uint8Array,
  folder = README_FOLDER,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await sharp(png)
    .resize({ width: picture.width, withoutEnlargement: true })
    .webp({ quality: 82, effort: 6, smartSubsample: true })
    .toFile(join(folder, fileOf(picture)));
}

/** Removes what README no longer shows; answers what is missing, and how large all of it is. */
export function tidyReadme(folder = README_FOLDER): {
  readonly missing: readonly string[];
  readonly bytes: number;
} {
  const named = README_PICTURES.map(fileOf);
  const there = readdirSync(folder).map((name) => basename(name));
  for (const name of there.filter((one) => !named.includes(one))) rmSync(join(folder, name));
  const kept = there.filter((name) => named.includes(name));
  return {
    missing: named.filter((name) => !kept.includes(name)),
    bytes: kept.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
  };
}
