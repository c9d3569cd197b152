/**
 * `npm run crash [-- NAME…] [--parts N] [--part I] [--processes N] [--minutes M]`: every stop at every I/O step, and every second stop at every step of the
 * recovery, where the tests take a sample. Stops that left the same are recovered from once (`tally.ts`). The cases are dealt out to parts, which processes (one a core) take one after the other; each
 * part makes all first stops by itself, to know what they leave. After each, the time that is left is estimated.
 * NAME: only files of that name (twice, cache, outbox, statements, enrolment, directory-killed …). `--minutes`: no part is begun after these; which ones are left
 * is said. Prints the steps and cases of each campaign. Exit 1 where anything was violated.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Files whose cases are dealt out; the others try all of theirs in one part. */
const DEALT = ['twice', 'cache', 'outbox', 'statements', 'enrolment'];

function usage() {
  process.stderr.write(
    'usage: npm run crash [-- NAME…] [--parts N] [--part I | --part I-J] [--processes N] [--minutes M]\n',
  );
  process.exit(2);
}
const number = (text, least) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) usage();
  return value;
};
function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        parts: { type: 'string', default: '8' },
        part: { type: 'string' },
        processes: { type: 'string', default: `${availableParallelism()}` },
        minutes: { type: 'string' },
      },
    });
  } catch {
    return usage();
  }
}
const { values, positionals: names } = read();
const parts = number(values.parts, 1);
const [from = '1', to = values.part === undefined ? `${parts}` : from] = (values.part ?? '1').split('-');
const [first, last] = [number(from, 1), number(to, 1)];
if (last > parts || first > last) usage();
const until = values.minutes === undefined ? Number.POSITIVE_INFINITY : number(values.minutes, 1) * 60_000;

const files = readdirSync(join(root, 'test', 'crash'))
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => file.replace('.test.ts', ''))
  .filter((file) => names.length === 0 || names.some((name) => file.startsWith(name)));
if (files.length === 0) usage();
const filesOf = (part) => files.filter((file, index) => DEALT.includes(file) || 1 + (index % parts) === part);

const scratch = mkdtempSync(join(tmpdir(), 'keyturn-crash-'));
const began = performance.now();
const minutes = (ms) => `${(ms / 60_000).toFixed(1)} min`;
const waiting = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
  (part) => filesOf(part).length > 0,
);
const all = waiting.length;
let ended = 0;
const failed = [];

/** One part in a process of its own; its output is shown only where something was violated. */
function run(part) {
  const args = ['run', '--project=crash', '--reporter=default', '--testTimeout=36000000'];
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      ...args,
      ...filesOf(part).map((file) => `test/crash/${file}.test.ts`),
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        KEYTURN_CRASH: 'all',
        KEYTURN_CRASH_PART: `${part}/${parts}`,
        KEYTURN_CRASH_COUNTS: join(scratch, `${part}.jsonl`),
      },
    },
  );
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes));
  return new Promise((done) => {
    child.once('close', (code) => {
      ended += 1;
      if (code !== 0) {
        failed.push(part);
        process.stdout.write(Buffer.concat(said));
      }
      const took = performance.now() - began;
      const left = (took / ended) * (all - ended);
      process.stdout.write(
        `part ${part} of ${parts}: ${code === 0 ? '0 violations' : 'VIOLATIONS'}; ${ended} of ${all} parts in ${minutes(took)}, about ${minutes(left)} for the rest\n`,
      );
      done();
    });
  });
}

async function lane() {
  while (waiting.length > 0 && performance.now() - began < until) await run(waiting.shift());
}
await Promise.all(Array.from({ length: number(values.processes, 1) }, lane));

const campaigns = new Map();
for (const file of readdirSync(scratch))
  for (const line of readFileSync(join(scratch, file), 'utf8').trim().split('\n')) {
    const { name, steps, cases, of, states = 0, equal = 0 } = JSON.parse(line);
    const known = campaigns.get(name) ?? { steps, cases: 0, of: 0, states, equal: 0 };
    campaigns.set(name, {
      steps: Math.max(steps, known.steps),
      cases: known.cases + cases,
      of: known.of + of,
      states: Math.max(states, known.states),
      equal: known.equal + equal,
    });
  }
rmSync(scratch, { recursive: true, force: true });
for (const [name, { steps, cases, of, states, equal }] of [...campaigns].sort(([a], [b]) => (a < b ? -1 : 1)))
  process.stdout.write(
    `${String(steps).padStart(6)} I/O steps  ${String(cases).padStart(8)} cases and ${equal} equal to one of them, of ${of}${states === 0 ? '' : `, from ${states} different states`}  ${name}\n`,
  );
const total = (pick) => [...campaigns.values()].reduce((sum, one) => sum + pick(one), 0);
const [sum, same] = [total(({ cases }) => cases), total(({ equal }) => equal)];
if (waiting.length > 0)
  process.stdout.write(`not begun: --parts ${parts} --part ${waiting[0]}-${waiting.at(-1)}\n`);
for (const part of failed)
  process.stdout.write(
    `again: npm run crash -- ${[...names, `--parts ${parts} --part ${part}`].join(' ')}\n`,
  );
process.stdout.write(
  `${sum} cases and ${same} equal to one of them counted in ${campaigns.size} campaigns, ${ended} of ${parts} parts, ${minutes(performance.now() - began)}, ${failed.length === 0 ? '0 violations' : 'VIOLATIONS: see above'}\n`,
);
process.exit(failed.length === 0 ? 0 : 1);
