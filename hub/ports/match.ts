import { assert } from '#shared/kernel/assert.ts';
import type { ListOptions, Match, PageAsk } from './table.ts';

type Fields = Readonly<Record<string, unknown>>;

const RANGES: Readonly<Record<string, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

/** Order of two values that are there, as the database sorts them: numbers by size, texts by code point. */
export const compare = (a: unknown, b: unknown): number => {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return byCodePoint(a, b);
  return (a as number) < (b as number) ? -1 : 1;
};

/** UTF-16 puts U+E000…U+FFFF behind the pairs of what lies above; by code point it is the other way round. */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x === y) continue;
    const [xPair, yPair] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff];
    if (xPair === yPair) return x - y;
    return xPair ? 1 : -1;
  }
  return a.length - b.length;
}

/** SQL's three-valued logic: a comparison with an absent value is not true. */
export function matches<Row>(row: Row, match: Match<Row>): boolean {
  return Object.entries(match).every(([name, condition]) => holds((row as Fields)[name], condition, name));
}

function holds(value: unknown, condition: unknown, name: string): boolean {
  assert(condition !== undefined, `condition on ${name} is undefined`);
  if (condition === null) return value === null;
  if (Array.isArray(condition)) return value !== null && condition.includes(value);
  if (typeof condition !== 'object') return value === condition;
  const parts = Object.entries(condition);
  assert(parts.length > 0, `condition on ${name} is empty`);
  return parts.every(([word, bound]) => {
    if (word === 'not') return value !== null && (bound === null || value !== bound);
    if (word === 'contains')
      return value !== null && String(value).toLowerCase().includes(String(bound).toLowerCase());
    if (word === 'begins') return value !== null && String(value).startsWith(String(bound));
    const range = RANGES[word];
    assert(range !== undefined, `no condition is called ${word}`);
    return value !== null && bound !== null && range(compare(value, bound));
  });
}

/** Sorted and cut as the database would; absent values come last, descending first. */
export function listed<Row>(
  rows: readonly Row[],
  options: ListOptions<Row>,
  key: readonly string[],
): readonly Row[] {
  const by: readonly string[] = options.orderBy ?? key;
  const sign = options.descending === true ? -1 : 1;
  const sorted = rows.toSorted((a, b) => {
    for (const name of by) {
      const [x, y] = [(a as Fields)[name], (b as Fields)[name]];
      if (x === y) continue;
      if (x === null) return sign;
      if (y === null) return -sign;
      return sign * compare(x, y);
    }
    return 0;
  });
  const start = options.offset ?? 0;
  return sorted.slice(start, start + options.limit);
}

/** The rows of a page: sorted as the database would, after the mark. */
export function paged<Row extends object>(
  rows: readonly Row[],
  ask: PageAsk<Row>,
  key: keyof Row & string,
): readonly Row[] {
  const { by, descending, after, limit } = ask;
  const orderBy = [by, key];
  const some = ask.anyOf ?? [];
  const found = some.length === 0 ? rows : rows.filter((row) => some.some((match) => matches(row, match)));
  if (after === null) return listed(found, { orderBy, descending, limit }, []);
  const mark = { [by]: after.value, [key]: after.key } as Row;
  const sorted = listed([...found, mark], { orderBy, descending, limit: Number.MAX_SAFE_INTEGER }, []);
  // The row that the mark was made of stands before it, as sorting is stable.
  const start = sorted.indexOf(mark) + 1;
  return sorted.slice(start, start + limit);
}
