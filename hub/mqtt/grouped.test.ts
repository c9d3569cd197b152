import { expect, it } from 'vitest';
import { DatabaseTrouble } from '#hub/ports/database.ts';
import { grouped } from './grouped.ts';

/** What is written waits until the test lets it go; every group is noted. Of `bad` the database wants nothing, with `away` it is away. */
function world() {
  const written: string[][] = [];
  const held: (() => void)[] = [];
  const inGroups = grouped<string, string>(async (items) => {
    written.push([...items]);
    await new Promise<void>((resolve) => held.push(resolve));
    for (const item of ['away', 'bad'])
      if (items.includes(item)) throw new DatabaseTrouble('22003', item === 'away', item, null, null);
    return items.map((item) => `${item} taken`);
  });
  const take = (item: string) => inGroups(item).catch((error: Error) => error.message);
  /** Lets the group that is written go, and the next one begin. */
  const next = async (): Promise<void> => {
    held.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { written, take, next };
}
it('FLT-1, PR-6: what comes while a group is written goes into the next one, in the order it came, and each gets its own answer', async () => {
  const { written, take, next } = world();
  const all = ['a', 'b', 'c'].map(take);
  expect(written).toEqual([['a']]);
  await next();
  expect(written).toEqual([['a'], ['b', 'c']]);
  all.push(take('d'));
  await next();
  expect(written).toEqual([['a'], ['b', 'c'], ['d']]);
  await next();
  expect(await Promise.all(all)).toEqual(['a taken', 'b taken', 'c taken', 'd taken']);
  // Nobody waits any more: the next one is written at once.
  const last = take('e');
  expect(written.at(-1)).toEqual(['e']);
  await next();
  expect(await last).toBe('e taken');
});

it('FLT-1: a group has two hundred at most; the last of them and the first of the next are both written, once', async () => {
  const { written, take, next } = world();
  const all = Array.from({ length: 402 }, (_, at) => take(String(at)));
  for (let turn = 0; turn < 4; turn += 1) await next();
  expect(written.map(({ length }) => length)).toEqual([1, 200, 200, 1]);
  expect(written.flat()).toEqual(Array.from({ length: 402 }, (_, at) => String(at)));
  expect((await Promise.all(all)).at(-1)).toBe('401 taken');
});

it('FLT-1, SYN-3: of a group that the database refuses each is tried alone, once, and those who come meanwhile wait behind; one that is refused alone is told so', async () => {
  const { written, take, next } = world();
  const all = ['bad', 'a', 'bad', 'b'].map(take);
  await next();
  all.push(take('late'));
  await next();
  expect(written).toEqual([['bad'], ['a', 'bad', 'b'], ['a']]);
  for (let turn = 0; turn < 4; turn += 1) await next();
  expect(written).toEqual([['bad'], ['a', 'bad', 'b'], ['a'], ['bad'], ['b'], ['late']]);
  expect(await Promise.all(all)).toEqual(['bad', 'a taken', 'bad', 'b taken', 'late taken']);
  // A group of two is one.
  const two = ['first', 'bad', 'c'].map(take);
  for (let turn = 0; turn < 4; turn += 1) await next();
  expect(await Promise.all(two)).toEqual(['first taken', 'bad', 'c taken']);
});

it('FLT-1, SYN-3: while the database is away all of a group are told so at once, and the next group is tried', async () => {
  const { written, take, next } = world();
  const all = ['a', 'b', 'away'].map(take);
  await next();
  all.push(take('c'));
  await next();
  await next();
  expect(written).toEqual([['a'], ['b', 'away'], ['c']]);
  expect(await Promise.all(all)).toEqual(['a taken', 'away', 'away', 'c taken']);
});
