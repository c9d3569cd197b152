/**
 * `node shared/toolchain/launch.mjs PROGRAM [arguments]`: installs what is missing, builds what is stale, runs PROGRAM.
 * Plain Node.js without packages, because on a fresh clone there are none yet. `build` as PROGRAM builds everything.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';
import { installPackages, nodeTooOld, packagesStale } from './packages.mjs';
import { artifacts, PROGRAMS, UIS } from './programs.mjs';
import { isFresh, outputEntry } from './stale.mjs';
import { temporaryFolder } from './temporary.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const [program, ...args] = process.argv.slice(2);

const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

const tooOld = nodeTooOld();
if (tooOld !== undefined) fail(tooOld);
if (program !== 'build' && (program === undefined || PROGRAMS[program] === undefined)) {
  fail(`usage: launch.mjs PROGRAM [arguments]\nPROGRAM is build, ${Object.keys(PROGRAMS).join(', ')}`);
}
if (packagesStale(root) !== undefined) {
  const code = await withLock(join(root, '.build', 'locks', 'install'), () => installPackages(root));
  if (code !== 0) fail(`Packages could not be installed (npm ended with ${code}); nothing was started.`);
}
await buildStale(program === 'build' ? artifacts() : needed(program));
if (program !== 'build') run(program);

/** A program with the user interfaces it serves and the programs it starts, as far as their sources exist. */
function needed(name) {
  const { programs, uis } = PROGRAMS[name];
  const main = artifacts().find(({ id }) => id === name);
  if (!existsSync(join(root, main.entry))) fail(`${name} cannot be started: ${main.entry} does not exist.`);
  const allUis = new Set([...uis, ...programs.flatMap((other) => PROGRAMS[other].uis)]);
  return artifacts().filter(({ kind, name: it }) =>
    kind === 'ui' ? allUis.has(it) && UIS[it] !== undefined : it === name || programs.includes(it),
  );
}

/**
 * Two builders where there are two cores, one from each end of the list: the artifact where they meet is locked by one of them, and fresh for the other
 * once it is done.
 */
async function buildStale(list) {
  const stale = list.filter((artifact) => existsSync(join(root, artifact.entry)) && !isFresh(root, artifact));
  if (stale.length === 0) return;
  process.stderr.write(`Building ${stale.map(({ id }) => id).join(', ')} …\n`);
  const ids = stale.map(({ id }) => id);
  const orders = ids.length > 1 && availableParallelism() > 1 ? [ids, ids.toReversed()] : [ids];
  const codes = await Promise.all(orders.map(buildInOrder));
  if (codes.some((code) => code !== 0)) fail('The build failed; nothing was started.');
}

/** Answers the builder's exit code; null where it was ended. */
function buildInOrder(ids) {
  const builder = spawn(process.execPath, [join(here, 'build.mjs'), ...ids], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  return new Promise((resolve) => {
    builder.on('error', () => resolve(1));
    builder.on('exit', resolve);
  });
}

function run(name) {
  const artifact = artifacts().find(({ id }) => id === name);
  const terminal = process.stdin.isTTY === true;
  const child = spawn(
    process.execPath,
    [
      '--enable-source-maps',
      `--import=${pathToFileURL(join(here, 'child.mjs'))}`,
      ...(PROGRAMS[name].node ?? []),
      outputEntry(root, artifact),
      ...args,
    ],
    {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      // Without a terminal the program gets a process group of its own, so that a signal to the whole group reaches
      // it once (through the forwarding below), not twice. With one it stays in the foreground group and may read keys.
      detached: !terminal,
      // Writing and reading a medium frees many megabytes a second; glibc would give them back to the kernel each time, and get each larger one anew, page by page (DESIGN §4).
      env: {
        MALLOC_TRIM_THRESHOLD_: String(256 * 1024 * 1024),
        MALLOC_MMAP_THRESHOLD_: String(8 * 1024 * 1024),
        ...process.env,
        ...(artifact.entry.startsWith('test/') ? { TMPDIR: temporaryFolder(name) } : {}),
      },
    },
  );
  forwardSignals(child, terminal);
  child.on('error', (error) => fail(`${name} could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
    if (child.connected) child.disconnect();
    process.exit();
  });
}

/**
 * Passes signals on. npm passes the Ctrl-C of a terminal on as well, so the same one may come twice within moments:
 * programs read a second signal as "now, without waiting", so repeats within a second are dropped.
 */
function forwardSignals(child, terminal) {
  const last = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = performance.now();
      const repeated = now - (last.get(signal) ?? Number.NEGATIVE_INFINITY) < 1000;
      last.set(signal, now);
      // The terminal itself has sent SIGINT to the program too.
      if (repeated || (terminal && signal === 'SIGINT')) return;
      child.kill(signal);
    });
  }
}
