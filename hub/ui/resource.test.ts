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
