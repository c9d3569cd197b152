import { expect, test } from 'vitest';
import { readAmount, typedAmount } from './amounts.ts';

test('CHG-5: amounts are read digit by digit into whole minor units of their currency', () => {
  expect(readAmount('12', 'EUR')).toEqual({ minor: 1200, currency: 'EUR' });
  expect(readAmount(' 0,29 ', 'EUR')).toEqual({ minor: 29, currency: 'EUR' });
  expect(readAmount('1.1', 'EUR')).toEqual({ minor: 110, currency: 'EUR' });
  expect(readAmount('600', 'JPY')).toEqual({ minor: 600, currency: 'JPY' });
});

test('CHG-5: what is no amount of the currency is refused, never rounded', () => {
  for (const text of ['', '-1', '1.999', '1e3', '1 000', 'abc', '.5'])
    expect(readAmount(text, 'EUR')).toBe(null);
  expect(readAmount('1.5', 'JPY')).toBe(null);
});

test('CHG-5: an amount goes to its typed form and back unchanged', () => {
  for (const minor of [0, 1, 9, 10, 99, 100, 12_345])
    for (const currency of ['EUR', 'JPY'] as const)
      expect(readAmount(typedAmount(minor, currency), currency)).toEqual({ minor, currency });
});
