import type { TitleRow } from '#hub/ports/rows/index.ts';

/** A language in which staff read. */
export type ReaderLanguage = 'en' | 'ja' | 'de';

/** A title's name for a reader (SCR-5): in their language, else in English. */
export const titleNameIn = (name: TitleRow['name'], language: ReaderLanguage): string =>
  name[language] ?? name.en;
