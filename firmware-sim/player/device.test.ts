import { expect, test } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { openDevice } from './device.ts';
import { memoryFiles } from './files.ts';

const NOW = epochMs(Date.UTC(2026, 10, 22));
const copy = (n: number): CopyId => `019b7800-0000-7000-8000-${String(n).padStart(12, '0')}` as CopyId;

test('PLY-1, LIC-2: what a player remembers of copies, their first use and where they were left, has an end: the oldest of 4,096 go', async () => {
  const files = memoryFiles();
  const open = () => openDevice(files, simulatedClock(NOW), seededRandom('device'), 'home');
  await open();
  const memory = JSON.parse((await files.read('player.json')) ?? '') as Record<string, unknown>;
  const all = Object.fromEntries(Array.from({ length: 4_096 }, (_, n) => [copy(n), n + 1]));
  await files.replace('player.json', JSON.stringify({ ...memory, firstUse: all, positions: all }));
  const device = await open();
  await device.markUsed(copy(5), NOW);
  await device.rememberPosition(copy(0), 77);
  expect([device.firstUse(copy(0)), device.firstUse(copy(5)), device.position(copy(1))]).toEqual([1, 6, 2]);
  await device.markUsed(copy(4_096), NOW);
  await device.rememberPosition(copy(4_096), 88);
  const again = await open();
  expect([0, 1, 5, 4_096].map((n) => again.firstUse(copy(n)))).toEqual([null, 2, 6, NOW]);
  expect([0, 1, 2, 4_096].map((n) => again.position(copy(n)))).toEqual([77, 0, 3, 88]);
});
