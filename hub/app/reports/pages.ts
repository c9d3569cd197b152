import type { Match, PageAsk, PageMark, Table } from '#hub/ports/table.ts';

/** How a list may be sorted: by which column, and which way where nothing is said. */
export interface Order<Row> {
  readonly by: keyof Row & string;
  readonly first: 'asc' | 'desc';
}
/** Where a list goes on: the order it was read in, and the last row that was given. It is its own word: order and place cannot part. */
export interface Mark extends PageMark {
  readonly sort: string;
  readonly dir: 'asc' | 'desc';
}
export interface ListAsk {
  readonly sort?: string | undefined;
  readonly dir?: 'asc' | 'desc' | undefined;
  readonly cursor?: Mark | undefined;
  readonly limit: number;
}
/** How many there are, as far as it is worth counting; `more`: there are more than that. */
export interface Total {
  readonly count: number;
  readonly more: boolean;
}
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: Mark | null;
  /** Only with the first page. */
  readonly total: Total | null;
}

/** Counting goes on to here: "1,000+" says as much to a person, and costs the same with a million rows. */
export const COUNTED = 1000;
export const totalOf = (found: number): Total => ({
  count: Math.min(found, COUNTED),
  more: found > COUNTED,
});

/** The order of a list: that of its mark, else what is asked, else the first of those it knows. */
export function orderOf<Row>(
  orders: Readonly<Record<string, Order<Row>>>,
  ask: ListAsk,
): { readonly sort: string; readonly dir: 'asc' | 'desc'; readonly by: keyof Row & string } {
  const wanted = ask.cursor?.sort ?? ask.sort ?? '';
  const sort = Object.hasOwn(orders, wanted) ? wanted : (Object.keys(orders)[0] ?? '');
  const order = orders[sort];
  if (order === undefined) throw new Error('a list has an order');
  return { sort, by: order.by, dir: ask.cursor?.dir ?? ask.dir ?? order.first };
}

/** One page of a table, with what is needed for the next one. `key` is the table's own key. */
export async function pageOfTable<Row extends object>(
  table: Pick<Table<Row, never>, 'page' | 'countUpTo'>,
  key: keyof Row & string,
  orders: Readonly<Record<string, Order<Row>>>,
  match: Match<Row>,
  ask: ListAsk,
  anyOf: readonly Match<Row>[] = [],
): Promise<Page<Row>> {
  const order = orderOf(orders, ask);
  const after = ask.cursor ?? null;
  const wanted: PageAsk<Row> = {
    by: order.by,
    descending: order.dir === 'desc',
    after,
    // One more than asked tells whether there is another page.
    limit: ask.limit + 1,
    anyOf,
  };
  const found = await table.page(match, wanted);
  const rows = found.slice(0, ask.limit);
  const total = after === null ? totalOf(await table.countUpTo(match, anyOf, COUNTED + 1)) : null;
  return { rows, next: found.length > ask.limit ? markOf(rows.at(-1), key, order) : null, total };
}

function markOf<Row extends object>(
  row: Row | undefined,
  key: keyof Row & string,
  order: { readonly sort: string; readonly dir: 'asc' | 'desc'; readonly by: keyof Row & string },
): Mark | null {
  if (row === undefined) return null;
  const { sort, dir } = order;
  return { sort, dir, value: row[order.by] as Mark['value'], key: row[key] as Mark['key'] };
}

/** The same over rows that are there already, sorted by what `value` says of each. */
export function pageOfRows<Row>(
  rows: readonly Row[],
  key: (row: Row) => string,
  value: (row: Row) => string | number,
  order: { readonly sort: string; readonly dir: 'asc' | 'desc' },
  ask: ListAsk,
): Page<Row> {
  const sign = order.dir === 'desc' ? -1 : 1;
  const among = (a: string | number, b: string | number): number => (a === b ? 0 : a < b ? -1 : 1);
  const compare = (row: Row, other: { readonly value: PageMark['value']; readonly key: PageMark['key'] }) =>
    sign * (among(value(row), other.value as string | number) || among(key(row), other.key));
  const sorted = rows.toSorted((a, b) => compare(a, { value: value(b), key: key(b) }));
  const mark = ask.cursor;
  const behind = mark === undefined ? sorted : sorted.filter((row) => compare(row, mark) > 0);
  const page = behind.slice(0, ask.limit);
  const last = page.at(-1);
  return {
    rows: page,
    next:
      behind.length > ask.limit && last !== undefined
        ? { sort: order.sort, dir: order.dir, value: value(last), key: key(last) }
        : null,
    total: mark === undefined ? { count: rows.length, more: false } : null,
  };
}
