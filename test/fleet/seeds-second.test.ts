import { test } from 'vitest';
import { holdSeeds } from './hold-seeds.ts';

test('SYN-2: days of rentals under faults end in the books that they should, whatever was lost, repeated, cut or killed', async () => {
  await holdSeeds(['3']);
});
