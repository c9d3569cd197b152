import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURRENCIES, type Currency, money } from '#shared/kernel/money.ts';
import { amountText, csvLine } from './csv.ts';

/** A reader of RFC 4180, written from its grammar. */
function read(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (sign === '"' && cell === '') quoted = true;
    else if (sign === ',') {
      row.push(cell);
      cell = '';
    } else if (sign === '\r' && text[at + 1] === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      at += 1;
    } else cell += sign;
  }
  expect(cell + row.join()).toBe('');
  return rows;
}

describe('CSV', () => {
  it('SCR-4: whatever stands in the cells comes back as it was, one line a row (RFC 4180)', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'é', '映', ';', '=') });
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { minLength: 1 }), (rows) => {
        const back = read(rows.map(csvLine).join(''));
        const plain = (cell: string) => (/^[=\r\n]/.test(cell) ? `'${cell}` : cell);
        expect(back).toEqual(rows.map((row) => row.map(plain)));
      }),
    );
  });

  it('SCR-4: no text becomes a formula in a spreadsheet; negative amounts stay figures', () => {
    for (const start of ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'])
      expect(csvLine([`${start}HYPERLINK("x")`])).toMatch(/^"?'/);
    expect(csvLine(['=1+1', -4, money(-5, 'EUR'), null])).toBe("'=1+1,-4,-0.05,\r\n");
  });

  it('SCR-4: amounts have exactly the digits of their currency', () => {
    const currency = fc.constantFrom(...(Object.keys(CURRENCIES) as Currency[]));
    fc.assert(
      fc.property(fc.maxSafeInteger(), currency, (minor, unit) => {
        const text = amountText(money(minor, unit));
        expect(text.split('.')[1]?.length ?? 0).toBe(CURRENCIES[unit]);
        expect(BigInt(text.replace('.', ''))).toBe(BigInt(minor));
      }),
    );
    expect(amountText(money(1250, 'EUR'))).toBe('12.50');
    expect(amountText(money(-1250, 'JPY'))).toBe('-1250');
  });
});
