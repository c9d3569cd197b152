import type { PgTable } from 'drizzle-orm/pg-core';
import { DatabaseTrouble } from '#hub/ports/database.ts';
import { listed, matches, paged } from '#hub/ports/match.ts';
import type { ListOptions, Match, Table } from '#hub/ports/table.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type ColumnShape, shapeOf, type TableShape } from './shape.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Undoes what was done, newest first. */
export interface UndoLog {
  mark(): number;
  undoTo(mark: number): void;
  /** Nothing is undone any more. */
  forget(): void;
  add(undo: () => void): void;
}

export function undoLog(): UndoLog {
  const steps: (() => void)[] = [];
  return {
    mark: () => steps.length,
    undoTo(mark) {
      while (steps.length > mark) steps.pop()?.();
    },
    forget: () => {
      steps.length = 0;
    },
    add: (undo) => {
      steps.push(undo);
    },
  };
}

/** What a table refuses or sets off, where the real database has a trigger. */
export interface Guard {
  /** Throws, or not; `after` null: the row is removed. */
  readonly change?: (before: Fields, after: Fields | null) => void;
  readonly inserted?: (row: Fields) => void;
}

/** One table in memory. Rows are frozen; whoever reads gets a copy. */
export interface Heap {
  readonly shape: TableShape;
  find(key: Fields): Fields | null;
  /** Rows that match, in the order in which they came. */
  select(match: Match<Fields>): Fields[];
  /** Null, and nothing changed, where a unique value is taken. */
  insert(row: object): Fields | null;
  replace(before: Fields, change: object): Fields;
  remove(row: Fields): void;
  /** Notes what is there; the answer puts it back. */
  keep(): () => void;
}

const trouble = (state: string, message: string, constraint: string | null = null): DatabaseTrouble =>
  new DatabaseTrouble(state, false, message, constraint, null);

export function openHeap(table: PgTable, undo: UndoLog, guard: Guard = {}): Heap {
  const shape = shapeOf(table);
  const rows = new Map<string, Fields>();
  const taken = shape.uniques.slice(1).map(() => new Map<string, string>());
  const lookups = new Map(shape.lookups.map((name) => [name, new Map<unknown, Set<string>>()]));
  const keyOf = (row: Fields): string => place(row, shape.key) ?? '';
  let serial = 0;

  const link = (key: string, row: Fields): void => {
    rows.set(key, row);
    for (const [at, { columns }] of shape.uniques.slice(1).entries()) {
      const value = place(row, columns);
      if (value !== null) taken[at]?.set(value, key);
    }
    for (const [name, found] of lookups) {
      const same = found.get(row[name]);
      if (same === undefined) found.set(row[name], new Set([key]));
      else same.add(key);
    }
  };
  const unlink = (key: string, row: Fields): void => {
    rows.delete(key);
    for (const [at, { columns }] of shape.uniques.slice(1).entries()) {
      const value = place(row, columns);
      if (value !== null) taken[at]?.delete(value);
    }
    for (const [name, found] of lookups) {
      const same = found.get(row[name]);
      same?.delete(key);
      if (same?.size === 0) found.delete(row[name]);
    }
  };
  /** The unique constraint that another row than `own` fills already. */
  const collision = (row: Fields, own: string | null): string | null => {
    const key = keyOf(row);
    if (key !== own && rows.has(key)) return shape.uniques[0]?.name ?? '';
    for (const [at, { columns, name }] of shape.uniques.slice(1).entries()) {
      const value = place(row, columns);
      const holder = value === null ? undefined : taken[at]?.get(value);
      if (holder !== undefined && holder !== own) return name;
    }
    return null;
  };
  /** The rows that a condition of equality leaves, by the first lookup that fits; else all. */
  const candidates = function* (match: Match<Fields>): Generator<Fields> {
    for (const [name, found] of lookups) {
      const condition = match[name];
      if (condition === undefined || (typeof condition === 'object' && !Array.isArray(condition))) continue;
      for (const value of Array.isArray(condition) ? new Set(condition) : [condition])
        for (const key of found.get(value) ?? []) yield rows.get(key) as Fields;
      return;
    }
    yield* rows.values();
  };

  return {
    shape,
    find: (key) => rows.get(keyOf(key)) ?? null,
    select: (match) => {
      const found: Fields[] = [];
      for (const row of candidates(match)) if (matches(row, match)) found.push(row);
      return found;
    },
    insert(given) {
      const row = normalised(shape, given, (column) =>
        absent(column, () => {
          serial += 1;
          return serial;
        }),
      );
      if (collision(row, null) !== null) return null;
      const key = keyOf(row);
      link(key, row);
      undo.add(() => unlink(key, row));
      guard.inserted?.(row);
      return row;
    },
    replace(before, change) {
      const after = normalised(shape, change, ({ name }) => (before as Fields)[name] ?? null);
      guard.change?.(before, after);
      const [oldKey, newKey] = [keyOf(before), keyOf(after)];
      const constraint = collision(after, oldKey);
      if (constraint !== null) throw trouble('23505', `${constraint} is taken`, constraint);
      unlink(oldKey, before);
      link(newKey, after);
      undo.add(() => {
        unlink(newKey, after);
        link(oldKey, before);
      });
      return after;
    },
    remove(row) {
      guard.change?.(row, null);
      const key = keyOf(row);
      unlink(key, row);
      undo.add(() => link(key, row));
    },
    keep() {
      const [kept, given] = [[...rows], serial];
      return () => {
        for (const [key, row] of [...rows]) unlink(key, row);
        for (const [key, row] of kept) link(key, row);
        serial = given;
      };
    },
  };
}

