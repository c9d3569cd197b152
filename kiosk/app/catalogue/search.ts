import { alsoCalled, type FoldedWord, runOf, umlautless, wordsOf } from '#shared/domain/folding.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';
import { genreName } from '#shared/ui/genres.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';

/**
 * Search in the local bundle, also without the hub (CAT-2 in its local form): every word must match the beginning of some word of the title, or
 * all of what was typed the beginning of its name with the spaces anywhere. Longer words forgive one typing error. Kana, romaji in any
 * spelling, long vowels, wide and narrow letters, accents, case and numbers in words are one (`folding.ts`).
 */
export interface SearchIndex {
  /** Titles that match all words, best first; every title when there is no word. */
  find(query: string): readonly TitleId[];
}

/** Words shorter than this must be typed right: one error would match nearly everything. A kana is two letters' worth. */
const FORGIVING_FROM = { latin: 4, kana: 3, han: 3 } as const;
const NAME = 4;
const PERSON = 2;
const TEXT = 1;

interface Own {
  readonly word: FoldedWord;
  readonly weight: number;
  /** Descriptions are long: an error forgiven there finds everything. */
  readonly forgiving: boolean;
}
interface Entry {
  readonly titleId: TitleId;
  readonly words: readonly Own[];
  readonly names: readonly FoldedWord[];
  readonly rank: number;
}

export function searchIndex(titles: readonly CatalogueTitle[]): SearchIndex {
  const entries = titles.map(entryOf);
  return {
    find: (query) => {
      const wanted = wordsOf(query);
      const run = runOf(query);
      return entries
        .map((entry) => ({ entry, score: Math.max(scoreWords(entry, wanted), scoreRun(entry, run)) }))
        .filter((hit) => hit.score > 0 || wanted.length === 0)
        .sort((a, b) => b.score - a.score || b.entry.rank - a.entry.rank)
        .map((hit) => hit.entry.titleId);
    },
  };
}

function entryOf(title: CatalogueTitle): Entry {
  const { en, ja, de, kana } = title.name;
  const names = [en, ja, de, kana].filter((name) => name !== undefined && name !== '') as string[];
  const spelt = [...new Set(names.flatMap((name) => [name, umlautless(name)]))];
  const weighed = (text: string, weight: number, forgiving = true): readonly Own[] =>
    wordsOf(text)
      .flatMap((word) => [word, ...alsoCalled(word)])
      .map((word) => ({ word, weight, forgiving }));
  return {
    titleId: title.titleId,
    rank: title.rentals30d,
    names: spelt.map(runOf),
    words: [
      ...spelt.flatMap((name) => weighed(name, NAME)),
      ...title.people.flatMap((person) => weighed(person.name, PERSON)),
      ...title.genres.flatMap((genre) =>
        [...new Set(LANGUAGES.map((language) => genreName(genre, language)))].flatMap((name) =>
          weighed(name, PERSON),
        ),
      ),
      ...weighed(String(title.year), PERSON),
      ...[title.description.en, title.description.ja ?? '', title.description.de ?? ''].flatMap((text) =>
        weighed(text, TEXT, false),
      ),
    ],
  };
}

function scoreWords(entry: Entry, wanted: readonly FoldedWord[]): number {
  let total = 0;
  for (const word of wanted) {
    let best = 0;
    for (const own of entry.words) {
      if (best >= 3 * own.weight) continue;
      best = Math.max(best, match(word, own.word, own.forgiving) * own.weight);
    }
    if (best === 0) return 0;
    total += best;
  }
  return total;
}

/** The name from its first letter on, however it was cut into words. */
function scoreRun(entry: Entry, run: FoldedWord): number {
  if (run.text.length < 3) return 0;
  return NAME * Math.max(0, ...entry.names.map((name) => match(run, name, true)));
}

/** 3 the word itself, 2 its beginning (in Japanese: any part of it), 1 with one error, 0 not at all. */
function match(wanted: FoldedWord, own: FoldedWord, forgiving: boolean): number {
  if (own.text === wanted.text) return 3;
  if (own.text.startsWith(wanted.text)) return 2;
  if (wanted.script !== 'latin' && own.text.includes(wanted.text)) return 2;
  const heard =
    (wanted.script === 'kana' || own.script === 'kana') && wanted.sound !== null && own.sound !== null;
  if (heard && wanted.sound.length >= 2) {
    // A reading has no spaces: what is looked for may stand anywhere in it.
    if (wanted.sound.length >= 4 ? own.sound.includes(wanted.sound) : own.sound.startsWith(wanted.sound))
      return 2;
    if (forgiving && wanted.text.length >= FORGIVING_FROM[wanted.script] && nearly(wanted.sound, own.sound))
      return 1;
  }
  return forgiving && wanted.text.length >= FORGIVING_FROM[wanted.script] && nearly(wanted.text, own.text)
    ? 1
    : 0;
}

/** The beginning of `own` is `wanted` but for one error. */
function nearly(wanted: string, own: string): boolean {
  for (const length of [wanted.length - 1, wanted.length, wanted.length + 1])
    if (length <= own.length && oneErrorApart(wanted, own.slice(0, length))) return true;
  return false;
}

/** At most one letter wrong, missing, too many, or two neighbours swapped. */
export function oneErrorApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  const restA = a.slice(at);
  const restB = b.slice(at);
  if (restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1)) return true;
  return restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
}
