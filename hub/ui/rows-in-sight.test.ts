import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowsInSight, scrollFor } from './rows-in-sight.ts';

const sight = fc.record({
  top: fc.integer({ min: 0, max: 600 }),
  scroll: fc.integer({ min: 0, max: 60_000_000 }),
  height: fc.integer({ min: 200, max: 2000 }),
  rowHeight: fc.integer({ min: 30, max: 90 }),
  rows: fc.integer({ min: 1, max: 1_000_000 }),
});

describe('rows in sight', () => {
  it('SCR-4: every row that can be seen is drawn, and never many more', () => {
    fc.assert(
      fc.property(sight, fc.nat(), (one, pick) => {
        const { first, end } = rowsInSight(one);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(one.rows);
        expect(end - first).toBeLessThanOrEqual(Math.ceil(one.height / one.rowHeight) + 30);
        const row = pick % one.rows;
        const at = one.top + row * one.rowHeight;
        const seen = at + one.rowHeight > one.scroll && at < one.scroll + one.height;
        if (seen) expect(row >= first && row < end).toBe(true);
      }),
    );
  });

  it('SCR-4: a row that is gone to stands below what sticks at the top and above the lower edge', () => {
    fc.assert(
      fc.property(sight, fc.nat(), (one, pick) => {
        const row = pick % one.rows;
        const scroll = scrollFor(row, one, 100) ?? one.scroll;
        const at = one.top + row * one.rowHeight - scroll;
        expect(at + one.rowHeight).toBeLessThanOrEqual(one.height);
        if (scroll > 0) expect(at).toBeGreaterThanOrEqual(100);
      }),
    );
  });
});
