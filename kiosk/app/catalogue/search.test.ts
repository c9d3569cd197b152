import { describe, expect, it } from 'vitest';
import { aTitle, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { oneErrorApart, searchIndex } from './search.ts';

const index = searchIndex([
  aTitle(1, {
    name: { en: 'The Keeper’s Letter', ja: '灯台守の手紙' },
    people: [{ role: 'director', name: 'Renée Özkan' }],
  }),
  aTitle(2, { name: { en: 'Tide Tables', ja: 'シオノメ' }, kind: 'music', genres: ['piano'] }),
  aTitle(3, { name: { en: 'Letters from the Tide' }, year: 1998 }),
]);
const find = (query: string) => index.find(query).map((id) => [1, 2, 3].find((at) => titleIdAt(at) === id));

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
    ['1998', [3], 'the year'],
    ['ピアノ', [], 'nothing'],
    ['tid xyz', [], 'one word without a match is enough to fail'],
  ])('CAT-2: %s finds %j (%s)', (query, expected) => {
    expect([...find(query)].sort()).toEqual(expected);
  });

  it('CAT-2: an exact name stands before a mere beginning', () => {
    expect(find('tide')[0]).toBeDefined();
    expect(find('letters')[0]).toBe(3);
  });

  it('CAT-2: one error is forgiven, two are not', () => {
    expect(oneErrorApart('harbor', 'harbour')).toBe(true);
    expect(oneErrorApart('harbour', 'hrabour')).toBe(true);
    expect(oneErrorApart('harbour', 'hrabuor')).toBe(false);
  });
});
