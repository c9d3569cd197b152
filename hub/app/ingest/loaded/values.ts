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
    const copy: unknown = JSON.parse(JSON.stringify(value));
    if (typeof copy === 'object' && copy !== null) own.add(copy);
    kept[name] = copy;
  }
  return kept as Row;
}
