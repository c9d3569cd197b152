import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aTitle, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { oneErrorApart, searchIndex } from './search.ts';

const TITLES = [
  aTitle(1, {
    name: { en: 'The Keeper’s Letter', ja: '灯台守の手紙', kana: 'とうだいもりのてがみ' },
    people: [{ role: 'director', name: 'Renée Özkan' }],
  }),
  aTitle(2, { name: { en: 'Tide Tables', ja: 'シオノメ' }, kind: 'music', genres: ['piano'] }),
  aTitle(3, { name: { en: 'Letters from the Tide' }, year: 1998 }),
  aTitle(4, { name: { en: 'Seven Keys', ja: '七つの鍵', de: 'Sieben Schlüssel', kana: 'ななつのかぎ' } }),
  aTitle(5, { name: { en: 'Night Tram 9', ja: '夜の九番電車', kana: 'よるのきゅうばんでんしゃ' } }),
  aTitle(6, { name: { en: 'Orbit for Two', ja: 'スーパーオービット', kana: 'すーぱーおーびっと' } }),
];
const index = searchIndex(TITLES);
const find = (query: string) =>
  index.find(query).map((id) => TITLES.findIndex((one) => one.titleId === id) + 1);

describe('search at the kiosk', () => {
  it.each([
    ['letter', [1, 3], 'beginnings of words'],
    ['keep lett', [1], 'all words must match'],
    ['tide letter', [3], 'in any order'],
    ['kepers', [1], 'one letter missing'],
    ['lettre', [1, 3], 'two letters swapped'],
    ['tabels', [2], 'swapped in another word'],
    ['renee ozkan', [1], 'accents do not matter'],
    ['灯台', [1], 'Japanese'],
    ['手紙', [1], 'a later part of a Japanese name'],
    ['しおの', [2], 'hiragana finds katakana'],
    ['ｼｵﾉﾒ', [2], 'narrow katakana'],
    ['ＴＩＤＥ　ｔａｂ', [2], 'wide letters'],
    ['shionome', [2], 'romaji, Hepburn'],
    ['sionome', [2], 'romaji, Kunrei'],
    ['toudai', [1], 'romaji of a reading'],
    ['tōdai', [1], 'a long vowel with its stroke'],
    ['todaimori', [1], 'a long vowel typed short'],
    ['とだいもり', [1], 'a long vowel left out in kana'],
    ['てかみ', [1], 'kana without their marks'],
    ['kyuuban', [5], 'small kana in romaji'],
    ['きゆうばん', [5], 'small kana typed large'],
    ['すうぱあ', [6], 'a long vowel as a vowel'],
    ['オビット', [6], 'a long vowel left out in katakana'],
    ['7 keys', [4], 'a digit for a number word'],
    ['night tram nine', [5], 'a number word for a digit'],
    ['９', [5], 'a wide digit'],
    ['schluessel', [4], 'an umlaut as two letters'],
    ['schlüssel', [4], 'an umlaut'],
    ['schlussel', [4], 'an umlaut without its dots'],
    ['nighttram', [5], 'a space left out'],
    ['night tra m', [5], 'a space too many'],
    ['1998', [3], 'the year'],
    ['ピアノ', [2], 'an English genre by its sound'],
    ['tid xyz', [], 'one word without a match is enough to fail'],
    ['zzzz', [], 'nothing'],
  ])('CAT-2, SCR-1: %s finds %j (%s)', (query, expected) => {
    expect([...find(query)].sort()).toEqual(expected);
  });

  it('CAT-2: an exact name stands before a mere beginning', () => {
    expect(find('letters')[0]).toBe(3);
    expect(find('tide')).toEqual([2, 3]);
  });

  it('CAT-2: one error is forgiven, two are not', () => {
    expect(oneErrorApart('harbor', 'harbour')).toBe(true);
    expect(oneErrorApart('harbour', 'hrabour')).toBe(true);
    expect(oneErrorApart('harbour', 'hrabuor')).toBe(false);
  });

  /** One error as fingers make it, somewhere in the text. */
  const mistyped = (text: string, at: number, how: number, key: string): string => {
    const signs = [...text];
    const here = at % signs.length;
    if (how === 0) signs.splice(here, 1);
    else if (how === 1) signs.splice(here, 1, key);
    else if (how === 2) signs.splice(here, 0, key);
    else signs.splice(here, 2, ...signs.slice(here, here + 2).reverse());
    return signs.join('');
  };
  const slip = (keys: string) =>
    fc.record({ at: fc.nat(40), how: fc.nat(3), key: fc.constantFrom(...keys), more: fc.nat(8) });

  it('CAT-2, SCR-1: any title is found by its first letters with one typing error, in Latin letters', () => {
    const named = TITLES.map((title) => ({ title, name: title.name.en }));
    fc.assert(
      fc.property(
        fc.constantFrom(...named),
        slip('etaoinsrhldcum'),
        ({ title, name }, { at, how, key, more }) => {
          const typed = mistyped(name.toLowerCase().slice(0, 6 + more), at, how, key);
          expect(index.find(typed)).toContain(title.titleId);
        },
      ),
    );
  });

  it('CAT-2, SCR-1: any title is found by its first kana with one typing error', () => {
    const named = TITLES.flatMap((title) =>
      title.name.kana === undefined ? [] : [{ title, name: title.name.kana }],
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...named),
        slip('いうかしたんのると'),
        ({ title, name }, { at, how, key, more }) => {
          const typed = mistyped(name.slice(0, 8 + more), at, how, key);
          expect(index.find(typed)).toContain(title.titleId);
        },
      ),
    );
  });

  it('SCR-1: among many titles the right one comes first, and all that match are found', () => {
    const many = searchIndex(
      Array.from({ length: 300 }, (_, at) =>
        aTitle(at, { name: { en: `The Harbour of Lamps ${at}`, ja: `港の灯り${at}` } }),
      ),
    );
    expect(many.find('harbuor 277')[0]).toBe(titleIdAt(277));
    expect(many.find('lam')).toHaveLength(300);
  });
});
