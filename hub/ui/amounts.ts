import { CURRENCIES, type Currency, type Money, money } from '#shared/kernel/money.ts';

/**
 * Reads what a person typed as an amount ("12", "12.5", "12,50") into whole minor units, digit by digit, so that no fraction is ever
 * rounded by a float. Null where it is no amount of this currency, also for more decimals than the currency has.
 */
export function readAmount(text: string, currency: Currency): Money | null {
  const digits = CURRENCIES[currency];
  const found = /^(\d{1,9})(?:[.,](\d+))?$/.exec(text.trim());
  if (found === null) return null;
  const [, whole = '', fraction = ''] = found;
  if (fraction.length > digits) return null;
  return money(Number(whole + fraction.padEnd(digits, '0')), currency);
}

/** The same amount as a person would type it. */
export function typedAmount(minor: number, currency: Currency): string {
  const digits = CURRENCIES[currency];
  if (digits === 0) return String(minor);
  const text = String(minor).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
