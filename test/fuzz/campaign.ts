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

/** Runs one parser; any exception names parser, run and the input's beginning. Counts, so that an idle campaign fails. */
export async function fuzz<I>(campaign: Campaign<I>): Promise<Tally> {
  const verdicts = new Map<Verdict, number>();
  const chances = chancesOf(campaign.name);
  let executions = 0;
  for (let run = 0; run < campaign.runs; run += 1) {
    const input = campaign.input(chances(run), run);
    try {
      const judged = campaign.judge(input);
      const verdict = typeof judged === 'string' ? judged : await judged;
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      if (run % LOOK_EVERY === 0) expectCleanPrototypes();
    } catch (error) {
      throw new Error(`${campaign.name}, run ${run}: ${shown(input)}\n${String(error)}`, { cause: error });
    }
    executions += 1;
  }
  expectCleanPrototypes();
  const accepted = verdicts.get('accepted') ?? 0;
  assert(executions === campaign.runs, `${campaign.name}: ${executions} inputs read`);
  assert(accepted >= (campaign.accepted ?? 1), `${campaign.name}: only ${accepted} inputs accepted`);
  assert(
    executions - accepted >= (campaign.refused ?? 1),
    `${campaign.name}: only ${executions - accepted} inputs refused`,
  );
  return { executions, verdicts };
}

function shown(input: unknown): string {
  const text =
    input instanceof Uint8Array
      ? Buffer.from(input).toString('utf8')
      : (JSON.stringify(input) ?? String(input));
  return text.length > 1500 ? `${text.slice(0, 1500)}… (${text.length} characters)` : text;
}
