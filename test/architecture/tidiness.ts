import { type Check, isSource, type Violation } from './files.ts';

const LIMIT = 400;
const TEST_LIMIT = 600;

/** Files stay small enough to be held in the head; a longer one says why in its first line. */
export const checkSizes: Check = (files) =>
  files
    .filter(({ path }) => isSource(path))
    .flatMap(({ path, text }) => {
      const limit = path.endsWith('.test.ts') ? TEST_LIMIT : LIMIT;
      const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
      if (lines <= limit || /^(\/\/|<!--) size: \S+/.test(text)) return [];
      const message = `${lines} lines, the limit is ${limit}: split it by idea into rooms of a folder, or open it with "// size: reason" if it is one idea that only reads whole`;
      return [{ path, line: 0, message }];
    });

/** What may lie at the top, as the user asked; the rest are files that tools insist on having there. */
const TOP = new Set([
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.screens.json',
  'hub',
  'kiosk',
  'return-terminal',
  'shared',
  'firmware-sim',
  'test',
  'README.md',
  '.ci',
  '.gitignore',
  '.gitattributes',
  '.npmrc',
  'biome.json',
  'svelte.config.js',
  'vitest.config.ts',
  'LICENSE',
]);

export const checkTopLevel: Check = (files) => {
  const entries = new Set(files.map(({ path }) => path.split('/')[0] ?? path));
  return [...entries]
    .filter((entry) => !TOP.has(entry))
    .map((entry) => ({
      path: entry,
      line: 0,
      message:
        'does not belong at the top: put it into the folder of its idea (the list is in test/architecture/tidiness.ts)',
    }));
};

/** Folders of one developer's machine: built from parts, so that this file does not find itself. */
const MACHINE_FOLDERS = ['work', 'tmp', 'root', 'home', 'Users'].join('|');
const MACHINE_PATH = new RegExp(`(?<![\\w.\\-/}\\])*])/(?:${MACHINE_FOLDERS})/[\\w.]`);

/** No path of a machine in any text: elsewhere it means nothing, and it tells about the author's computer. */
export const checkMachinePaths: Check = (files) =>
  files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index): Violation[] => {
      if (!MACHINE_PATH.test(line)) return [];
      const message =
        'names a folder of one machine: use projectRoot(), os.tmpdir(), a setting, or PATH in prose';
      return [{ path, line: index + 1, message }];
    }),
  );

/** The top, each top folder and each folder in it explain their structure. */
export const checkReadmes: Check = (files) => {
  const folders = new Set<string>(['']);
  for (const { path } of files) {
    const parts = path.split('/').slice(0, -1);
    if (parts[0]?.startsWith('.')) continue;
    for (const depth of [1, 2]) if (parts.length >= depth) folders.add(parts.slice(0, depth).join('/'));
  }
  const paths = new Set(files.map(({ path }) => path));
  return [...folders]
    .filter((folder) => !paths.has(folder === '' ? 'README.md' : `${folder}/README.md`))
    .map((folder) => ({
      path: folder === '' ? 'README.md' : `${folder}/README.md`,
      line: 0,
      message:
        'is missing: half a page on what lies in this folder, by which idea it is divided, and what may use what',
    }));
};

/** The lock file holds versions and checksums, never the address of the registry that somebody used. */
export const checkLockFile: Check = (files) => {
  const lock = files.find(({ path }) => path === 'package-lock.json');
  if (lock === undefined)
    return [{ path: 'package-lock.json', line: 0, message: 'is missing: run npm install and commit it' }];
  const { packages } = JSON.parse(lock.text) as { packages: Record<string, { resolved?: string }> };
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved?.includes('://'))
    .map(([name]) => ({
      path: 'package-lock.json',
      line: 0,
      message: `${name} has a download address: keep omit-lockfile-registry-resolved=true in .npmrc and install again`,
    }));
};
