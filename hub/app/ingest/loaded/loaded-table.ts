import { listed, matches } from '#hub/ports/match.ts';
import type { ListOptions, Match, PageAsk, Table } from '#hub/ports/table.ts';
import { together } from '#hub/ports/together.ts';
import { normalised, noted } from './values.ts';

/** Something did not end as the loaded rows foretold: what was done on them is undone and done again at the database itself. */
export class Surprise extends Error {
  override readonly name = 'Surprise';
}

/** Columns by which all rows of a value are loaded; `within`: only those that match this too. */
export interface Lookup<Row> {
  readonly by: readonly (keyof Row & string)[];
  readonly within?: { readonly [Column in keyof Row]?: readonly Row[Column][] };
}
interface Complete<Row> extends Lookup<Row> {
  /** Values whose rows are all known. */
  readonly values: Set<string>;
  readonly keys: Map<string, Set<string>>;
}
interface Known<Row> {
  /** Null: there is none. */
  row: Row | null;
  /** The row as it stands at the database; null: not known, or there is none. */
  stored: Row | null;
  locked: boolean;
  /** What is still to be written: a row that must be new, or one that stands whatever was there. */
  change: 'none' | 'insert' | 'put';
}
type Fields = Readonly<Record<string, unknown>>;

/** Sets of changed columns that are written by themselves; with more of them one statement for all is cheaper. */
const MOST_WAYS = 6;

/** By identity: what came out of the database and was not touched is the same object still. */
const differing = <Row extends object>(row: Row, stored: Row): (keyof Row & string)[] =>
  (Object.keys(row) as (keyof Row & string)[]).filter((name) => row[name] !== stored[name]);

function asOneWay<Row extends object>(
  ways: Iterable<{ readonly columns: readonly (keyof Row & string)[]; readonly rows: readonly Row[] }>,
) {
  const all = [...ways];
  return {
    columns: [...new Set(all.flatMap(({ columns }) => columns))],
    rows: all.flatMap(({ rows }) => rows),
  };
}

/** The values that a match allows for these columns, as places; null where it does not name each of them by equality. */
function placesIn(match: Fields, by: readonly string[]): string[][] | null {
  let places: string[][] = [[]];
  for (const name of by) {
    const condition = match[name];
    if (condition === undefined || condition === null) return null;
    if (typeof condition === 'object' && !Array.isArray(condition)) return null;
    const values = Array.isArray(condition) ? [...new Set(condition)] : [condition];
    places = places.flatMap((place) => values.map((value) => [...place, String(value)]));
  }
  return places;
}

/**
 * A table of which some rows are loaded: those are read and written here, and what changed is written with `flush` in one or two statements. What the loaded
 * rows cannot answer goes to the table itself, after what was changed is written there, and is counted (`passed`).
 */
export class LoadedTable<Row extends object, Key extends keyof Row & string> implements Table<Row, Key> {
  readonly #table: Table<Row, Key>;
  readonly #keys: readonly Key[];
  readonly #known = new Map<string, Known<Row>>();
  readonly #changed = new Set<string>();
  readonly #complete: readonly Complete<Row>[];
  readonly #passed: (call: string) => void;
  /** Rows of this table have ids that nobody had before: an insert that meets one is a surprise. */
  readonly #fresh: boolean;

  constructor(
    table: Table<Row, Key>,
    keys: readonly Key[],
    passed: (call: string) => void,
    { lookups = [], fresh = false }: { lookups?: readonly Lookup<Row>[]; fresh?: boolean } = {},
  ) {
    this.#table = table;
    this.#keys = keys;
    this.#passed = passed;
    this.#fresh = fresh;
    this.#complete = lookups.map((each) => ({ ...each, values: new Set(), keys: new Map() }));
  }

