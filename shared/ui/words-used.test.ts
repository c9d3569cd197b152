import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WORDS as PLAYER } from '#firmware-sim/player/ui/words.ts';
import { wordsOf } from '#hub/ui/words/words.ts';
import { WORDS as RETURNS } from '#return-terminal/app/words/words.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { FRAME_WORDS } from './frame-words.ts';
import { LANGUAGES } from './i18n.ts';

/** Every message of every application, by the path that leads to it; the kiosk's have a test of their own beside them. */
const messages = (tree: object, path: readonly string[] = []): readonly (readonly string[])[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null ? messages(value, [...path, key]) : [[...path, key]],
  );

/** Text of the sources of a folder that may say a message; those that only state it are left out. */
const sources = (folder: string): string =>
  readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (name) =>
        /\.(svelte|ts)$/.test(name) && !/(^|\/)words\/|words\.ts$/.test(name) && !/\.test\.ts$/.test(name),
    )
    .map((name) => readFileSync(join(projectRoot(), folder, name), 'utf8'))
    .join('\n');

/**
 * A message is used where its own name, or the name of the table it stands in, is taken from the words. `byCode`: tables that are looked up by codes
 * of a contract; their types hold them complete.
 */
function unused(tree: object, folder: string, byCode: RegExp): readonly string[] {
  const text = sources(folder);
  const named = new Set([...text.matchAll(/\.\s*([A-Za-z_]\w*)/g)].map(([, name]) => name));
  const taken = new Set([...text.matchAll(/\.\s*([A-Za-z_]\w*)\s*(?:\?\.)?\[/g)].map(([, name]) => name));
  return messages(tree)
    .filter((path) => !byCode.test(path.join('.')))
    .filter((path) => !named.has(path.at(-1)) && !path.slice(0, -1).some((table) => taken.has(table)))
    .map((path) => path.join('.'));
}

describe('the words of the screens', () => {
  it.each([
    ['console', wordsOf('en'), 'hub/ui', /^(codes|problems|staff\.two\.actions|staff\.check)\./],
    ['return terminal', RETURNS.en, 'return-terminal', /^(troubles|bill)\./],
    ['player', PLAYER.en, 'firmware-sim/player/ui', /^refused\./],
    ['frame of the touch screens', FRAME_WORDS.en, 'shared/ui', /^$/],
  ] as const)('SCR-5: %s: no message is unused', (_name, tree, folder, byCode) => {
    expect(unused(tree, folder, byCode)).toEqual([]);
  });

  it.each([
    ['console', Object.fromEntries(LANGUAGES.map((language) => [language, wordsOf(language)]))],
    ['return terminal', RETURNS],
    ['player', PLAYER],
    ['frame of the touch screens', FRAME_WORDS],
  ] as const)('SCR-5: %s: no message is missing or empty in any language', (_name, words) => {
    const all = words as Readonly<Record<string, object>>;
    const paths = (language: string) =>
      messages(all[language] ?? {})
        .map((path) => path.join('.'))
        .sort();
    for (const language of LANGUAGES) expect(paths(language), language).toEqual(paths('en'));
  });
});
