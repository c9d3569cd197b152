import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';

const TABLES = 'hub/pki/SECURITY.md';
const CLAUSES = 'hub/pki/ASVS.md';
/** ASVS 5.0.0: how many clauses of levels 1 and 2 the sections of the chapters have that are assessed clause by clause. */
const ASSESSED: Readonly<Record<string, number>> = {
  ...{ '5.1': 1, '5.2': 3, '5.3': 2, '5.4': 3 },
  ...{ '6.1': 3, '6.2': 12, '6.3': 4, '6.4': 4, '6.5': 5, '6.6': 3, '6.8': 4 },
  ...{ '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2 },
  ...{ '8.1': 2, '8.2': 3, '8.3': 1, '8.4': 1 },
  ...{ '9.1': 3, '9.2': 4 },
  ...{ '11.1': 2, '11.2': 3, '11.3': 3, '11.4': 4, '11.5': 1, '11.6': 1 },
  ...{ '12.1': 3, '12.2': 2, '12.3': 4 },
  ...{ '16.1': 1, '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 3 },
};
const read = (path: string): string => readFileSync(join(projectRoot(), path), 'utf8');
const isPath = (text: string): boolean => /^[\w.-]+(\/[\w.-]+)+\.(ts|md|svelte|json)$/.test(text);

/** What a text names as its proofs, and of these what does not exist. */
function missing(text: string): readonly string[] {
  const rows = join(projectRoot(), 'test/attack/rows');
  const attacks = readdirSync(rows)
    .map((name) => readFileSync(join(rows, name), 'utf8'))
    .join('\n');
  return [...text.matchAll(/`([^`]+)`/g)].flatMap(([, token = '']) => {
    const [place = '', title] = token.split(' › ');
    if (place === 'attack') return title !== undefined && attacks.includes(`id: '${title}'`) ? [] : [token];
    if (!isPath(place)) return title === undefined ? [] : [token];
    if (!existsSync(join(projectRoot(), place))) return [token];
    return title === undefined || read(place).includes(title) ? [] : [token];
  });
}

/** `7.3.1, 7.3.2` and `6.6.1–6.6.3` one by one. */
function clausesIn(cell: string): readonly string[] {
  const [first = '', last] = cell.split('–');
  if (last === undefined) return cell.split(', ');
  const section = first.slice(0, first.lastIndexOf('.'));
  const [from, to] = [first, last].map((clause) => Number(clause.slice(section.length + 1))) as [
    number,
    number,
  ];
  return Array.from({ length: to - from + 1 }, (_, index) => `${section}.${from + index}`);
}

describe('the tables of what is claimed', () => {
  it.each([TABLES, CLAUSES])('SEC-9: every file, test and attack that %s names exists', (file) => {
    const text = read(file);
    expect([...text.matchAll(/ › /g)].length).toBeGreaterThan(60);
    expect(missing(text)).toEqual([]);
  });

  it('SEC-9: each clause of the chapters that are assessed by clause has one row, with a proof or a reason', () => {
    const rows = read(CLAUSES)
      .split('\n')
      .filter((line) => /^\| \d/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const named = rows.flatMap(([, clauses = '']) => clausesIn(clauses));
    const wanted = Object.entries(ASSESSED).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
    );
    expect(named).toEqual(wanted);
    for (const [, clause, , proof, reason] of rows)
      expect(proof !== '' || (reason !== '' && reason !== '—'), clause).toBe(true);
  });

  it('SEC-9: a file, a title or an attack that is not there is found', () => {
    const wrong = [
      'hub/pki/nobody.ts',
      `${TABLES} › no such words, on purpose`.replace('on purpose', 'x'.repeat(9)),
      'attack › no-such-attack',
    ];
    expect(missing(wrong.map((one) => `\`${one}\``).join(' '))).toEqual(wrong);
  });

  it('SEC-9: every chapter of ASVS 5.0 and every clause of EN 303 645 has its row', () => {
    const text = read(TABLES);
    for (let chapter = 1; chapter <= 17; chapter += 1)
      expect(text).toMatch(new RegExp(`^\\| V${chapter}[. ]`, 'm'));
    for (let clause = 1; clause <= 13; clause += 1)
      expect(text).toMatch(new RegExp(`^\\| 5\\.${clause} `, 'm'));
    expect(text).toMatch(/^\| 6 /m);
  });
});
