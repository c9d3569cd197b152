import type { Trouble } from '../api.ts';

/** What a refusal means and what to do; a code of the hub without words does not compile. */
export type ProblemWords = Readonly<Record<Trouble['code'], string>>;
