import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';
import { TROUBLES, troubleOf } from '../trouble.ts';
import { WORDS } from './words.ts';

type Words = { readonly [key: string]: string | ((...values: never[]) => string) | Words };

/** Every text with its path; functions are tried with a telling value. */
function texts(words: Words, path = ''): readonly (readonly [string, string])[] {
  return Object.entries(words).flatMap(([key, word]): readonly (readonly [string, string])[] => {
    const here = `${path}/${key}`;
    if (typeof word === 'string') return [[here, word]];
    if (typeof word === 'function') {
      const say = word as unknown as (...values: readonly unknown[]) => string;
      return [[here, say(7, 7)]];
    }
    return texts(word, here);
  });
}

describe('words of the return terminal', () => {
  it.each(LANGUAGES)('SCR-5: every trouble has a heading and a text (%s)', (language) => {
    expect(Object.keys(WORDS[language].troubles).sort()).toEqual([...TROUBLES].sort());
    for (const [path, text] of texts(WORDS[language])) expect(text.trim(), path).not.toBe('');
  });

  it.each([
    ['ja', []],
    ['de', ['/points/pin']],
  ] as const)('SCR-5: %s has the same words as English, and they are translated', (language, alike) => {
    const [en, other] = [new Map(texts(WORDS.en)), new Map(texts(WORDS[language]))];
    expect([...other.keys()].sort()).toEqual([...en.keys()].sort());
    const same = [...en].filter(([path, text]) => other.get(path) === text).map(([path]) => path);
    expect(same).toEqual(alike);
  });

  it('RET-4: "erased" is said of a secure controller’s deletion only', () => {
    for (const language of LANGUAGES)
      for (const [path, text] of texts(WORDS[language]))
        if (/eras|消去|lösch/i.test(text)) expect(path).toMatch(/\/PURGE$/);
  });

  it('SCR-7: no trouble is unused, and an unknown code is shown as it is', () => {
    const folder = join(projectRoot(), 'return-terminal', 'app');
    const media = join(projectRoot(), 'shared');
    const source = [
      ...sources(folder),
      ...sources(join(media, 'media')),
      ...sources(join(media, 'ports')),
      ...sources(join(media, 'edge')),
      ...sources(join(projectRoot(), 'hub/app/members')),
    ].join('\n');
    const unused = TROUBLES.filter((code) => code !== 'refused' && !source.includes(`'${code}'`));
    expect(unused).toEqual([]);
    expect(troubleOf({ code: 'something_new' })).toEqual({
      code: 'refused',
      detail: 'something_new',
      triesLeft: null,
    });
  });
});

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/trouble(s-..)?\.ts$|\.test\.ts$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
