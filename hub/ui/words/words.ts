import type { Language } from '#shared/ui/i18n.ts';
import { books } from './books.ts';
import { catalogue } from './catalogue.ts';
import { codes } from './codes.ts';
import { booksDe } from './de/books.ts';
import { catalogueDe } from './de/catalogue.ts';
import { codesDe } from './de/codes.ts';
import { fleetDe } from './de/fleet.ts';
import { mediaDe } from './de/media.ts';
import { membersDe } from './de/members.ts';
import { problemsDe } from './de/problems.ts';
import { rentalsDe } from './de/rentals.ts';
import { shellDe } from './de/shell.ts';
import { staffDe } from './de/staff.ts';
import { tariffsDe } from './de/tariffs.ts';
import { figures } from './figures.ts';
import { fleet } from './fleet.ts';
import { frame } from './frame.ts';
import { lists } from './lists.ts';
import { media } from './media.ts';
import { members } from './members.ts';
import { problems } from './problems.ts';
import { rentals } from './rentals.ts';
import { shell } from './shell.ts';
import { shops } from './shops.ts';
import { staff } from './staff.ts';
import { tariffs } from './tariffs.ts';

const both = (language: 'en' | 'ja') => ({
  shell: shell[language],
  frame: frame[language],
  figures: figures[language],
  shops: shops[language],
  lists: lists[language],
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

const german: Words = {
  shell: shellDe,
  books: booksDe,
  media: mediaDe,
  tariffs: tariffsDe,
  rentals: rentalsDe,
  fleet: fleetDe,
  catalogue: catalogueDe,
  members: membersDe,
  staff: staffDe,
  codes: codesDe,
  problems: problemsDe,
  frame: frame.de,
  figures: figures.de,
  shops: shops.de,
  lists: lists.de,
};

const WORDS: Readonly<Record<Language, Words>> = { en: both('en'), ja: both('ja'), de: german };
/** All words of the console in one language; each room lies in a file of its own, German in `de/`, complete by type. */
export const wordsOf = (language: Language): Words => WORDS[language];
