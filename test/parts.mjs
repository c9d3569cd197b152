import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Names of Chromium, the one without windows first: the same engine paints the same pictures in half the time. */
export const CHROMIUM = ['chromium-headless-shell', 'chromium', 'chromium-browser'];

/**
 * Real parts of the distribution that tests run against: how to see that one is there, and the Debian package that
 * brings it (`older`: the one that does where a distribution does not know that yet). Used by `test/run.mjs` to install or name what is missing.
 */
export const PARTS = {
  chromium: {
    debian: 'chromium-headless-shell',
    older: 'chromium',
    what: 'Chromium',
    present: () => onPath(...CHROMIUM),
  },
  postgresql: {
    debian: 'postgresql',
    what: 'PostgreSQL 15 or newer (server programs initdb and postgres)',
    present: () => postgresBinaries() !== undefined,
  },
  mosquitto: { debian: 'mosquitto', what: 'Mosquitto 2', present: () => onPath('mosquitto') },
  age: { debian: 'age', what: 'the age tool', present: () => onPath('age') },
  ffmpeg: { debian: 'ffmpeg', what: 'ffmpeg', present: () => onPath('ffmpeg') },
  'fonts-cjk': {
    debian: 'fonts-noto-cjk',
    what: 'a font with Japanese letters (Noto CJK)',
    present: () => {
      const listed = spawnSync('fc-list', [':lang=ja', 'family'], { encoding: 'utf8' });
      return listed.status === 0 && listed.stdout.trim() !== '';
    },
  },
};

/** Folder with initdb and postgres of the newest installed version from 15 on, or undefined. */
export function postgresBinaries() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .map(Number)
        .filter((it) => it >= 15)
    : [];
  for (const version of versions.sort((a, b) => b - a)) {
    const folder = join(debian, String(version), 'bin');
    if (existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) return folder;
  }
  const initdb = findProgram('initdb');
  if (initdb === undefined) return undefined;
  const shown = spawnSync(initdb, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const major = Number(/ (\d+)/.exec(shown)?.[1]);
  return major >= 15 ? join(initdb, '..') : undefined;
}

/** Absolute path of a program, also in the folders for administrators that a user's PATH may leave out. */
export function findProgram(...names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  for (const name of names)
    for (const folder of folders) {
      const path = join(folder, name);
      if (folder !== '' && existsSync(path)) return path;
    }
  return undefined;
}
const onPath = (...names) => findProgram(...names) !== undefined;

/**
 * Makes the named parts available: on Debian (and its children) as root by apt-get, elsewhere by telling.
 * @returns {string | undefined} what is still missing and what to do, or undefined when everything is there
 */
export function provideParts(names, say) {
  const missing = [...new Set(names)].filter((name) => !PARTS[name].present());
  if (missing.length === 0) return undefined;
  const packages = missing.map((name) => PARTS[name].debian);
  if (isDebian() && process.getuid?.() === 0) {
    say(`Installing ${packages.join(' ')} from the distribution …`);
    const apt = (...args) =>
      spawnSync('apt-get', args, {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status === 0;
    const done =
      apt('update', '-q') &&
      apt('install', '-y', '-q', '--no-install-recommends', ...missing.map(knownPackage));
    const left = missing.filter((name) => !PARTS[name].present());
    if (done && left.length === 0) return undefined;
    return `apt-get could not provide: ${left.map((name) => PARTS[name].what).join('; ')}. Its output is above.`;
  }
  const list = missing
    .map((name) => `  ${PARTS[name].what} (Debian package ${PARTS[name].debian})`)
    .join('\n');
  const hint = isDebian()
    ? `Run as root: apt-get update && apt-get install -y ${packages.join(' ')}`
    : 'Install them with your system’s package manager; only Debian as root is done automatically.';
  return `The tests need these parts, which are missing here:\n${list}\n${hint}`;
}

function knownPackage(name) {
  const { debian, older } = PARTS[name];
  const known = spawnSync('apt-cache', ['show', debian], { stdio: 'ignore' }).status === 0;
  return known ? debian : (older ?? debian);
}

function isDebian() {
  if (!existsSync('/etc/os-release') || findProgram('apt-get') === undefined) return false;
  return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
}