/** Values of columns as one text; null where one is absent (absent values are never equal). */
function place(row: Fields, columns: readonly string[]): string | null {
  const [first] = columns;
  if (columns.length === 1 && first !== undefined) {
    const value = row[first];
    return value === null || value === undefined ? null : String(value);
  }
  const values = columns.map((name) => row[name]);
  return values.some((value) => value === null || value === undefined) ? null : JSON.stringify(values);
}

/** A row of what is given, and of what `otherwise` has for the columns that are not. */
function normalised(shape: TableShape, given: object, otherwise: (column: ColumnShape) => unknown): Fields {
  const row: Record<string, unknown> = {};
  for (const column of shape.columns) {
    const asked = (given as Fields)[column.name];
    row[column.name] = asked === undefined ? otherwise(column) : stored(shape, column, asked);
    if (column.required && row[column.name] === null)
      throw trouble('23502', `${shape.name}.${column.name} is missing`, column.name);
  }
  return Object.freeze(row);
}

function absent(column: ColumnShape, serial: () => number | null): unknown {
  if (column.fallback === 'serial') return serial();
  return column.fallback === null ? null : frozen(structuredClone(column.fallback.value));
}

const LARGEST = 2 ** 31;

/** What the database would keep, or the error with which it refuses the value. */
function stored(shape: TableShape, { name, kind }: ColumnShape, value: unknown): unknown {
  if (value === null) return null;
  const refuse = (state: string, why: string) => trouble(state, `${shape.name}.${name} ${why}`);
  if (kind === 'json') {
    if (Object.isFrozen(value) && own.has(value as object)) return value;
    const text = JSON.stringify(value);
    if (text === undefined) throw refuse('22023', 'is no JSON');
    if (text.includes('\\u0000')) throw refuse('22P05', 'contains a character that cannot be kept');
    return frozen(JSON.parse(text));
  }
  if (kind === 'boolean') {
    if (typeof value !== 'boolean') throw refuse('22P02', 'is no boolean');
    return value;
  }
  if (kind === 'text') {
    if (typeof value !== 'string') throw refuse('22P02', 'is no text');
    if (value.includes('\0')) throw refuse('22021', 'contains a character that cannot be kept');
    return value;
  }
  if (!Number.isSafeInteger(value)) throw refuse('22P02', 'is no whole number');
  const number = value as number;
  if (kind === 'int32' && (number >= LARGEST || number < -LARGEST)) throw refuse('22003', 'is out of range');
  return number === 0 ? 0 : number;
}

/** JSON values that came out of a heap: frozen as deep as they go, so that they need no second copy. */
const own = new WeakSet<object>();

function frozen(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  for (const inner of Object.values(value)) frozen(inner);
  own.add(value);
  return Object.freeze(value);
}

/** The one implementation of `Table` in memory. */
export function memoryTable<Row extends object, Key extends keyof Row & string>(heap: Heap): Table<Row, Key> {
  const all = (match: Match<Row>): Fields[] => heap.select(match as Match<Fields>);
  const copy = (row: Fields | null | undefined): Row | null =>
    row === null || row === undefined ? null : ({ ...row } as Row);
  const changeable = (change: object): void =>
    assert(
      Object.values(change).some((value) => value !== undefined),
      'a change names a column',
    );
  const put: Table<Row, Key>['put'] = async (row) => {
    const before = heap.find(row as Fields);
    if (before !== null) heap.replace(before, row);
    else if (heap.insert(row) === null)
      throw trouble('23505', `a unique column of ${heap.shape.name} is taken`);
  };
  const find: Table<Row, Key>['find'] = async (key) => copy(heap.find(key as Fields));
  return {
    find,
    findForUpdate: find,
    first: async (match) => copy(all(match)[0]),
    list: async (match, options: ListOptions<Row>) =>
      listed(all(match) as Row[], options, heap.shape.key).map((row) => ({ ...row })),
    async among(places) {
      const found = new Set(places.flatMap((place) => heap.select(place as Match<Fields>)));
      return listed([...found] as Row[], { limit: Number.MAX_SAFE_INTEGER }, heap.shape.key).map((row) => ({
        ...row,
      }));
    },
    async page(match, ask) {
      const [key] = heap.shape.key;
      assert(key !== undefined && heap.shape.key.length === 1, 'pages are of tables with one column as key');
      const found = paged(all(match) as unknown as readonly Row[], ask, key as keyof Row & string);
      return found.map((row) => ({ ...row }));
    },
    async countUpTo(match, anyOf, most) {
      const found = all(match).filter(
        (row) => anyOf.length === 0 || anyOf.some((one) => matches(row as Row, one)),
      );
      return Math.min(found.length, most);
    },
    count: async (match) => all(match).length,
    insert: async (row) => (heap.insert(row) === null ? 'exists' : 'created'),
    insertMany: async (rows) => rows.filter((row) => heap.insert(row) !== null).length,
    put,
    async putMany(rows) {
      for (const row of rows) await put(row);
    },
    async patch(key, change) {
      changeable(change);
      const before = heap.find(key as Fields);
      if (before !== null) heap.replace(before, change);
      return before !== null;
    },
    async patchWhere(match, change) {
      changeable(change);
      const found = all(match);
      for (const row of found) heap.replace(row, change);
      return found.length;
    },
    async removeWhere(match) {
      const found = all(match);
      for (const row of found) heap.remove(row);
      return found.length;
    },
  };
}
