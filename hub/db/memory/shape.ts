import { getTableColumns } from 'drizzle-orm';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { assert } from '#shared/kernel/assert.ts';

export type ColumnKind = 'text' | 'json' | 'boolean' | 'int32' | 'int53';

export interface ColumnShape {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly required: boolean;
  /** What stands where nothing was given; `serial`: the next number. */
  readonly fallback: { readonly value: unknown } | 'serial' | null;
}

export interface TableShape {
  readonly name: string;
  readonly columns: readonly ColumnShape[];
  readonly key: readonly string[];
  /** The primary key first. */
  readonly uniques: readonly { readonly name: string; readonly columns: readonly string[] }[];
  /** Columns by which rows are found without looking at all of them. */
  readonly lookups: readonly string[];
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  PgText: 'text',
  PgJsonb: 'json',
  PgBoolean: 'boolean',
  PgInteger: 'int32',
  PgBigInt53: 'int53',
  PgBigSerial53: 'int53',
};

/** What the schema says of a table, so that the database in memory keeps the same constraints without a second description. */
export function shapeOf(table: PgTable): TableShape {
  const config = getTableConfig(table);
  const columns = getTableColumns(table);
  const names = Object.keys(columns);
  const nameOf = (column: unknown): string => {
    const found = names.find((name) => columns[name] === column || columns[name]?.name === nameIn(column));
    assert(found !== undefined, `an index of ${config.name} names a column of it`);
    return found;
  };
  const ownKey = names.filter((name) => columns[name]?.primary === true);
  const key = ownKey.length > 0 ? ownKey : (config.primaryKeys[0]?.columns ?? []).map(nameOf);
  assert(key.length > 0, `${config.name} has a primary key`);
  const indexes = config.indexes.map(({ config: { name, unique, columns: on } }) => ({
    name: name ?? '',
    unique,
    columns: on.map(nameOf),
  }));
  const single = names.filter((name) => columns[name]?.isUnique === true);
  return {
    name: config.name,
    key,
    columns: names.map((name) => {
      const column = columns[name];
      const kind = KINDS[column?.columnType ?? ''];
      assert(column !== undefined && kind !== undefined, `${config.name}.${name} is of a known kind`);
      const serial = column.columnType === 'PgBigSerial53';
      return {
        name,
        kind,
        required: column.notNull,
        fallback: serial ? 'serial' : column.hasDefault ? { value: column.default } : null,
      };
    }),
    uniques: [
      { name: `${config.name}_pkey`, columns: key },
      ...single.map((name) => ({ name: `${config.name}_${name}_unique`, columns: [name] })),
      ...config.uniqueConstraints.map((one) => ({ name: one.name ?? '', columns: one.columns.map(nameOf) })),
      ...indexes.filter(({ unique }) => unique).map(({ name, columns: on }) => ({ name, columns: on })),
    ],
    lookups: [...new Set([key, ...indexes.map((one) => one.columns)].flatMap((on) => on.slice(0, 1)))],
  };
}

const nameIn = (column: unknown): string | undefined => (column as { readonly name?: string }).name;
