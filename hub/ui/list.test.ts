import { expect, it } from 'vitest';
import { ok } from '#shared/kernel/result.ts';
import { type ListPage, LongList } from './list.svelte.ts';

type Answered = (page: ListPage<string>) => void;

/** A list whose questions the test answers, one by one. */
function aList() {
  const asked: { readonly cursor: string | null; readonly answer: Answered }[] = [];
  const list = new LongList<string>(
    (cursor) =>
      new Promise((resolve) => {
        asked.push({ cursor, answer: (page) => resolve(ok(page)) });
      }),
    (row) => row,
  );
  const answer = async (items: readonly string[], next: string | null = null): Promise<void> => {
    asked.shift()?.answer({ items, next });
    await new Promise((done) => setImmediate(done));
  };
  return { list, asked, answer };
}

it('SCR-4: news that come while a list is being read have it read once more: the answer under way may be older', async () => {
  const { list, asked, answer } = aList();
  void list.restart();
  await answer(['one', 'two']);
  void list.refresh(0, 1);
  void list.refresh(0, 1);
  void list.refresh(0, 1);
  expect(asked).toHaveLength(1);
  await answer(['one', 'two']);
  expect([list.rows, list.busy, asked.length]).toEqual([['one', 'two'], true, 1]);
  await answer(['two']);
  expect([list.rows, list.busy, asked.length]).toEqual([['two'], false, 0]);
});

it('SCR-4: also while its first rows, or rows further down, are being read', async () => {
  const { list, asked, answer } = aList();
  void list.restart();
  void list.refresh(0, 0);
  await answer(['one'], 'more');
  await answer(['two'], 'more');
  expect(list.rows).toEqual(['two']);
  void list.more();
  void list.refresh(0, 0);
  expect(asked.map(({ cursor }) => cursor)).toEqual(['more']);
  await answer(['three']);
  expect(asked.map(({ cursor }) => cursor)).toEqual([null]);
  await answer(['two and a half'], 'more');
  expect([list.rows, list.busy]).toEqual([['two and a half', 'three'], false]);
});
