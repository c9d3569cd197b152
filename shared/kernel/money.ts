import type { Branded } from './ids.ts';

/** ISO 4217 codes of the currencies that sites may use, with their number of minor digits. */
export const CURRENCIES = { EUR: 2, USD: 2, GBP: 2, CHF: 2, JPY: 0 } as const;
export type Currency = keyof typeof CURRENCIES;

/** Whole minor units (cent, yen) with their currency (CHG-5). May be negative: a difference, a refund. */
export interface Money {
  readonly minor: number;
  readonly currency: Currency;
}

/** Whole reward points: their own account, never mixed with money (LED-2). */
export type Points = Branded<number, 'Points'>;

export const isCurrency = (value: string): value is Currency => Object.hasOwn(CURRENCIES, value);

export function money(minor: number, currency: Currency): Money {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`money must be whole minor units, not ${minor}`);
  return { minor, currency };
}

export function points(value: number): Points {
  if (!Number.isSafeInteger(value)) throw new RangeError(`points must be whole, not ${value}`);
  return value as Points;
}

export function add(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return money(a.minor + b.minor, a.currency);
}

export function subtract(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return money(a.minor - b.minor, a.currency);
}

export const negate = (a: Money): Money => money(a.minor === 0 ? 0 : -a.minor, a.currency);
export const zero = (currency: Currency): Money => money(0, currency);

/**
 * The one place that rounds (CHG-5): half up, away from zero for negative values, on whole numbers only.
 * Exact for any safe integers: the product is formed as BigInt.
 */
export function multiplyDivide(value: number, by: number, divisor: number): number {
  if (
    !Number.isSafeInteger(value) ||
    !Number.isSafeInteger(by) ||
    !Number.isSafeInteger(divisor) ||
    divisor <= 0
  ) {
    throw new RangeError('multiplyDivide takes whole numbers and a positive divisor');
  }
  const product = BigInt(value) * BigInt(by);
  const magnitude = product < 0n ? -product : product;
  const divided = (2n * magnitude + BigInt(divisor)) / (2n * BigInt(divisor));
  const result = Number(product < 0n ? -divided : divided);
  if (!Number.isSafeInteger(result)) throw new RangeError('result exceeds the safe integers');
  return result === 0 ? 0 : result;
}

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new RangeError(`currencies differ: ${a.currency} and ${b.currency}`);
}
