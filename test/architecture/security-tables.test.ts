import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';

const TABLES = 'hub/pki/SECURITY.md';
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

describe('the tables of what is claimed', () => {
  it('SEC-9: every file, test and attack that SECURITY.md names exists', () => {
    const text = read(TABLES);
    expect([...text.matchAll(/ › /g)].length).toBeGreaterThan(60);
    expect(missing(text)).toEqual([]);
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
