import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bars, labelled, lines, niceTop } from './charts.ts';

describe('charts', () => {
  it('SCR-4: the top of a chart is a round figure, not below the largest and not far above it', () => {
    expect([0, -3, Number.NaN, 1, 3, 7, 12, 26, 99, 1000, 1001].map(niceTop)).toEqual([
      1, 1, 1, 1, 5, 10, 20, 50, 100, 1000, 2000,
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (largest) => {
        expect(niceTop(largest)).toBeGreaterThanOrEqual(largest * (1 - 1e-9));
        expect(niceTop(largest)).toBeLessThanOrEqual(largest * 2.5);
      }),
    );
  });

  it('SCR-4: bars stand on the ground, inside of the field, one beside the other, as tall as their figures', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 100 }), { minLength: 1, maxLength: 60 }), (values) => {
        const top = niceTop(Math.max(...values));
        const made = bars(values, top, 600, 100);
        for (const [at, bar] of made.entries()) {
          expect(bar.y + bar.height).toBeCloseTo(100);
          expect(bar.height).toBeCloseTo((Math.max(0, values[at] ?? 0) / top) * 100);
          expect(bar.x).toBeGreaterThanOrEqual(((made[at - 1]?.x ?? 0) + (made[at - 1]?.width ?? 0)) * 0.999);
          expect(bar.x + bar.width).toBeLessThanOrEqual(600);
        }
      }),
    );
  });

  it('SCR-4: a line breaks where readings are missing; one alone is still seen', () => {
    const span = { from: 0, until: 100 };
    const readings = [
      { at: 0, value: 0 },
      { at: 10, value: 5 },
      { at: 50, value: 10 },
      { at: 55, value: null },
      { at: 60, value: 20 },
      { at: 70, value: 2 },
    ];
    expect(lines(readings, span, 10, 200, 50, 15).map(({ line }) => line)).toEqual([
      'M0 50L20 25',
      'M100 0h1',
      'M120 0L140 40',
    ]);
    expect(lines(readings, span, 10, 200, 50, 15)[0]?.ground).toBe('M0 50L20 25L20 50L0 50Z');
    expect(lines([], span, 10, 200, 50, 15)).toEqual([]);
  });

  it('SCR-4: labels are few enough to be read', () => {
    expect([labelled(0, 8), labelled(8, 8), labelled(9, 8), labelled(31, 8)]).toEqual([1, 1, 2, 4]);
  });
});
