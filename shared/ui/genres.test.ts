import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { genreName } from './genres.ts';
import { LANGUAGES } from './i18n.ts';

const titles = JSON.parse(readFileSync('firmware-sim/demo/catalogue/catalogue.json', 'utf8')) as {
  genres: string[];
}[];

it('SCR-5: every genre of the demo has a name in each language', () => {
  const genres = [...new Set(titles.flatMap((title) => title.genres))];
  expect(genres.length).toBeGreaterThan(15);
  for (const genre of genres) {
    expect(genreName(genre, 'ja')).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]|SF/);
    expect(genreName(genre, 'de')).toMatch(/^[A-ZÄÖÜ]/);
  }
});

it('SCR-5: a genre that nobody translated stays as it is written', () => {
  for (const language of LANGUAGES) expect(genreName('slow television', language)).toBe('Slow television');
  expect(genreName('Sea', 'de')).toBe('Meer');
});
