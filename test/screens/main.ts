import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { isLanguage } from '#shared/ui/i18n.ts';
import { launchBrowser } from '#test/support/browser.ts';
import { APPLICATIONS, type Application } from './applications.ts';
import { contactSheet, type Picture } from './contact-sheet.ts';
import { pictureOf, takeGallery } from './picture.ts';
import { keepForReadme, README_PICTURES, shownInReadme, tidyReadme } from './readme-pictures.ts';
import { acceptScreens } from './reference.ts';
import { walkScreens } from './walk.ts';

const USAGE = `npm run screens [-- OPTIONS]: pictures of every screen, with a contact sheet for each application
  --only NAME      ${APPLICATIONS.map(({ name }) => name).join(', ')} or gallery; may be given several times
  --language NAME  one language only
  --theme NAME     light or dark only
  --pose NAMES     these screens only, with commas between
  --readme         the few that README.md shows, into test/screens/pictures too
  --quick          main screens in English, each application in its first look
  --out FOLDER     where they go (default: .build/screens)
  --accept         takes the main screens as they look now for their reference pictures (test/screens/reference), nothing
                   else; with --only and --pose these alone
`;
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    language: { type: 'string' },
    theme: { type: 'string' },
    pose: { type: 'string' },
    readme: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    accept: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const names = [...APPLICATIONS.map(({ name }) => String(name)), 'gallery'];
const wrong =
  values.only.find((name) => !names.includes(name)) ??
  (values.language === undefined || isLanguage(values.language) ? undefined : values.language) ??
  (values.theme === undefined || ['light', 'dark'].includes(values.theme) ? undefined : values.theme);
if (values.help || wrong !== undefined) {
  process.stderr.write(wrong === undefined ? USAGE : `${wrong} is not known here.\n${USAGE}`);
  process.exit(wrong === undefined ? 0 : 2);
}

const folder = values.out === undefined ? join(projectRoot(), '.build', 'screens') : resolve(values.out);
const wanted = (name: string): boolean => values.only.length === 0 || values.only.includes(name);

async function takeAll(application: Application): Promise<number> {
  const into = join(folder, application.name);
  mkdirSync(into, { recursive: true });
  const pictures: Picture[] = [];
  const looks = application.looks
    .slice(0, values.quick ? 1 : undefined)
    .filter(({ theme }) => values.theme === undefined || theme === values.theme)
    .map((look) => ({
      ...look,
      languages: look.languages.filter((language) =>
        values.readme
          ? README_PICTURES.some(
              (one) =>
                one.application === application.name && one.look === look.name && one.language === language,
            )
          : values.language === undefined
            ? !values.quick || language === 'en'
            : language === values.language,
      ),
    }));
  await walkScreens(
    browser,
    application,
    looks,
    availableParallelism() + 1,
    async ({ page, screen, look, language }) => {
      if (values.pose !== undefined && !values.pose.split(',').includes(screen.name)) return;
      if (values.quick && !screen.main) return;
      const readme = shownInReadme(application.name, screen.name, look.name, language);
      if (values.readme && readme === null) return;
      await screen.show();
      const path = join(into, `${screen.name}-${look.name}-${language}.png`);
      const png = await pictureOf(page);
      writeFileSync(path, png);
      if (values.readme && readme !== null) await keepForReadme(readme, png);
      pictures.push({ path, screen: screen.name, look: look.name, language, shape: look.size });
    },
  );
  await contactSheet(application.name, pictures, folder);
  return pictures.length;
}

async function accept(): Promise<void> {
  const all = values.only.length === 0 && values.pose === undefined;
  const poses = values.pose?.split(',');
  const { looked, changed, bytes } = await acceptScreens(
    browser,
    availableParallelism() + 1,
    all ? undefined : { application: wanted, screen: (name) => poses?.includes(name) ?? true },
  );
  const what = changed.length === 0 ? '' : `; look at them before they are committed:\n${changed.join('\n')}`;
  process.stdout.write(
    `${looked} main screens, ${changed.length} of their pictures changed; all together ${Math.round(bytes / 1000)} kB${what}\n`,
  );
}

async function take(): Promise<void> {
  for (const name of names.filter(wanted)) rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const application of APPLICATIONS.filter(({ name }) => wanted(name))) {
    const began = performance.now();
    const taken = await takeAll(application);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    process.stdout.write(
      `${application.name}: ${taken} pictures in ${seconds} s, ${join(folder, `${application.name}.html`)}\n`,
    );
  }
  if (values.readme) {
    const { missing, bytes } = tidyReadme();
    process.stdout.write(
      `README: ${Math.round(bytes / 1000)} kB, missing: ${missing.join(', ') || 'none'}\n`,
    );
  } else if (wanted('gallery')) await takeGallery(browser, join(folder, 'gallery.png'));
}

const browser = await launchBrowser();
try {
  await (values.accept ? accept() : take());
} finally {
  await browser.close();
}
