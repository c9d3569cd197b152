import { describe, expect, test } from 'vitest';
import type { TitleId } from '#shared/kernel/ids.ts';
import { TitleIndex } from './title-index.ts';

const TITLES: Readonly<Record<string, readonly [names: readonly string[], others: readonly string[]]>> = {
  ferry: [
    ['The Quiet Ferry', 'Die stille Fähre'],
    ['Ada Palmer', 'Drama', '1999'],
  ],
  trains: [['Quiet Trains'], ['Bo Ferris', 'Documentary', '2003']],
  quiet: [['Quiet'], ['Cleo Vance', 'Thriller', '2010']],
  tram: [
    ['夜の電車', 'よるのでんしゃ', 'Night Tram'],
    ['高橋 美咲', 'Drama', '2001'],
  ],
  seven: [['Seven Keys'], ['Ada Lowe', 'Crime', '1987']],
};
const idOf = (name: string): TitleId => name as TitleId;
function filled(): TitleIndex {
  const index = new TitleIndex();
  for (const [name, [names, others]] of Object.entries(TITLES))
    index.put({ titleId: idOf(name), names, others });
  index.settle();
  return index;
}
const found = (question: string, index = filled()) => index.find(question, 10).titleIds;

describe('titles by words', () => {
  test.each<[string, readonly string[]]>([
    ['quiet', ['quiet', 'trains', 'ferry']],
    ['quiet ferry', ['ferry']],
    ['qui fer', ['ferry', 'trains']],
    ['FERRY ada', ['ferry']],
    ['ada 1987', ['seven']],
    ['stille fahre', ['ferry']],
    ['faehre', ['ferry']],
    ['7 keys', ['seven']],
    ['電', ['tram']],
    ['yorunodensha', ['tram']],
    ['ヨルノ', ['tram']],
    ['nothing is called so', []],
    ['quiet submarine', []],
    ['…', []],
  ])('CAT-2: %s finds what has all its words, also their beginnings, best first', (question, expected) => {
    expect(found(question)).toEqual(expected);
  });

  test.each(['quiet fery', 'quiet ferrry', 'quiet ferru', 'quiet frery', 'qiuet ferry', 'wuiet ferry'])(
    'CAT-2: %s is the quiet ferry with one typing error',
    (question) => expect(found(question)).toContain('ferry'),
  );

  test('CAT-2: two errors in a word are too many, and a short word must be right', () => {
    expect(found('quiet fxrxy')).toEqual([]);
    expect(found('xda')).toEqual([]);
  });

  test('CAT-2: what is typed right is not mixed with what is nearly so', () => {
    const index = filled();
    index.put({ titleId: idOf('quilt'), names: ['The Quilt'], others: [] });
    expect(found('quilt', index)).toEqual(['quilt']);
    expect(found('quiet', index)).not.toContain('quilt');
  });

  test('CAT-2: a changed title is found by its new words only, before and after it is sorted in; an unchanged one stays where it is', () => {
    const index = filled();
    const bytes = index.bytes;
    const [names, others] = TITLES.ferry ?? [[], []];
    for (let time = 0; time < 3; time += 1) index.put({ titleId: idOf('ferry'), names, others });
    expect([index.size, index.bytes]).toEqual([5, bytes]);
    index.put({ titleId: idOf('ferry'), names: ['Loud Harbour'], others });
    expect([found('ferry', index), found('loud', index)]).toEqual([['trains'], ['ferry']]);
    for (let n = 0; n < 10_000; n += 1)
      index.put({ titleId: idOf(`more-${n}`), names: [`Zebra ${n}`], others: [] });
    index.settle();
    expect([found('loud', index), found('zebra 4711', index)]).toEqual([['ferry'], ['more-4711']]);
    // Each is changed twice: those that are gone are more than those that are there, and are dropped.
    for (const name of ['Yak', 'Xerus'])
      for (let n = 0; n < 10_000; n += 1)
        index.put({ titleId: idOf(`more-${n}`), names: [`${name} ${n}`], others: [] });
    index.settle();
    expect(index.size).toBe(10_005);
    expect([found('zebra', index), found('xerus 4711', index)]).toEqual([[], ['more-4711']]);
  });

  test('CAT-2, OPS-1: words that no title has any more are forgotten, however often titles are called anew', () => {
    const index = filled();
    for (const round of ['Gnu', 'Newt', 'Wren', 'Yak', 'Xerus', 'Zebra']) {
      for (let n = 0; n < 5_000; n += 1)
        index.put({ titleId: idOf(`more-${n}`), names: [`${round}x${n}`], others: [] });
      index.settle();
      expect(index.terms).toBeLessThan(11_000);
    }
    expect([found('zebrax4711', index), found('xerusx4711', index)]).toEqual([['more-4711'], []]);
    expect(found('qui fer', index)).toEqual(['ferry', 'trains']);
  });

  test('CAT-2: of words that very many titles have, enough are found and it is said that there are more', () => {
    const index = filled();
    for (let n = 0; n < 50_000; n += 1)
      index.put({ titleId: idOf(`one-${n}`), names: [`Zebra ${n}`], others: [] });
    index.settle();
    const { titleIds, more } = index.find('zeb', 10);
    expect([titleIds.length, more]).toEqual([10, true]);
    expect(index.find('zebra 49999 quiet', 10)).toMatchObject({ count: 0, more: false });
  });

  test('CAT-2: agrees with looking at each title by itself', () => {
    const letters = 'abcde';
    const word = (n: number): string =>
      Array.from({ length: 2 + (n % 4) }, (_, at) => letters[Math.floor(n / 3 ** at) % 5]).join('');
    const index = new TitleIndex();
    const all = Array.from({ length: 400 }, (_, n) => ({
      titleId: idOf(`t${n}`),
      names: [`${word(n * 7)} ${word(n * 13)}`],
      others: [word(n * 29)],
    }));
    for (const [n, title] of all.entries()) {
      index.put(title);
      if (n === 300) index.settle();
    }
    for (let n = 0; n < 300; n += 1) {
      const question = [word(n * 11).slice(0, 1 + (n % 4)), word(n * 17).slice(0, 1 + (n % 3))];
      const plainly = all.filter(({ names: [name = ''], others: [other = ''] }) =>
        question.every((wanted) => `${name} ${other}`.split(' ').some((own) => own.startsWith(wanted))),
      );
      if (plainly.length === 0) continue;
      const got = index.find(question.join(' '), 1000);
      expect(got.titleIds.toSorted(), question.join(' ')).toEqual(
        plainly.map(({ titleId }) => titleId).toSorted(),
      );
      expect(got.count).toBe(plainly.length);
    }
  });
});
