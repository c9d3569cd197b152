import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { assert } from '#shared/kernel/assert.ts';

/** A film as the benchmark of the search knows it. */
export interface Film {
  readonly title: string;
  readonly year: number;
  readonly genres: readonly string[];
  readonly cast: readonly string[];
}
const filmSchema = z.object({
  title: z.string(),
  year: z.int(),
  genres: z.array(z.string()),
  cast: z.array(z.string()),
});

/** One film a line, as JSON: `title`, `year`, `genres`, `cast`. */
export const readFilms = (file: string): readonly Film[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => filmSchema.parse(JSON.parse(line)));

const SYLLABLES = [
  'ka',
  'mor',
  'lin',
  'tes',
  'var',
  'o',
  'den',
  'ru',
  'shi',
  'bel',
  'qua',
  'pon',
  'ster',
  'ny',
];

/** Where there is no file: films of made-up words, a few of them frequent. */
export function madeUpFilms(count: number): readonly Film[] {
  const pick = picker('films');
  const word = (): string => {
    const spread = pick(3000) * pick(1000);
    return [0, 1, 2]
      .map((at) => SYLLABLES[Math.floor(spread / SYLLABLES.length ** at) % SYLLABLES.length] ?? '')
      .join('');
  };
  return Array.from({ length: count }, () => ({
    title: Array.from({ length: 1 + pick(4) }, word).join(' '),
    year: 1900 + pick(124),
    genres: ['drama'],
    cast: Array.from({ length: pick(7) }, () => `${word()} ${word()}`),
  }));
}

/** As many films as are wanted: the given ones, then others of their titles, words and people in other company. */
export function* manyFilms(films: readonly Film[], count: number): Generator<Film> {
  const pick = picker('many');
  const any = (): Film => {
    const film = films[pick(films.length)];
    assert(film !== undefined, 'there are films');
    return film;
  };
  for (let n = 0; n < count; n += 1) {
    const film = films[n % films.length];
    assert(film !== undefined, 'there are films');
    if (n < films.length) yield film;
    else {
      const words = any().title.split(' ');
      yield {
        title: `${film.title} ${words[pick(words.length)] ?? ''} ${1 + (n % 997)}`,
        year: any().year,
        genres: film.genres,
        cast: [...any().cast.slice(0, 3), ...any().cast.slice(3, 6)],
      };
    }
  }
}

/** A question, and the film that somebody who asks so has in mind. */
export interface Question {
  readonly kind: 'words' | 'beginnings' | 'error';
  readonly words: readonly string[];
  readonly film: Film;
}

/** What people ask: two or three words of title and people; the last one begun only; one letter of a word wrong. */
export function questionsAbout(films: readonly Film[], count: number): readonly Question[] {
  const pick = picker('questions');
  const made: Question[] = [];
  const kinds = ['words', 'beginnings', 'error'] as const;
  while (made.length < count) {
    const film = films[pick(films.length)];
    const kind = kinds[made.length % kinds.length];
    assert(film !== undefined && kind !== undefined, 'there are films and kinds');
    const words = plainWords(`${film.title} ${film.cast.join(' ')}`);
    const long = words.filter((word) => word.length >= 5);
    if (words.length < 3 || long.length < 2) continue;
    const [first = '', second = ''] = [words[pick(Math.min(3, words.length))], long[pick(long.length)]];
    const last = {
      words: second,
      beginnings: second.slice(0, 3 + pick(2)),
      error: withError(second, pick(second.length - 1) + 1),
    }[kind];
    made.push({ kind, words: first === second ? [last] : [first, last], film });
  }
  return made;
}

export const plainWords = (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
const withError = (word: string, at: number): string =>
  `${word.slice(0, at)}${word[at] === 'x' ? 'y' : 'x'}${word.slice(at + 1)}`;

function picker(seed: string): (below: number) => number {
  const random = seededRandom(seed);
  return (below) => {
    const bytes = random.bytes(4);
    const value =
      ((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    return (value >>> 0) % below;
  };
}
