import { expect, it } from 'vitest';
import { ok } from '#shared/kernel/result.ts';
import { Resource } from './resource.svelte.ts';

/** Something read whose questions the test answers, one by one. */
function aResource() {
  const asked: ((value: string) => void)[] = [];
  const read = new Resource<string>(
    () =>
      new Promise((resolve) => {
        asked.push((value) => resolve(ok(value)));
      }),
  );
  const answer = async (at: number, value: string): Promise<void> => {
    asked[at]?.(value);
    await new Promise((done) => setImmediate(done));
  };
  return { read, asked, answer };
}

it('SCR-4: what a change answered stays; what was being read meanwhile may be from before it, and is read again', async () => {
  const { read, asked, answer } = aResource();
  void read.read();
  await answer(0, 'before');
  void read.read();
  read.put('changed');
  expect(asked).toHaveLength(3);
  await answer(1, 'before');
  expect(read.value).toBe('changed');
  await answer(2, 'changed and more');
  expect(read.value).toBe('changed and more');
});

it('SCR-4: nothing is asked for again where nothing is being read', async () => {
  const { read, asked, answer } = aResource();
  void read.read();
  await answer(0, 'before');
  read.put('changed');
  expect([read.value, asked.length]).toEqual(['changed', 1]);
});

it('SCR-4, FLT-1: a hub that answers slower than its fleet changes is heard all the same, and asked once at a time', async () => {
  const { read, asked, answer } = aResource();
  void read.read();
  for (const change of [1, 2, 3]) {
    read.refresh();
    read.refresh();
    expect(asked).toHaveLength(change);
    await answer(change - 1, `as of ${change}`);
    expect(read.value).toBe(`as of ${change}`);
  }
  // The last change came before the last answer: it may not be in it.
  expect(asked).toHaveLength(4);
  await answer(3, 'with the last change');
  expect([read.value, asked.length]).toEqual(['with the last change', 4]);
});

it('SCR-4: another question is asked at once, and the answer to the one before is not heard', async () => {
  const { read, asked, answer } = aResource();
  void read.read();
  read.refresh();
  void read.read();
  expect(asked).toHaveLength(2);
  await answer(0, 'of another page');
  expect(read.value).toBe(null);
  await answer(1, 'of this one');
  expect([read.value, asked.length]).toEqual(['of this one', 2]);
});
