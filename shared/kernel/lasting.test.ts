import { describe, expect, test } from 'vitest';
import { lastingEnd } from './lasting.ts';

describe('the end of what lasts', () => {
  test('OPS-1: whoever has an answer is forgotten while it goes on; the end reaches those who wait', async () => {
    const line = lastingEnd<string>();
    for (let asked = 0; asked < 1_000; asked += 1)
      expect(await line.orWhy(Promise.resolve(asked))).toBe(asked);
    await expect(line.orWhy(Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(line.waiting()).toBe(0);
    const waits = [line.orWhy(new Promise(() => {})), line.orWhy(new Promise(() => {}))];
    expect(line.waiting()).toBe(2);
    line.end('cut');
    line.end('later');
    expect(await Promise.all(waits)).toEqual(['cut', 'cut']);
    expect(line.waiting()).toBe(0);
  });

  test('OPS-1: after the end everybody hears why at once, and what still fails is nobody’s error', async () => {
    const line = lastingEnd<string>();
    line.end('cut');
    expect(await line.orWhy(new Promise(() => {}))).toBe('cut');
    expect(await line.orWhy(Promise.reject(new Error('no')))).toBe('cut');
    const heard: string[] = [];
    line.whenOver((why) => heard.push(why));
    expect(heard).toEqual(['cut']);
    expect(line.waiting()).toBe(0);
  });
});