  /** Loads rows by their keys; those that are not found are known to be absent. */
  async loadKeys(keys: readonly Pick<Row, Key>[], locked?: 'for update'): Promise<readonly Row[]> {
    if (keys.length === 0) return [];
    const found = await this.#table.among(keys, locked);
    for (const row of found) this.#learn(row, locked !== undefined);
    for (const key of keys) {
      const place = this.#place(key);
      if (!this.#known.has(place))
        this.#known.set(place, { row: null, stored: null, locked: false, change: 'none' });
    }
    return found;
  }

  /** Loads all rows of these values; the columns are those of a lookup. */
  async loadAll<Column extends keyof Row & string>(
    places: readonly Pick<Row, Column>[],
  ): Promise<readonly Row[]> {
    const [first] = places;
    if (first === undefined) return [];
    const by = Object.keys(first);
    const lookup = this.#complete.find(
      (each) => each.by.length === by.length && each.by.every((name) => by.includes(name)),
    );
    if (lookup === undefined) throw new TypeError(`no lookup by ${by.join(', ')}`);
    const found = await (lookup.within === undefined
      ? this.#table.among(places)
      : this.#table.list({ ...this.#anyOf(places), ...lookup.within } as Match<Row>, {
          limit: 1_000_000,
          often: true,
        }));
    for (const row of found) this.#learn(row, false);
    for (const place of places)
      lookup.values.add(lookup.by.map((name) => String(Reflect.get(place, name))).join('\n'));
    return found;
  }

  /** Writes what changed. Throws a `Surprise` where a row that had to be new was there. */
  async flush(): Promise<void> {
    if (this.#changed.size === 0) return;
    const made: Row[] = [];
    const put: Row[] = [];
    /** By the names of the columns that differ: most rows of a group were changed in the same way. */
    const altered = new Map<string, { readonly columns: readonly (keyof Row & string)[]; rows: Row[] }>();
    for (const place of this.#changed) {
      const known = this.#known.get(place);
      if (known === undefined || known.row === null) continue;
      const { row, stored, locked, change } = known;
      if (change === 'insert') made.push(row);
      else if (stored === null || !locked) put.push(row);
      else {
        const columns = differing(row, stored);
        const name = columns.join(' ');
        const same = altered.get(name);
        if (same === undefined) altered.set(name, { columns, rows: [row] });
        else same.rows.push(row);
      }
      known.change = 'none';
      known.stored = row;
      known.locked = true;
    }
    this.#changed.clear();
    const alike = altered.size <= MOST_WAYS ? [...altered.values()] : [asOneWay(altered.values())];
    const [created] = await together([
      made.length === 0 ? 0 : this.#table.insertMany(made),
      put.length === 0 ? null : this.#table.putMany(put),
      ...alike
        .filter(({ columns }) => columns.length > 0)
        .map(({ columns, rows }) => this.#table.putMany(rows, columns)),
    ]);
    if (created !== made.length) throw new Surprise('a row that had to be new was there');
  }

  /** Everything is asked for anew. */
  async forget(): Promise<void> {
    await this.flush();
    this.#known.clear();
    for (const { values, keys } of this.#complete) {
      values.clear();
      keys.clear();
    }
  }

  async find(key: Pick<Row, Key>): Promise<Row | null> {
    const known = this.#known.get(this.#place(key)) ?? (await this.#fetch(key, 'find'));
    return known.row === null ? null : { ...known.row };
  }

  async findForUpdate(key: Pick<Row, Key>): Promise<Row | null> {
    const known = await this.#locked(key);
    return known.row === null ? null : { ...known.row };
  }

  async first(match: Match<Row>): Promise<Row | null> {
    const found = this.#answer(match);
    if (found !== null) return found[0] === undefined ? null : { ...found[0] };
    await this.#pass('first');
    return this.#table.first(match);
  }

  async list(match: Match<Row>, options: ListOptions<Row>): Promise<readonly Row[]> {
    const found = this.#answer(match);
    if (found !== null) return listed(found, options, this.#keys).map((row) => ({ ...row }));
    await this.#pass('list');
    return this.#table.list(match, options);
  }

  async count(match: Match<Row>): Promise<number> {
    const found = this.#answer(match);
    if (found !== null) return found.length;
    await this.#pass('count');
    return this.#table.count(match);
  }

  async insert(row: Row): Promise<'created' | 'exists'> {
    const place = this.#place(row);
    const known = this.#known.get(place) ?? (this.#fresh ? null : await this.#fetch(row, 'insert'));
    if (known !== null && known.row !== null) return 'exists';
    this.#change(place, row, 'insert');
    return 'created';
  }

  async put(row: Row): Promise<void> {
    const place = this.#place(row);
    this.#change(place, row, this.#known.get(place)?.change === 'insert' ? 'insert' : 'put');
  }

  async patch(key: Pick<Row, Key>, change: Partial<Omit<Row, Key>>): Promise<boolean> {
    const known = await this.#locked(key);
    if (known.row === null) return false;
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    await this.put({ ...known.row, ...Object.fromEntries(given) });
    return true;
  }

  async among<Column extends keyof Row & string>(
    places: readonly Pick<Row, Column>[],
    locked?: 'for update',
  ) {
    await this.#pass('among');
    return this.#table.among(places, locked);
  }
  async page(match: Match<Row>, ask: PageAsk<Row>): Promise<readonly Row[]> {
    await this.#pass('page');
    return this.#table.page(match, ask);
  }
  async countUpTo(match: Match<Row>, anyOf: readonly Match<Row>[], most: number): Promise<number> {
    await this.#pass('countUpTo');
    return this.#table.countUpTo(match, anyOf, most);
  }
  async insertMany(rows: readonly Row[]): Promise<number> {
    await this.#passAndForget('insertMany');
    return this.#table.insertMany(rows);
  }
  async putMany(rows: readonly Row[]): Promise<void> {
    for (const row of rows) await this.put(row);
  }
  async patchWhere(match: Match<Row>, change: Partial<Row>): Promise<number> {
    await this.#passAndForget('patchWhere');
    return this.#table.patchWhere(match, change);
  }
  async removeWhere(match: Match<Row>): Promise<number> {
    await this.#passAndForget('removeWhere');
    return this.#table.removeWhere(match);
  }

  async #pass(call: string): Promise<void> {
    this.#passed(call);
    await this.flush();
  }
  async #passAndForget(call: string): Promise<void> {
    this.#passed(call);
    await this.forget();
  }

  async #fetch(key: Pick<Row, Key>, call: string): Promise<Known<Row>> {
    this.#passed(call);
    await this.loadKeys([key]);
    return this.#known.get(this.#place(key)) as Known<Row>;
  }

  /** What is known of a row, locked at the database or made here. */
  async #locked(key: Pick<Row, Key>): Promise<Known<Row>> {
    const place = this.#place(key);
    const known = this.#known.get(place);
    if (known !== undefined && (known.row === null || known.locked || known.change !== 'none')) return known;
    this.#passed('findForUpdate');
    await this.loadKeys([key], 'for update');
    return this.#known.get(place) as Known<Row>;
  }

  #learn(row: Row, locked: boolean): void {
    const place = this.#place(row);
    const before = this.#known.get(place);
    // What was changed here, or is locked already, is newer than any reading.
    if (before !== undefined && (before.change !== 'none' || (before.locked && !locked))) return;
    this.#unlink(place, before?.row ?? null);
    const stored = noted(row);
    this.#known.set(place, { row: stored, stored, locked, change: 'none' });
    this.#link(place, row);
  }

  #change(place: string, row: Row, change: 'insert' | 'put'): void {
    const before = this.#known.get(place);
    const kept = normalised(row);
    if (kept === null) throw new Surprise('a column without a value');
    this.#unlink(place, before?.row ?? null);
    this.#known.set(place, {
      ...{ row: kept, stored: before?.stored ?? null },
      ...{ locked: before?.locked ?? false, change },
    });
    this.#changed.add(place);
    this.#link(place, kept);
  }

  /** The known rows that match; null where the database may have others. */
  #answer(match: Match<Row>): Row[] | null {
    for (const { by, within, values, keys } of this.#complete) {
      const places = placesIn(match as Fields, by);
      if (places === null || !asksWithin(match as Fields, within as Fields | undefined)) continue;
      const names = places.map((place) => place.join('\n'));
      if (!names.every((name) => values.has(name))) continue;
      const found: Row[] = [];
      for (const name of names)
        for (const place of keys.get(name) ?? []) {
          const row = this.#known.get(place)?.row;
          if (row !== null && row !== undefined && matches(row, match)) found.push(row);
        }
      return found;
    }
    return null;
  }

  #link(place: string, row: Row): void {
    for (const { by, keys } of this.#complete) {
      const name = nameOf(row, by);
      const same = keys.get(name);
      if (same === undefined) keys.set(name, new Set([place]));
      else same.add(place);
    }
  }
  #unlink(place: string, row: Row | null): void {
    if (row === null) return;
    for (const { by, keys } of this.#complete) keys.get(nameOf(row, by))?.delete(place);
  }

  #place(key: Pick<Row, Key>): string {
    const [only] = this.#keys;
    if (this.#keys.length === 1 && only !== undefined) return String(key[only]);
    return this.#keys.map((name) => String(key[name])).join('\n');
  }
  #anyOf(places: readonly object[]): Fields {
    const names = Object.keys(places[0] ?? {});
    return Object.fromEntries(
      names.map((name) => [name, [...new Set(places.map((place) => Reflect.get(place, name)))]]),
    );
  }
}

const nameOf = (row: object, by: readonly string[]): string =>
  by.length === 1 && by[0] !== undefined
    ? String(Reflect.get(row, by[0]))
    : by.map((name) => String(Reflect.get(row, name))).join('\n');

/** Whether a match asks for nothing beyond what was loaded. */
const asksWithin = (match: Fields, within: Fields | undefined): boolean =>
  within === undefined ||
  Object.entries(within).every(([name, loaded]) => {
    const asked = match[name];
    if (asked === undefined || asked === null) return false;
    if (typeof asked === 'object' && !Array.isArray(asked)) return false;
    return [asked].flat().every((value) => (loaded as readonly unknown[]).includes(value));
  });
