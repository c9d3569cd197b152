import { expect, it } from 'vitest';
import { LEASE, RENEWAL } from '#hub/mqtt/leases.ts';
import { reconnectAfter } from './engine.ts';

it('OPS-5: a lost connection to the database is tried again soon, and however long the database was away, well within a lease', () => {
  const waits = Array.from({ length: 200 }, (_, failures) => reconnectAfter(failures));
  expect(waits[0]).toBeGreaterThan(0);
  expect([...waits].sort((a, b) => a - b)).toEqual(waits);
  expect(1000 * Math.max(...waits)).toBeLessThan(LEASE - 2 * RENEWAL);
});
