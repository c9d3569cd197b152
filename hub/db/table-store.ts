import {
  and,
  asc,
  type Column,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  ilike,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  ne,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { ListOptions, Match, PageAsk, Table } from '#hub/ports/table.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Db, query, whole } from './drizzle.ts';
import { guarded } from './trouble.ts';
import { atPlaces, changesAsOne, oneOf, rowsAsOne } from './whole-sets.ts';

const RANGES = { lt, lte, gt, gte } as const;
type RangeName = keyof typeof RANGES;

/** A text as it is meant within a pattern. */
export const escaped = (text: string): string => text.replace(/[\\%_]/g, (sign) => `\\${sign}`);

/** The one implementation of `Table`, over Drizzle, for PGlite and PostgreSQL alike. */
export function tableStore<Row extends object, Key extends keyof Row & string>(
  db: Db,
  table: PgTable,
  keys: readonly Key[],
): Table<Row, Key> {
  const columns = getTableColumns(table) as Record<string, Column>;
  const column = (name: string): Column => {
    const found = columns[name];
    assert(found !== undefined, `no column ${name}`);
    return found;
  };
  const where = (match: Match<Row>): SQL | undefined =>
    and(...Object.entries(match).map(([name, condition]) => oneCondition(column(name), condition)));
  const whereOften = (match: Match<Row>): SQL | undefined =>
    and(...Object.entries(match).map(([name, values]) => oftenCondition(column(name), values)));
  const byKey = (key: Pick<Row, Key>): SQL | undefined =>
    and(...keys.map((name) => eq(column(name), key[name])));
  const anyWhere = (anyOf: readonly Match<Row>[] = []): SQL | undefined =>
    or(...anyOf.map((match) => where(match) ?? sql`true`));
  /** Rows after a mark come in at most two runs: those with a value, and those without one, each straight from an index. */
  async function onePage(match: Match<Row>, ask: PageAsk<Row>): Promise<readonly Row[]> {
    const [by, key] = [column(ask.by), column(keys[0] ?? '')];
    assert(keys.length === 1, 'pages are of tables with one column as key');
    const direction = ask.descending ? desc : asc;
    const order = by === key ? [direction(key)] : [direction(by), direction(key)];
    const run = (more: SQL | undefined, limit: number) =>
      rows(
        db
          .select()
          .from(table)
          .where(and(where(match), anyWhere(ask.anyOf), more))
          .orderBy(...order)
          .limit(limit),
      );
    const { after, descending, limit } = ask;
    if (after === null) return run(undefined, limit);
    const beyond = descending ? lt : gt;
    if (by === key) return run(beyond(key, after.key), limit);
    const sign = descending ? sql`<` : sql`>`;
    const run1 =
      after.value === null
        ? and(isNull(by), beyond(key, after.key))
        : sql`(${by}, ${key}) ${sign} (${sql.param(after.value, by)}, ${sql.param(after.key, key)})`;
    const found = await run(run1, limit);
    // Absent values are last going up and first going down: one run may be over within this page.
    if (found.length === limit || by.notNull || (after.value === null) !== descending) return found;
    return [...found, ...(await run(descending ? isNotNull(by) : isNull(by), limit - found.length))];
  }
  const rows = async (asked: PromiseLike<unknown>): Promise<Row[]> => (await guarded(() => asked)) as Row[];
  const values = (row: object) => row as Record<string, unknown>;

  const put: Table<Row, Key>['put'] = async (row) => {
    const { change, target } = splitKey(row, keys, column);
    const insert = db.insert(table).values(values(row));
    const whenTaken = { target: target as never, set: change };
    await guarded(() =>
      Object.keys(change).length === 0 ? insert.onConflictDoNothing() : insert.onConflictDoUpdate(whenTaken),
    );
  };

  return {
    find: async (key) => (await rows(db.select().from(table).where(byKey(key)).limit(1)))[0] ?? null,
    findForUpdate: async (key) =>
      (await rows(db.select().from(table).where(byKey(key)).limit(1).for('update')))[0] ?? null,
    first: async (match) => (await rows(db.select().from(table).where(where(match)).limit(1)))[0] ?? null,
    async list(match, options: ListOptions<Row>) {
      const direction = options.descending === true ? desc : asc;
      const order = (options.orderBy ?? keys).map((name) => direction(column(name)));
      const found = db
        .select()
        .from(table)
        .where(options.often === true ? whereOften(match) : where(match))
        .orderBy(...order)
        .limit(options.limit);
      return rows(found.offset(options.offset ?? 0));
    },
    async among(places, locked) {
      const [first] = places;
      if (first === undefined) return [];
      const named = Object.keys(first).map((name) => [name, column(name)] as const);
      const found = db
        .select()
        .from(table)
        .where(atPlaces(named, places as readonly object[]))
        .orderBy(...keys.map((name) => asc(column(name))));
      return rows(locked === undefined ? found : found.for('update'));
    },
    page: (match, ask) => onePage(match, ask),
    async countUpTo(match, anyOf, most) {
      const within = db
        .select({ one: sql`1`.as('one') })
        .from(table)
        .where(and(where(match), anyWhere(anyOf)))
        .limit(most)
        .as('within');
      const found = await guarded(() => db.select({ n: sql`count(*)` }).from(within));
      return whole(found[0]?.n);
    },
    async count(match) {
      const found = await guarded(() => db.select({ n: sql`count(*)` }).from(table).where(where(match)));
      return whole(found[0]?.n);
    },
    async insert(row) {
      const made = await guarded(() =>
        db.insert(table).values(values(row)).onConflictDoNothing().returning({ one: sql`1` }),
      );
      return made.length === 1 ? 'created' : 'exists';
    },
    async insertMany(all) {
      let made = 0;
      const asOne = rowsAsOne(table, columns, all);
      if (asOne !== null)
        return (await query(db, sql`${asOne.insert} on conflict do nothing returning 1 as one`)).length;
      for (let start = 0; start < all.length; start += 500) {
        const part = all.slice(start, start + 500).map(values);
        const done = await guarded(() =>
          db.insert(table).values(part).onConflictDoNothing().returning({ one: sql`1` }),
        );
        made += done.length;
      }
      return made;
    },
    put,
    async putMany(all, changed) {
      if (changed !== undefined) {
        const columnsToWrite = changed.filter((name) => !(keys as readonly string[]).includes(name));
        if (all.length > 0 && columnsToWrite.length > 0)
          await query(db, changesAsOne(table, keys, columnsToWrite, all));
        return;
      }
      const asOne = rowsAsOne(table, columns, all);
      if (asOne === null) for (const row of all) await put(row);
      else await query(db, sql`${asOne.insert} on conflict ${asOne.replacing(keys)}`);
    },
    async patch(key, change) {
      const done = await guarded(() =>
        db.update(table).set(values(change)).where(byKey(key)).returning({ one: sql`1` }),
      );
      return done.length > 0;
    },
    async patchWhere(match, change) {
      const done = await guarded(() =>
        db.update(table).set(values(change)).where(where(match)).returning({ one: sql`1` }),
      );
      return done.length;
    },
    async removeWhere(match) {
      const done = await guarded(() => db.delete(table).where(where(match)).returning({ one: sql`1` }));
      return done.length;
    },
  };
}

function splitKey<Row extends object>(
  row: Row,
  keys: readonly string[],
  column: (name: string) => Column,
): { change: Record<string, unknown>; target: Column[] } {
  const change = Object.fromEntries(Object.entries(row).filter(([name]) => !keys.includes(name)));
  return { change, target: keys.map(column) };
}

/** As one value, a set of them. */
function oftenCondition(column: Column, values: unknown): SQL {
  const set: readonly unknown[] = Array.isArray(values) ? values : [values];
  const plain = set.every((value) => typeof value === 'string' || typeof value === 'number');
  assert(plain, `what is asked often of ${column.name} is values`);
  return oneOf(column, set);
}

/** `undefined` is a mistake of the caller, never "any value": a forgotten condition must not widen a change. */
function oneCondition(column: Column, condition: unknown): SQL {
  assert(condition !== undefined, `condition on ${column.name} is undefined`);
  if (condition === null) return isNull(column);
  if (Array.isArray(condition)) return condition.length === 0 ? sql`false` : inArray(column, condition);
  if (typeof condition !== 'object') return eq(column, condition);
  const parts = Object.entries(condition).map(([name, value]) => {
    if (name === 'not') return value === null ? isNotNull(column) : ne(column, value);
    if (name === 'contains') return ilike(column, `%${escaped(String(value))}%`);
    if (name === 'begins') return like(column, `${escaped(String(value))}%`);
    assert(name in RANGES, `no condition is called ${name}`);
    return RANGES[name as RangeName](column, value);
  });
  assert(parts.length > 0, `condition on ${column.name} is empty`);
  return and(...parts) as SQL;
}
