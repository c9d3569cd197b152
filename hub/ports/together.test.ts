import { expect, test } from 'vitest';
import { together } from './together.ts';

test('SYN-3: calls of one transaction fail together when all of them have ended, so that none goes on behind a savepoint', async () => {
  const ended: string[] = [];
  const slow = async (): Promise<number> => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    ended.push('slow');
    return 1;
  };
  await expect(together([Promise.reject(new Error('first')), slow()])).rejects.toThrow('first');
  expect(ended).toEqual(['slow']);
  expect(await together([slow(), Promise.resolve('two')])).toEqual([1, 'two']);
});
