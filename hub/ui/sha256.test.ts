import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashFile, Sha256 } from './sha256.ts';

const judge = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const sample = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

test('CNT-1: the console computes the SHA-256 that node computes, for every length around the block size', () => {
  for (let length = 0; length <= 200; length += 1) {
    const hash = new Sha256();
    hash.update(sample(length));
    expect(hash.digest()).toBe(judge(sample(length)));
  }
});

test('CNT-1: the same bytes in any pieces have the same SHA-256', () => {
  const data = sample(10_000);
  for (const piece of [1, 7, 63, 64, 65, 1000]) {
    const hash = new Sha256();
    for (let at = 0; at < data.length; at += piece) hash.update(data.subarray(at, at + piece));
    expect(hash.digest()).toBe(judge(data));
  }
});

test('CNT-1: a file is hashed piece by piece, tells how far it is, and stops when asked', async () => {
  const data = sample(9_000_001);
  const seen: number[] = [];
  const file = new Blob([new Uint8Array(data)]);
  expect(await hashFile(file, (bytes) => seen.push(bytes), new AbortController().signal)).toBe(judge(data));
  expect(seen).toEqual([4_194_304, 8_388_608, 9_000_001]);
  expect(await hashFile(file, () => {}, AbortSignal.abort())).toBe(null);
});
