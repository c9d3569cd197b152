import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, isCurrency, money, multiplyDivide, negate, points, subtract, zero } from './money.ts';

describe('CHG-5: whole minor units', () => {
  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('CHG-5: %s is no amount', (value) => {
    expect(() => money(value, 'EUR')).toThrow(RangeError);
    expect(() => points(value)).toThrow(RangeError);
  });
  test('CHG-5: sums stay in one currency', () => {
    expect(add(money(1, 'EUR'), money(2, 'EUR'))).toEqual(money(3, 'EUR'));
    expect(subtract(money(1, 'EUR'), money(2, 'EUR'))).toEqual(money(-1, 'EUR'));
    expect(() => add(money(1, 'EUR'), money(1, 'JPY'))).toThrow(RangeError);
    expect(() => subtract(money(1, 'EUR'), money(1, 'JPY'))).toThrow(RangeError);
    expect(Object.is(negate(zero('JPY')).minor, 0)).toBe(true);
    expect([isCurrency('EUR'), isCurrency('toString'), isCurrency('eur')]).toEqual([true, false, false]);
  });
});

describe('CHG-5: the one place that rounds', () => {
  test.each([
    [5, 1, 10, 1],
    [4, 1, 10, 0],
    [15, 1, 10, 2],
    [-5, 1, 10, -1],
    [-4, 1, 10, 0],
    [400, 1900, 11_900, 64],
    [9_007_199_254_740_991, 3, 3, 9_007_199_254_740_991],
  ])('CHG-5: %i × %i ÷ %i is %i, half up', (value, by, divisor, result) => {
    expect(Object.is(multiplyDivide(value, by, divisor), result)).toBe(true);
  });
  test.each([
    [1.5, 1, 1],
    [1, 1, 0],
    [1, 1, -1],
    [2 ** 52, 2 ** 52, 1],
  ])('CHG-5: %d × %d ÷ %d is refused', (value, by, divisor) => {
    expect(() => multiplyDivide(value, by, divisor)).toThrow(RangeError);
  });
  test('CHG-5: never further than half a unit from the true value', () => {
    const small = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(small, fc.nat(20_000), fc.integer({ min: 1, max: 20_000 }), (value, by, divisor) => {
        const off = multiplyDivide(value, by, divisor) * divisor - value * by;
        expect(Math.abs(off) * 2).toBeLessThanOrEqual(divisor);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
