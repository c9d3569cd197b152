/**
 * `npm run fuzz -- --minutes N [--parser NAME] [--seed S]`: the campaigns of this folder with inputs that the tests do not try, for so long.
 * Prints executions per parser; a find is written into `corpus/`, where every later test run tries it first, and ends with exit code 1.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values } = parseArgs({
  options: { minutes: { type: 'string' }, parser: { type: 'string' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes ?? '1');
const seed = Number(values.seed ?? '1');
if (!(minutes > 0 && minutes <= 100_000) || !Number.isSafeInteger(seed) || seed < 1) {
  process.stderr.write(
    'usage: npm run fuzz -- --minutes N [--parser NAME] [--seed S, a whole number from 1 on]\n',
  );
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), 'keyturn-fuzz-'));
const counts = join(scratch, 'counts.jsonl');
const done = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--project=fuzz',
    '--reporter=default',
    `--testTimeout=${Math.ceil(minutes * 120_000 + 600_000)}`,
    ...(values.parser === undefined ? [] : ['-t', values.parser]),
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      // Two files run at a time, with some sixty campaigns each; what is asked for by name has the whole time.
      KEYTURN_FUZZ_SECONDS: String(Math.max(1, (minutes * 60) / (values.parser === undefined ? 60 : 1))),
      KEYTURN_FUZZ_SEED: String(seed),
      KEYTURN_FUZZ_COUNTS: counts,
    },
  },
);
let lines = [];
try {
  lines = readFileSync(counts, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
} catch {
  process.stderr.write('No campaign ran.\n');
}
rmSync(scratch, { recursive: true, force: true });
for (const { name, executions, seconds } of lines.sort((a, b) => (a.name < b.name ? -1 : 1)))
  process.stdout.write(
    `${String(executions).padStart(11)} executions  ${String(Math.round(executions / Math.max(seconds, 0.001))).padStart(7)}/s  ${name}\n`,
  );
const sum = lines.reduce((total, { executions }) => total + executions, 0);
process.stdout.write(
  `${sum} executions in ${lines.length} campaigns, seed ${seed}, ${done.status === 0 ? 'no find' : 'FINDS: see above and test/fuzz/corpus'}\n`,
);
process.exit(done.status === 0 && lines.length > 0 ? 0 : 1);
