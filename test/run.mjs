/**
 * `npm test [-- STAGE…]`: everything that can be tested, on a fresh clone. Installs what is missing, then runs the
 * stages in two lanes side by side: in one, stage after stage, what only computes; in the other what starts servers and
 * browsers, and waits for them much of its time. The lane that is done first helps the other. Ends with a table and a last line `N passed, N failed`. A skipped test
 * counts as failed: nothing is left out silently. Plain Node.js, because packages may not be installed yet.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, nodeTooOld } from '../shared/toolchain/packages.mjs';
import { mayRunAgain, nothing, ranAgain, readReport } from './findings.mjs';
import { LEVELS } from './levels.mjs';
import { provideParts } from './parts.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const results = join(root, '.build', 'test-results');
const say = (text = '') => process.stdout.write(`${text}\n`);
const stop = (text) => {
  say(text);
  process.exit(1);
};

/** Components and what mounts them; every other file's types are the compiler's, which is several times faster. */
const SCREENS = ['--tsconfig', './tsconfig.screens.json'];

const STAGES = [
  { name: 'check', needs: [], alone: false, run: runChecks },
  { name: 'build', needs: [], alone: true, run: runBuild },
  ...LEVELS.map((level) => ({ ...level, run: (how) => runLevel(level, how) })),
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0)
  stop(`There is no stage ${unknown.join(', ')}. Stages: ${STAGES.map(({ name }) => name).join(' ')}`);
const chosen = STAGES.filter(({ name }) => asked.length === 0 || asked.includes(name));

const tooOld = nodeTooOld();
if (tooOld !== undefined) stop(tooOld);
const npmCode = installPackages(root, say);
if (npmCode !== 0) stop(`Packages could not be installed: npm ended with ${npmCode}.`);
const missing = provideParts(
  chosen.flatMap(({ needs }) => needs),
  say,
);
if (missing !== undefined) stop(missing);

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const table = new Map();
const served = chosen.filter(({ alone }) => alone);
const computed = chosen.filter(({ alone }) => !alone);
const together = served.length > 0 && computed.length > 0;
const cores = availableParallelism();
/** Enough that servers and browsers come first, not so much that tests of the other lane starve into their time limits. */
const NICER = 4;
const began = performance.now();
const lanes = together
  ? [
      [served, computed],
      [computed, served],
    ]
  : [[served, computed]];
await Promise.all(lanes.map(runLane));
summary();

/** Takes the next stage of the first queue that has one left. The build is the first of its queue: whatever follows needs it. */
async function runLane(queues) {
  for (let stage = next(queues); stage !== undefined; stage = next(queues)) await runStage(stage);
}

function next(queues) {
  return queues.find((queue) => queue.length > 0)?.shift();
}

/** With two lanes a stage's output is held back until its end, so that it stays together. */
async function runStage(stage) {
  const title = `\n━━ ${stage.name} ${'━'.repeat(Math.max(0, 70 - stage.name.length))}`;
  if (together) say(`… ${stage.name}`);
  else say(title);
  const held = together ? [] : null;
  const began = performance.now();
  // What computes takes every core that the other lane leaves idle, and steps back for it.
  const how = stage.alone ? { workers: 1, held, behind: false } : { workers: cores, held, behind: together };
  const found = await stage.run(how);
  const seconds = (performance.now() - began) / 1000;
  table.set(stage.name, { ...found, seconds });
  if (held !== null) {
    say(title);
    process.stdout.write(Buffer.concat(held));
  }
  for (const note of found.notes) say(`!! ${stage.name}: ${note}`);
  const unsteady = found.unsteady === 0 ? '' : `${found.unsteady} unsteady, `;
  say(`── ${stage.name}: ${found.passed} passed, ${unsteady}${found.failed} failed, ${seconds.toFixed(1)} s`);
}

