import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The oldest Node.js that every package in the lock file supports. */
export const OLDEST_NODE = [20, 19];

/** A sentence for the reader when this Node.js is too old, else undefined. */
export function nodeTooOld(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor, needMinor] = OLDEST_NODE;
  const enough = major > needMajor || (major === needMajor && minor >= needMinor);
  return enough
    ? undefined
    : `Keyturn needs Node.js ${needMajor}.${needMinor} or newer; this is ${version}. Install a newer one from your distribution or nodejs.org.`;
}

/**
 * Compares what is installed (npm's own record in node_modules) with the lock file.
 * Packages for other platforms are in the lock file only: they are optional there and may be missing here.
 * @returns {string | undefined} why packages must be installed, or undefined when they are right
 */
export function packagesStale(root) {
  const recordPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath)) return 'node_modules is missing';
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(recordPath);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || (entry.optional && present[path] === undefined)) continue;
    if (entry.devOptional && present[path] === undefined) continue;
    if (present[path]?.version !== entry.version) return `${path} is not the version of the lock file`;
  }
  for (const path of Object.keys(present))
    if (wanted[path] === undefined) return `${path} is not in the lock file`;
  return undefined;
}

const readPackages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {};

/** Runs `npm ci` when packages are missing or differ from the lock file. Returns npm's exit code, 0 when nothing was to do. */
export function installPackages(root, say = (line) => process.stderr.write(`${line}\n`)) {
  const reason = packagesStale(root);
  if (reason === undefined) return 0;
  say(`Installing packages (${reason}) …`);
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  // Under `npm start` npm tells where it is itself, so that the same npm is used; else the one on the path.
  const viaNode = npm !== undefined && /\.[cm]?js$/.test(npm);
  const result = viaNode
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (result.error) say(`npm could not be started: ${result.error.message}`);
  return result.status ?? 1;
}
