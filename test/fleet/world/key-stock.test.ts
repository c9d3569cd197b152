import type { KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { beginKeyStock, restKeyStock, rsaPair } from './key-stock.ts';

const text = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const keys = (count: number): readonly string[] =>
  Array.from({ length: count }, () => text(rsaPair(512).privateKey));

test('MS-4: nobody in a world has a key of somebody else there, and a world after it has the same keys in the same order', () => {
  const fixture = keys(2);
  beginKeyStock();
  const first = keys(2);
  beginKeyStock();
  const second = keys(3);
  expect(second.slice(0, 2)).toEqual(first);
  restKeyStock();
  expect(new Set([...fixture, ...second, ...keys(1)]).size).toBe(6);
});