function summary() {
  const rows = chosen.map(({ name }) => ({ name, ...table.get(name) }));
  const cell = (text) => String(text).padStart(8);
  say('\nstage       seconds   passed unsteady   failed');
  for (const { name, seconds, passed, unsteady, failed } of rows)
    say(`${name.padEnd(10)} ${[seconds.toFixed(1), passed, unsteady, failed].map(cell).join(' ')}`);
  const notes = rows.flatMap(({ name, notes }) => notes.map((note) => `!! ${name}: ${note}`));
  if (notes.length > 0) say(`\n${notes.join('\n')}`);
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const unsteady = sum('unsteady');
  // What passed when it ran again failed all the same: it may be a race of the product.
  const failed = sum('failed') + unsteady;
  say(`\n${((performance.now() - began) / 1000).toFixed(1)} s in all`);
  if (unsteady > 0) say(`${unsteady} of the failed are unsteady: they passed when the file ran again`);
  say(`${sum('passed')} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Types, Svelte components, lint and format: each counts as one test. */
async function runChecks(how) {
  const found = nothing();
  const tools = [
    ['types (tsc)', '@typescript/native/bin/tsc', ['--noEmit']],
    ['components (svelte-check)', 'svelte-check/bin/svelte-check', [...SCREENS, '--threshold', 'error']],
    ['lint and format (biome)', '@biomejs/biome/bin/biome', ['check', '.']],
  ];
  // Each computes on one core: the larger two side by side, and what each says by itself.
  const codes = await Promise.all(
    tools.map(async ([, script, args]) => {
      const held = [];
      const code = await run(process.execPath, [join(root, 'node_modules', script), ...args], {
        ...how,
        held,
      });
      if (how.held === null) process.stdout.write(Buffer.concat(held));
      else how.held.push(...held);
      return code;
    }),
  );
  for (const [at, [what]] of tools.entries()) {
    const code = codes[at];
    if (code === 0) found.passed += 1;
    else {
      found.failed += 1;
      found.notes.push(`${what} found faults (exit code ${code})`);
    }
  }
  return found;
}

/** Programs and screens are built as `npm start` would build them. */
async function runBuild(how) {
  const script = join(root, 'shared', 'toolchain', 'launch.mjs');
  const code = await run(process.execPath, [script, 'build'], how);
  return code === 0
    ? { ...nothing(), passed: 1 }
    : { ...nothing(), failed: 1, notes: [`the build failed (exit code ${code})`] };
}

async function runLevel(level, how) {
  const { folders, expected } = level;
  if (!folders.some(hasTests)) {
    return expected
      ? { ...nothing(), failed: 1, notes: [`NO TESTS in ${folders.join(', ')}, where there must be some`] }
      : { ...nothing(), notes: [`no tests in ${folders.join(', ')} yet`] };
  }
  const found = await runTests(level.name, [], how);
  if (!mayRunAgain(level, found)) return found;
  say(`… ${level.name}: ${found.failedFiles.join(', ')} once more`);
  return ranAgain(found, await runTests(level.name, found.failedFiles, how));
}

/** All files of a level, or some of them again. */
async function runTests(name, files, how) {
  const report = join(results, files.length === 0 ? `${name}.json` : `${name}-again.json`);
  const args = [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    `--project=${name}`,
    `--maxWorkers=${how.workers}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...files,
  ];
  const code = await run(process.execPath, args, how);
  return readReport(root, report, code);
}

function hasTests(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return false;
  return readdirSync(path, { withFileTypes: true }).some((item) =>
    item.isDirectory() ? hasTests(join(folder, item.name)) : item.name.endsWith('.test.ts'),
  );
}

/** Runs a tool with its output shown, or collected in `held`; resolves with its exit code. A stop signal ends the tool and then this run. */
function run(command, args, { held, behind }) {
  return new Promise((resolve) => {
    const output = held === null ? 'inherit' : 'pipe';
    const env = held !== null && process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env;
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', output, output] });
    if (behind && child.pid !== undefined) setPriority(child.pid, NICER);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => held.push(bytes));
    const onSignal = (signal) => {
      child.kill(signal);
      process.exitCode = 1;
    };
    const end = (code) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onSignal);
      if (process.exitCode === 1) process.exit(1);
      resolve(code);
    };
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onSignal);
    child.on('error', () => end(127));
    child.on('exit', (code, signal) => {
      const done = () => end(signal === null ? (code ?? 1) : 1);
      // The rest of its output; not longer, where something it has left behind holds the pipe.
      const late = setTimeout(done, 5000);
      child.once('close', () => {
        clearTimeout(late);
        done();
      });
    });
  });
}
