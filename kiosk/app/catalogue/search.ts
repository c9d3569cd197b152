import type { TitleId } from '#shared/kernel/ids.ts';
import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';

/**
 * Search in the local bundle, also without the hub: every word must match the beginning of some word of the title; longer words forgive one
 * typing error; hiragana and katakana, wide and narrow letters, accents and case are one (CAT-2 in its local form).
 */
export interface SearchIndex {
  /** Titles that match all words, best first; every title when there is no word. */
  find(query: string): readonly TitleId[];
}

/** Words shorter than this must be typed right: one error would match nearly everything. */
const FORGIVING_FROM = 4;

interface Entry {
  readonly titleId: TitleId;
  readonly words: readonly { readonly text: string; readonly weight: number }[];
  readonly rank: number;
}

export function searchIndex(titles: readonly CatalogueTitle[]): SearchIndex {
  const entries: readonly Entry[] = titles.map((title) => ({
    titleId: title.titleId,
    rank: title.rentals30d,
    words: [
      ...[title.name.en, title.name.ja ?? '', title.name.de ?? ''].flatMap((text) => weighed(text, 4)),
      ...title.people.flatMap((person) => weighed(person.name, 2)),
      ...title.genres.flatMap((genre) => weighed(genre, 2)),
      ...weighed(String(title.year), 2),
      ...[title.description.en, title.description.ja ?? '', title.description.de ?? ''].flatMap((text) =>
        weighed(text, 1),
      ),
    ],
  }));
  return {
    find: (query) => {
      const wanted = wordsOf(query);
      return entries
        .map((entry) => ({ entry, score: scoreAll(entry, wanted) }))
        .filter((hit) => hit.score > 0 || wanted.length === 0)
        .sort((a, b) => b.score - a.score || b.entry.rank - a.entry.rank)
        .map((hit) => hit.entry.titleId);
    },
  };
}

const weighed = (text: string, weight: number) => wordsOf(text).map((word) => ({ text: word, weight }));

/** Folds spelling variants and cuts into words. Text without spaces (Japanese) is cut where the kind of script changes. */
export function wordsOf(text: string): readonly string[] {
  const folded = katakanaAsHiragana(
    text.normalize('NFKC').toLowerCase().replace(/['’]/g, '').replace(/ß/g, 'ss'),
  )
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC');
  return folded.match(/[\p{Script=Han}々]+|[\p{Script=Hiragana}ー]+|[\p{L}\p{N}]+/gu) ?? [];
}

const katakanaAsHiragana = (text: string): string =>
  text.replace(/[\u30a1-\u30f6]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0x60));

function scoreAll(entry: Entry, wanted: readonly string[]): number {
  let total = 0;
  for (const word of wanted) {
    let best = 0;
    for (const own of entry.words) best = Math.max(best, match(word, own.text) * own.weight);
    if (best === 0) return 0;
    total += best;
  }
  return total;
}

/** 3 the word itself, 2 its beginning (in Japanese: any part of it), 1 with one error, 0 not at all. */
function match(wanted: string, own: string): number {
  if (own === wanted) return 3;
  if (own.startsWith(wanted)) return 2;
  const japanese = /[\p{Script=Han}\p{Script=Hiragana}]/u.test(wanted);
  if (japanese && own.includes(wanted)) return 2;
  if (wanted.length < FORGIVING_FROM) return 0;
  for (const length of [wanted.length - 1, wanted.length, wanted.length + 1]) {
    if (length <= own.length && oneErrorApart(wanted, own.slice(0, length))) return 1;
  }
  return 0;
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
