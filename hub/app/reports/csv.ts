import { CURRENCIES, type Money } from '#shared/kernel/money.ts';

/** What may stand in a cell: text, a figure, an amount (its currency has a column of its own), or nothing. */
export type Cell = string | number | Money | null;

/** So that spreadsheets read the letters of any language; readers of RFC 4180 skip it. */
export const CSV_MARK = '\uFEFF';

/** What a spreadsheet would take for a formula (OWASP, "CSV Injection"), in half and full width. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/u;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/u;

/** One line of RFC 4180, with its CRLF. Text that a spreadsheet would compute begins with an apostrophe; figures stay figures. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(cellText).join(',')}\r\n`;

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  if (typeof cell === 'object') return amountText(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An amount as a decimal figure with a point and all its digits: −5 cent is `-0.05`. Never formed as a fraction in binary. */
export function amountText({ minor, currency }: Money): string {
  const digits = CURRENCIES[currency];
  const whole = String(Math.abs(minor)).padStart(digits + 1, '0');
  const text = digits === 0 ? whole : `${whole.slice(0, -digits)}.${whole.slice(-digits)}`;
  return minor < 0 ? `-${text}` : text;
}
