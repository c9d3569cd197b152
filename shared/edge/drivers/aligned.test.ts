import type { FileHandle } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { BLOCK, giveAligned, readDirect, takeAligned } from './aligned.ts';

/** A file whose bytes tell their place, read as a device reads: whole blocks into the window it is given. */
const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at % 251) + 1));
const windows: Buffer[] = [];
const file = {
  read: async (into: Buffer, start: number, length: number, at: number) => {
    windows.push(into);
    expect([start, length % BLOCK, at % BLOCK]).toEqual([0, 0, 0]);
    return { bytesRead: bytes.copy(into, start, at, at + length), buffer: into };
  },
} as unknown as FileHandle;

it('RNT-2: an aligned buffer is used again once it is given back, and by nobody else before', () => {
  const first = takeAligned(65_536 * 3);
  const other = takeAligned(65_536 * 3);
  expect(other).not.toBe(first);
  giveAligned(first);
  expect(takeAligned(65_536 * 3)).toBe(first);
  expect(takeAligned(65_536)).toHaveLength(65_536);
});

it('RNT-2: through windows of whole blocks any range comes as it stands in the file', async () => {
  for (const [offset, length] of [
    [0, 1],
    [4095, 2],
    [5000, 65_552],
    [70_000, 131_072],
    [399_990, 100],
  ] as const) {
    const into = new Uint8Array(length);
    const there = Math.min(length, bytes.length - offset);
    expect(await readDirect(file, offset, into)).toBe(there);
    expect(Buffer.compare(into.subarray(0, there), bytes.subarray(offset, offset + there))).toBe(0);
  }
});

it('RET-3: what is as short as a key does not stay in memory behind a read', async () => {
  windows.length = 0;
  await readDirect(file, 10_000, new Uint8Array(512));
  expect(windows).toHaveLength(1);
  expect(windows[0]?.subarray(0, 3 * BLOCK).every((byte) => byte === 0)).toBe(true);
});
