/**
 * `npm run crash [-- NAME…]`: every stop at every I/O step, and every second stop at every step of the recovery, where the tests take a sample. NAME: only
 * files of that name (twice, cache, outbox, enrolment, directory-killed …). Prints the steps and cases of each campaign. Exit 1 where anything was violated.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const names = process.argv.slice(2);
if (names.some((name) => name.startsWith('-'))) {
  process.stderr.write('usage: npm run crash [-- NAME…]\n');
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), 'keyturn-crash-'));
const counts = join(scratch, 'counts.jsonl');
const began = performance.now();
const done = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--project=crash',
    '--reporter=default',
    '--testTimeout=36000000',
    ...names.map((name) => `test/crash/${name}`),
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, KEYTURN_CRASH: 'all', KEYTURN_CRASH_COUNTS: counts },
  },
);
let lines = [];
try {
  lines = readFileSync(counts, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
} catch {
  // Files that try all their cases in every run count nothing.
}
rmSync(scratch, { recursive: true, force: true });
for (const { name, steps, cases, of } of lines.sort((a, b) => (a.name < b.name ? -1 : 1)))
  process.stdout.write(
    `${String(steps).padStart(6)} I/O steps  ${String(cases).padStart(8)} of ${of} cases  ${name}\n`,
  );
const sum = lines.reduce((total, { cases }) => total + cases, 0);
const seconds = Math.round((performance.now() - began) / 1000);
process.stdout.write(
  `${sum} cases counted in ${lines.length} campaigns, ${seconds} s, ${done.status === 0 ? '0 violations' : 'VIOLATIONS: see above'}\n`,
);
process.exit(done.status === 0 ? 0 : 1);
