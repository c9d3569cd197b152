import postgres from 'postgres';

/**
 * A crowd in a hub's real database: one row stands model and is written again with other ids and times, by the database itself, so that a million
 * rows take seconds and every column, also one that is added later, holds what it holds in production.
 */
export async function multiply(
  url: string,
  table: string,
  key: string,
  model: string,
  count: number,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const columns = await sql<{ name: string }[]>`
      select column_name as name from information_schema.columns
      where table_schema = 'public' and table_name = ${table} order by ordinal_position`;
    const unknown = Object.keys(changes).find((name) => !columns.some((column) => column.name === name));
    if (unknown !== undefined) throw new Error(`${table} has no column ${unknown}`);
    const names = columns.map(({ name }) => `"${name}"`).join(', ');
    const values = columns.map(({ name }) => changes[name] ?? `model."${name}"`).join(', ');
    await sql.unsafe(
      `insert into "${table}" (${names}) select ${values} from "${table}" model, generate_series(1, ${count}) as n
       where model."${key}" = '${model}'`,
    );
    await sql.unsafe(`analyze "${table}"`);
  } finally {
    await sql.end();
  }
}
