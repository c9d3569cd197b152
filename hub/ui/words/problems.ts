import type { Language } from '#shared/ui/i18n.ts';
import type { ProblemWords } from './problem-words.ts';
import { problemsEn } from './problems-en.ts';
import { problemsJa } from './problems-ja.ts';

export const problems: Readonly<Record<Language, ProblemWords>> = { en: problemsEn, ja: problemsJa };
