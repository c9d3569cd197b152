import { expect } from 'vitest';
import { type Chance, chanceOf } from './chance.ts';

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

/** No input may leave anything at what all objects have in common. */
export function expectCleanPrototypes(): void {
  for (const [index, prototype] of PROTOTYPES.entries())
    if (Reflect.ownKeys(prototype).length !== standing[index])
      throw new Error('a prototype that all objects share was changed');
}

/** Runs one parser; any exception names parser, run and the input's beginning. Counts, so that an idle campaign fails. */
export async function fuzz<I>(campaign: Campaign<I>): Promise<Tally> {
  const verdicts = new Map<Verdict, number>();
  let executions = 0;
  for (let run = 0; run < campaign.runs; run += 1) {
    const input = campaign.input(chanceOf(campaign.name, run), run);
    try {
      const judged = campaign.judge(input);
      const verdict = typeof judged === 'string' ? judged : await judged;
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      expectCleanPrototypes();
    } catch (error) {
      throw new Error(`${campaign.name}, run ${run}: ${shown(input)}\n${String(error)}`, { cause: error });
    }
    executions += 1;
  }
  const accepted = verdicts.get('accepted') ?? 0;
  expect(executions, `${campaign.name}: inputs read`).toBe(campaign.runs);
  expect(accepted, `${campaign.name}: inputs accepted`).toBeGreaterThanOrEqual(campaign.accepted ?? 1);
  expect(executions - accepted, `${campaign.name}: inputs refused`).toBeGreaterThanOrEqual(
    campaign.refused ?? 1,
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
