import type { Language } from '#shared/ui/i18n.ts';
import { books } from './books.ts';
import { catalogue } from './catalogue.ts';
import { codes } from './codes.ts';
import { fleet } from './fleet.ts';
import { frame } from './frame.ts';
import { media } from './media.ts';
import { members } from './members.ts';
import { problems } from './problems.ts';
import { rentals } from './rentals.ts';
import { shell } from './shell.ts';
import { staff } from './staff.ts';
import { tariffs } from './tariffs.ts';

const both = (language: 'en' | 'ja') => ({
  shell: shell[language],
  frame: frame[language],
  problems: problems[language],
  codes: codes[language],
  fleet: fleet[language],
  rentals: rentals[language],
  media: media[language],
  members: members[language],
  catalogue: catalogue[language],
  tariffs: tariffs[language],
  books: books[language],
  staff: staff[language],
});
export type Words = ReturnType<typeof both>;

const WORDS: Readonly<Record<Language, Words>> = { en: both('en'), ja: both('ja'), de: both('en') };
/** All words of the console in one language; each room lies in a file of its own, both languages side by side, complete by type. */
export const wordsOf = (language: Language): Words => WORDS[language];
