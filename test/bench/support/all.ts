import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { assert } from '#shared/kernel/assert.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { hostLook, machineLines } from './machine.ts';
import { type BenchResult, pageOf } from './page.ts';
import { wholeNumbers } from './whole-numbers.ts';

/** Those of the table first, the longest last; any other benchmark of the folder follows by name. */
const ORDER = [
  ...['recommend', 'start', 'key-destroy', 'media-read', 'ingest', 'returns'],
  ...['media-write', 'search', 'growth', 'fleet', 'screens'],
];
const BEGIN = '<!-- made by npm run bench -- all: from here -->';
const END = '<!-- made by npm run bench -- all: to here -->';

const resultSchema = z.object({
  bench: z.string(),
  command: z.string(),
  date: z.string(),
  seconds: z.number(),
  /** Share of all processors' time that the host took while it ran, and the machine's load before it. */
  hostTook: z.number(),
  loadBefore: z.number(),
  figures: z.record(z.string(), z.unknown()),
});

/**
 * `npm run bench -- all [NAME …] [--minutes N] [--films FILE] [--ratings FILE] [--again] [--quick]`: runs every benchmark that has no result yet (those named: anew;
 * `--again`: all anew), each as a process of its own, for at most N minutes (25), and writes what all of them found as a page: printed, and into this folder's
 * README between its two marks. A benchmark that the time does not suffice for is ended and named; the next call goes on with it. `--quick` keeps nothing and writes nothing.
 */
export async function all(
  entry: string,
  names: readonly string[],
  rest: readonly string[],
  quick: boolean,
): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...rest],
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '25' },
      films: { type: 'string' },
      ratings: { type: 'string' },
      again: { type: 'boolean', default: false },
    },
  });
  const { minutes } = wholeNumbers({ minutes: values.minutes });
  for (const name of positionals) assert(names.includes(name), `there is no benchmark ${name}`);
  // Not in the program's own folder, which each build empties.
  const folder = join(projectRoot(), '.build', 'bench-results', quick ? 'quick' : 'kept');
  if (quick || values.again) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const kept = (name: string): string => join(folder, `${name}.json`);
  for (const name of positionals) rmSync(kept(name), { force: true });
  const wanted = (positionals.length > 0 ? positionals : names).filter((name) => !existsSync(kept(name)));
  const until = performance.now() + minutes * 60_000;
  const left: string[] = [];
  for (const name of inOrder(wanted)) {
    const options = quick ? ['--quick'] : optionsOf(name, values);
    const milliseconds = until - performance.now();
    const result = milliseconds < 1000 ? null : await runOne(entry, name, options, milliseconds);
    if (result === null) left.push(name);
    else writeFileSync(kept(name), JSON.stringify(result));
  }
  const results = inOrder(names).flatMap((name): BenchResult[] =>
    existsSync(kept(name)) ? [resultSchema.parse(JSON.parse(readFileSync(kept(name), 'utf8')))] : [],
  );
  const page = pageOf(results, machineLines());
  console.log(`\n${page}`);
  if (!quick) writePage(page);
  console.log(JSON.stringify({ bench: 'all', ran: results.map(({ bench }) => bench), left }));
}

const inOrder = (names: readonly string[]): readonly string[] => {
  const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return names.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
};

/** Sizes that let all of them end within the time. */
function optionsOf(
  name: string,
  { films, ratings }: { readonly films?: string | undefined; readonly ratings?: string | undefined },
): readonly string[] {
  if (name === 'media-write') return ['--rounds', '3'];
  if (name === 'search') return ['--questions', '300', ...(films === undefined ? [] : ['--films', films])];
  if (name === 'recommend') return ratings === undefined ? [] : ['--file', ratings];
  return [];
}

/** Null: it failed, or the time was over. */
async function runOne(
  entry: string,
  name: string,
  options: readonly string[],
  milliseconds: number,
): Promise<BenchResult | null> {
  // Files of this machine are nobody else's.
  const shown = options.map((option) => (option.includes('/') ? 'FILE' : option));
  const command = ['npm run bench --', name, ...shown].join(' ');
  console.log(`\n${command}`);
  const before = hostLook();
  const began = performance.now();
  const child = spawn(process.execPath, [entry, name, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const limit = setTimeout(() => child.kill(), milliseconds);
  let said = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (piece: string) => {
    said += piece;
    process.stdout.write(piece);
  });
  const code = await new Promise<number | null>((done) => child.on('close', done));
  clearTimeout(limit);
  const last = said.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0 || !last.startsWith('{')) {
    console.log(`${name} did not come to its end (${code === null ? 'the time was over' : `code ${code}`})`);
    return null;
  }
  return {
    bench: name,
    command,
    date: new Date(systemClock.now()).toISOString().slice(0, 16).replace('T', ' '),
    seconds: Math.round((performance.now() - began) / 1000),
    hostTook: hostLook().tookSince(before),
    loadBefore: before.load,
    figures: z.record(z.string(), z.unknown()).parse(JSON.parse(last)),
  };
}

function writePage(page: string): void {
  const file = join(projectRoot(), 'test', 'bench', 'README.md');
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  assert(from >= 0 && to > from, 'the page has its two marks');
  writeFileSync(file, `${text.slice(0, from + BEGIN.length)}\n\n${page}\n\n${text.slice(to)}`);
}
