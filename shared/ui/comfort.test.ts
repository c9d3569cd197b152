import { describe, expect, it } from 'vitest';
import { keepComfort, keptComfort, PLAIN } from './comfort.ts';

function memory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & { readonly size: () => number } {
  const held = new Map<string, string>();
  return {
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
    size: () => held.size,
  };
}

describe('what a customer switches on to see and reach more easily', () => {
  it('SCR-6: is kept over a reload', () => {
    const storage = memory();
    const chosen = { contrast: true, large: false, low: true };
    keepComfort(storage, chosen);
    expect(keptComfort(storage)).toEqual(chosen);
  });
  it('SCR-7: leaves nothing behind once it is forgotten', () => {
    const storage = memory();
    keepComfort(storage, { contrast: true, large: true, low: true });
    keepComfort(storage, PLAIN);
    expect(keptComfort(storage)).toEqual(PLAIN);
    expect(storage.size()).toBe(0);
  });
});
