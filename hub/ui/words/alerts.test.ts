import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';
import { wordsOf } from './words.ts';

/** Where alerts are raised, and how: as a row, by one of the ways around it, or under a name that only alerts have. */
const FOLDERS = ['hub', 'shared/edge', 'kiosk', 'return-terminal'];
const RAISED = [
  /\bcode: '([a-z_]+)',\s*subject\b/g,
  /\braise\(\s*\w+,\s*'([a-z_]+)'/g,
  /'(security_[a-z_]+)'/g,
];

const raised = (): Set<string> => {
  const texts = FOLDERS.flatMap((folder) =>
    readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ts$/.test(name) && !/\.test\.ts$|(^|\/)words\/|(^|\/)testing\//.test(name))
      .map((name) => readFileSync(join(projectRoot(), folder, name), 'utf8')),
  );
  return new Set(
    texts.flatMap((text) => RAISED.flatMap((how) => [...text.matchAll(how)].map(([, code]) => code ?? ''))),
  );
};

it('SCR-5, FLT-1: every alert that hub or terminals raise has words in every language', () => {
  const codes = [...raised()].sort();
  expect(codes.length).toBeGreaterThan(70);
  for (const language of LANGUAGES) {
    const words = wordsOf(language).codes.alert;
    expect([language, codes.filter((code) => words[code] === undefined)]).toEqual([language, []]);
  }
});
