import {
  and,
  asc,
  type Column,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  ne,
  type SQL,
  sql,
} from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { ListOptions, Match, Table } from '#hub/ports/table.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Db, whole } from './drizzle.ts';
import { guarded } from './trouble.ts';

const RANGES = { lt, lte, gt, gte } as const;
type RangeName = keyof typeof RANGES;

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
  const byKey = (key: Pick<Row, Key>): SQL | undefined =>
    and(...keys.map((name) => eq(column(name), key[name])));
  const rows = async (query: PromiseLike<unknown>): Promise<Row[]> => (await guarded(() => query)) as Row[];
  const values = (row: object) => row as Record<string, unknown>;

  return {
    find: async (key) => (await rows(db.select().from(table).where(byKey(key)).limit(1)))[0] ?? null,
    findForUpdate: async (key) =>
      (await rows(db.select().from(table).where(byKey(key)).limit(1).for('update')))[0] ?? null,
    first: async (match) => (await rows(db.select().from(table).where(where(match)).limit(1)))[0] ?? null,
    async list(match, options: ListOptions<Row>) {
      const direction = options.descending === true ? desc : asc;
      const order = (options.orderBy ?? keys).map((name) => direction(column(name)));
      const query = db
        .select()
        .from(table)
        .where(where(match))
        .orderBy(...order)
        .limit(options.limit);
      return rows(query.offset(options.offset ?? 0));
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
      for (let start = 0; start < all.length; start += 500) {
        const part = all.slice(start, start + 500).map(values);
        const done = await guarded(() =>
          db.insert(table).values(part).onConflictDoNothing().returning({ one: sql`1` }),
        );
        made += done.length;
      }
      return made;
    },
    async put(row) {
      const { change, target } = splitKey(row, keys, column);
      const insert = db.insert(table).values(values(row));
      const whenTaken = { target: target as never, set: change };
      await guarded(() =>
        Object.keys(change).length === 0
          ? insert.onConflictDoNothing()
          : insert.onConflictDoUpdate(whenTaken),
      );
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

/** `undefined` is a mistake of the caller, never "any value": a forgotten condition must not widen a change. */
function oneCondition(column: Column, condition: unknown): SQL {
  assert(condition !== undefined, `condition on ${column.name} is undefined`);
  if (condition === null) return isNull(column);
  if (Array.isArray(condition)) return condition.length === 0 ? sql`false` : inArray(column, condition);
  if (typeof condition !== 'object') return eq(column, condition);
  const parts = Object.entries(condition).map(([name, value]) => {
    if (name === 'not') return value === null ? isNotNull(column) : ne(column, value);
    assert(name in RANGES, `no condition is called ${name}`);
    return RANGES[name as RangeName](column, value);
  });
  assert(parts.length > 0, `condition on ${column.name} is empty`);
  return and(...parts) as SQL;
}
