/** JSON values that came out of the database, or look as if they had: they need no second copy. */
const own = new WeakSet<object>();

/** A row as the database answered it. */
export function noted<Row extends object>(row: Row): Row {
  for (const value of Object.values(row)) if (typeof value === 'object' && value !== null) own.add(value);
  return row;
}

/** A row as the database would answer it after it was written: JSON has no absent fields, numbers no negative nothing. Null: a column has no value at all. */
export function normalised<Row extends object>(row: Row): Row | null {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === undefined) return null;
    kept[name] = value;
    if (value === 0) kept[name] = 0;
    if (typeof value !== 'object' || value === null || own.has(value)) continue;
    const copy = asJson(value);
    if (typeof copy === 'object' && copy !== null) own.add(copy);
    kept[name] = copy;
  }
  return kept as Row;
}

const PLAIN: readonly unknown[] = [Object.prototype, Array.prototype, null];

/** What writing a value as JSON and reading it again gives, without the text in between; what is no plain JSON goes through the text. */
function asJson(value: object): unknown {
  return PLAIN.includes(Object.getPrototypeOf(value)) && !('toJSON' in value)
    ? Array.isArray(value)
      ? value.map(member)
      : fieldsOf(value)
    : JSON.parse(JSON.stringify(value));
}

function fieldsOf(value: object): object {
  const kept: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    if (!isWritten(field)) continue;
    // This one name would be another's prototype if it were assigned.
    if (name === '__proto__')
      Object.defineProperty(kept, name, {
        ...{ value: member(field), enumerable: true },
        ...{ configurable: true, writable: true },
      });
    else kept[name] = member(field);
  }
  return kept;
}

const isWritten = (field: unknown): boolean =>
  field !== undefined && typeof field !== 'function' && typeof field !== 'symbol';

function member(field: unknown): unknown {
  if (typeof field === 'object' && field !== null) return own.has(field) ? field : asJson(field);
  if (typeof field === 'number') return Number.isFinite(field) ? field + 0 : null;
  return isWritten(field) ? field : null;
}
