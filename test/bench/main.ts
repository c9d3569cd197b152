import { parseArgs } from 'node:util';
import { all } from './support/all.ts';

/**
 * `npm run bench -- NAME [--quick] [further options of that benchmark]`; `all` runs every one (`support/all.ts`).
 * Every file of this folder (helpers live in `support/`) is a benchmark of its own name.
 */
export interface BenchArguments {
  /** Small amounts, for a look or a test: figures are not to be quoted. */
  readonly quick: boolean;
  /** Everything after the name except `--quick`, for the benchmark to parse. */
  readonly rest: readonly string[];
}

/** What a benchmark file exports. It prints its own lines; the last one is a JSON object `{"bench": NAME, …}`. */
export interface Benchmark {
  run(args: BenchArguments): Promise<void>;
}

const files = import.meta.glob<Partial<Benchmark>>(['./*.ts', '!./main.ts', '!./*.test.ts']);
const benchmarks = new Map(
  Object.entries(files).map(([path, load]) => [path.slice('./'.length, -'.ts'.length), load]),
);

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  strict: false,
  options: { quick: { type: 'boolean' } },
});
const [name] = positionals;
const load = name === undefined ? undefined : benchmarks.get(name);
const rest = process.argv
  .slice(2)
  .filter((argument, at, all) => argument !== '--quick' && at !== all.indexOf(name ?? ''));
if (name === 'all') {
  await all(process.argv[1] ?? '', [...benchmarks.keys()], rest, values.quick === true);
} else if (name === undefined || load === undefined) {
  if (name !== undefined) console.error(`There is no benchmark ${name}.`);
  console.error('usage: npm run bench -- NAME|all [--quick]');
  console.error(`NAME is one of: ${[...benchmarks.keys()].sort().join(', ') || '(there is none yet)'}`);
  process.exit(2);
} else {
  const { run } = await load();
  if (run === undefined) throw new TypeError(`test/bench/${name}.ts must export a function run`);
  await run({ quick: values.quick === true, rest });
}
