import { expect, test } from 'vitest';
import { holdSeeds } from './hold-seeds.ts';

test('SYN-2: days of rentals under faults end in the books that they should, and a seed twice is the same run', async () => {
  const reports = await holdSeeds(['5', '4', '5']);
  expect(reports[0]?.hash).toBe(reports[2]?.hash);
  expect(reports[1]?.hash).not.toBe(reports[2]?.hash);
});
