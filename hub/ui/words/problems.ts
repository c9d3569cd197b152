import type { ProblemWords } from './problem-words.ts';
import { problemsEn } from './problems-en.ts';
import { problemsJa } from './problems-ja.ts';

export const problems: Readonly<Record<'en' | 'ja', ProblemWords>> = {
  en: problemsEn,
  ja: problemsJa,
};
