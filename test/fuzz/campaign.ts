import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '#shared/kernel/assert.ts';
import { type Chance, chancesOf } from './chance.ts';

/** What came of one input: `accepted` (the oracle has looked at it) or a stable code. */
export type Verdict = string;

export interface Campaign<I> {
  /** Name of the parser; with the number of the run it is the seed. */
  readonly name: string;
  readonly runs: number;
  /** How many inputs at least must be accepted and refused: chance that only ever makes rubbish proves nothing. */
  readonly accepted?: number;
  readonly refused?: number;
  readonly input: (chance: Chance, run: number) => I;
  /** Reads the input and holds the answer against the oracle; throws where it does not hold. */
  readonly judge: (input: I) => Verdict | Promise<Verdict>;
}

export interface Tally {
  readonly executions: number;
  readonly verdicts: ReadonlyMap<Verdict, number>;
}

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Function.prototype] as const;
const standing = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length);

/** Prototypes are looked at this often: who changed one is then found by the runs before. */
const LOOK_EVERY = 64;

/** No input may leave anything at what all objects have in common. */
export function expectCleanPrototypes(): void {
  for (const [index, prototype] of PROTOTYPES.entries())
    if (Reflect.ownKeys(prototype).length !== standing[index])
      throw new Error('a prototype that all objects share was changed');
}

/** `npm run fuzz` asks for more than the tests try: other runs, for so many seconds a campaign, counted into a file. */
const MORE =
  process.env['KEYTURN_FUZZ_SECONDS'] === undefined
    ? null
    : {
        milliseconds: Number(process.env['KEYTURN_FUZZ_SECONDS']) * 1000,
        seed: Number(process.env['KEYTURN_FUZZ_SEED'] ?? '1'),
        counts: process.env['KEYTURN_FUZZ_COUNTS'] ?? null,
      };
const CORPUS = join(import.meta.dirname, 'corpus');
const folderOf = (name: string): string => join(CORPUS, name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase());

/** What once was a find, and chosen inputs: `.bin` as bytes, `.json` as a value. Read before any chance. */
function corpusOf(name: string): readonly { readonly file: string; readonly input: unknown }[] {
  const folder = folderOf(name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const bytes = readFileSync(join(folder, file));
      return { file, input: file.endsWith('.json') ? JSON.parse(bytes.toString('utf8')) : bytes };
    });
}

function keepFind(name: string, run: number, input: unknown): void {
  mkdirSync(folderOf(name), { recursive: true });
  const file = join(folderOf(name), `run-${run}`);
  if (input instanceof Uint8Array) writeFileSync(`${file}.bin`, input);
  else writeFileSync(`${file}.json`, JSON.stringify(input) ?? 'null');
}

/**
 * Runs one parser: its corpus, then chance. Any exception names parser, run and the input's beginning. Counts, so that an idle campaign fails.
 */
export async function fuzz<I>(campaign: Campaign<I>): Promise<Tally> {
  const verdicts = new Map<Verdict, number>();
  const chances = chancesOf(campaign.name);
  const began = performance.now();
  let executions = 0;
  const one = async (input: I, run: number | string): Promise<void> => {
    try {
      const judged = campaign.judge(input);
      const verdict = typeof judged === 'string' ? judged : await judged;
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      if (executions % LOOK_EVERY === 0) expectCleanPrototypes();
    } catch (error) {
      if (MORE !== null && typeof run === 'number') keepFind(campaign.name, run, input);
      throw new Error(`${campaign.name}, run ${run}: ${shown(input)}\n${String(error)}`, { cause: error });
    }
    executions += 1;
  };
  for (const { file, input } of corpusOf(campaign.name)) await one(input as I, file);
  const tried = executions;
  for (let run = 0; run < campaign.runs; run += 1) await one(campaign.input(chances(run), run), run);
  const accepted = verdicts.get('accepted') ?? 0;
  const refused = executions - accepted;
  assert(executions === campaign.runs + tried, `${campaign.name}: ${executions} inputs read`);
  assert(accepted >= (campaign.accepted ?? 1), `${campaign.name}: only ${accepted} inputs accepted`);
  assert(refused >= (campaign.refused ?? 1), `${campaign.name}: only ${refused} inputs refused`);
  for (
    let run = more(campaign.runs);
    MORE !== null && performance.now() - began < MORE.milliseconds;
    run += 1
  )
    await one(campaign.input(chances(run), run), run);
  expectCleanPrototypes();
  if (MORE?.counts != null)
    appendFileSync(
      MORE.counts,
      `${JSON.stringify({ name: campaign.name, executions, seconds: (performance.now() - began) / 1000 })}\n`,
    );
  return { executions: executions - tried, verdicts };
}

/** Behind everything that the tests try, and another stretch for each seed. */
const more = (runs: number): number => runs + (MORE?.seed ?? 0) * 100_000_000;

function shown(input: unknown): string {
  const text =
    input instanceof Uint8Array
      ? Buffer.from(input).toString('utf8')
      : (JSON.stringify(input) ?? String(input));
  return text.length > 1500 ? `${text.slice(0, 1500)}… (${text.length} characters)` : text;
}
