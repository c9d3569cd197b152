import { expect, test } from 'vitest';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { Endless, machineClock, WorldTime } from './time.ts';

const HOUR = 3_600_000;

test('SYN-2: a world that stands still for somebody who never comes up ends, and says so', async () => {
  const time = new WorldTime(epochMs(0), 1, 20);
  void time.standing(() => new Promise(() => {}));
  await expect(time.run(epochMs(HOUR))).rejects.toThrow(Endless);
});

test('SYN-2: a world in which somebody never stops ends, and one that goes on is heard of each hour', async () => {
  const time = new WorldTime(epochMs(0), 1);
  let hours = 0;
  time.eachHour(() => {
    hours += 1;
  });
  const clock = machineClock(time);
  const again = (every: number): void => void clock.after(milliseconds(every), () => again(every));
  again(HOUR / 2);
  await time.run(epochMs(10 * HOUR));
  expect(hours).toBe(10);
  again(1);
  await expect(time.run(epochMs(20 * HOUR))).rejects.toThrow(Endless);
});
