import type { Language } from '#shared/ui/i18n.ts';
import type { Trouble } from '../api.ts';
import { problemsEn } from './problems-en.ts';
import { problemsJa } from './problems-ja.ts';

/** What a refusal means and what to do; a code of the hub without words does not compile. */
export type ProblemWords = Readonly<Record<Trouble['code'], string>>;
export const problems: Readonly<Record<Language, ProblemWords>> = { en: problemsEn, ja: problemsJa };
