import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';
import { TROUBLES, troubleOf } from '../trouble.ts';
import { en } from './en.ts';
import { WORDS } from './words.ts';

const flat = (tree: object, path = ''): readonly [string, unknown][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? flat(value, `${path}${key}.`)
      : [[`${path}${key}`, value] as [string, unknown]],
  );

/** Text of every source file that may use a message. */
function sources(): string {
  const root = join(projectRoot(), 'kiosk');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(svelte|ts)$/.test(name) && !name.includes('words') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(root, name), 'utf8'))
    .join('\n');
}

describe('the words of the kiosk', () => {
  it.each(TROUBLES)('SCR-5: %s has words in every language', (code) => {
    for (const language of LANGUAGES) {
      const words = WORDS[language].troubles[code];
      expect(words.heading.length).toBeGreaterThan(1);
      expect(words.text.length).toBeGreaterThan(5);
    }
    expect(new Set(LANGUAGES.map((language) => WORDS[language].troubles[code].text)).size).toBe(
      LANGUAGES.length,
    );
  });

  it('SCR-5: no language has words for a trouble that does not exist', () => {
    for (const language of LANGUAGES)
      expect(Object.keys(WORDS[language].troubles).sort()).toEqual([...TROUBLES].sort());
  });

  it('SCR-5: all languages have the same words', () => {
    const keys = (tree: object) =>
      flat(tree)
        .map(([key]) => key)
        .sort();
    for (const language of LANGUAGES) expect(keys(WORDS[language])).toEqual(keys(WORDS.en));
  });

  it('SCR-5: no message is unused', () => {
    const text = sources();
    // Tables whose keys are codes of the contract: the types hold them complete.
    const byCode = /^(troubles|shelf|kind|card|reason|notice|medium|writing|keyboard)\./;
    const unused = flat(en)
      .map(([key]) => key)
      .filter((key) => !byCode.test(key))
      .filter((key) => !text.includes(`.${key}`) && !text.includes(`words.${key.split('.')[1]}`));
    expect(unused).toEqual([]);
  });

  it('SCR-7: a code nobody knows is shown as refused, with the code itself', () => {
    expect(troubleOf({ code: 'something_new' })).toEqual({
      code: 'refused',
      detail: 'something_new',
      triesLeft: null,
    });
    expect(troubleOf({ code: 'pin_wrong', details: { triesLeft: 3 } }).triesLeft).toBe(3);
  });
});
