import { type Column, type SQL, sql } from 'drizzle-orm';
import { toSnakeCase } from 'drizzle-orm/casing';
import type { PgTable } from 'drizzle-orm/pg-core';
import { assert } from '#shared/kernel/assert.ts';

/**
 * Many rows or places in one statement with one value, a JSON text: of what Node can send it was the cheapest for PostgreSQL to read, and
 * the statement stays the same however many there are.
 */

/** Names as the database has them: the schema's own words in `snake_case`, as `engine.ts` tells Drizzle. */
const identifier = (name: string): SQL => sql`${sql.identifier(toSnakeCase(name))}`;
const list = (parts: readonly SQL[]): SQL => sql.join([...parts], sql`, `);

const type = (column: Column): SQL => sql.raw(column.getSQLType());

/** Whether a column has one of these values. */
export function oneOf(column: Column, values: readonly unknown[]): SQL {
  const texts = JSON.stringify([...new Set(values)]);
  return sql`${column} = any(array(select v.t::${type(column)} from json_array_elements_text(${texts}::json) as v(t)))`;
}

/** Whether a row stands at one of the places. One column: by its index, value for value; several: the planner chooses. */
export function atPlaces(columns: readonly (readonly [string, Column])[], places: readonly object[]): SQL {
  const values = places.map((place) =>
    columns.map(([name]) => {
      const value: unknown = Reflect.get(place, name);
      assert(value !== undefined && value !== null, `${name} of a place is absent`);
      return value;
    }),
  );
  const [only] = columns;
  assert(only !== undefined, 'a place names a column');
  if (columns.length === 1) return oneOf(only[1], values.flat());
  const records = JSON.stringify(
    values.map((place) => Object.fromEntries(place.map((value, at) => [`c${at}`, value]))),
  );
  const fields = columns.map(([, column], at) => sql`${sql.identifier(`c${at}`)} ${type(column)}`);
  return sql`(${list(columns.map(([, column]) => sql`${column}`))}) in
    (select * from json_to_recordset(${records}::json) as k(${list(fields)}))`;
}

/** The one statement that changes columns of rows which are there, by their keys. Long texts that are not among them are not even read. */
export function changesAsOne(
  table: PgTable,
  keys: readonly string[],
  changed: readonly string[],
  rows: readonly object[],
): SQL {
  const names = [...keys, ...changed].map((name) => [name, toSnakeCase(name)] as const);
  const records = rows.map((row) => {
    const record: Record<string, unknown> = {};
    for (const [name, key] of names) record[key] = Reflect.get(row, name);
    return record;
  });
  const told = (name: string): SQL => sql`told.${identifier(name)}`;
  return sql`update ${table} as stored set ${list(changed.map((name) => sql`${identifier(name)} = ${told(name)}`))}
    from json_populate_recordset(null::${table}, ${JSON.stringify(records)}::json) as told
    where ${sql.join(
      keys.map((name) => sql`stored.${identifier(name)} = ${told(name)}`),
      sql` and `,
    )}`;
}

/** The one statement that inserts rows which all give the same columns; null where they do not, or where there are none. */
export function rowsAsOne(
  table: PgTable,
  columns: Readonly<Record<string, Column>>,
  rows: readonly object[],
): { readonly insert: SQL; replacing(keys: readonly string[]): SQL } | null {
  const given = (row: object) => Object.keys(row).filter((name) => Reflect.get(row, name) !== undefined);
  const names = rows[0] === undefined ? [] : given(rows[0]);
  if (names.length === 0 || names.some((name) => columns[name] === undefined)) return null;
  const uniform = (row: object): boolean =>
    given(row).length === names.length && names.every((name) => Reflect.get(row, name) !== undefined);
  if (!rows.every(uniform)) return null;
  const keys = names.map((name) => [name, toSnakeCase(name)] as const);
  const records = rows.map((row) => {
    const record: Record<string, unknown> = {};
    for (const [name, key] of keys) record[key] = Reflect.get(row, name);
    return record;
  });
  const all = list(names.map(identifier));
  return {
    insert: sql`insert into ${table} (${all}) select ${all} from json_populate_recordset(null::${table}, ${JSON.stringify(records)}::json)`,
    replacing(primary) {
      const changed = names.filter((name) => !primary.includes(name));
      const target = list(primary.map(identifier));
      if (changed.length === 0) return sql`(${target}) do nothing`;
      return sql`(${target}) do update set ${list(changed.map((name) => sql`${identifier(name)} = excluded.${identifier(name)}`))}`;
    },
  };
}
