import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';

/** Rows that a database holds: all of a table, or those that a condition of SQL picks. */
export interface Rows {
  readonly table: string;
  readonly where?: string;
}
export interface Plain {
  readonly rows: number;
  readonly ms: number;
}

/** The same rows again into an empty table of the same columns, keys and indexes, without triggers, as multi-row INSERTs of 500 with a commit each. */
export async function inserted(url: string, all: readonly Rows[]): Promise<Plain> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const loaded: { table: string; rows: Record<string, unknown>[] }[] = [];
  for (const { table, where = 'true' } of all) {
    await sql.unsafe(`create table insert_${table} (like ${table} including all)`);
    loaded.push({ table, rows: [...(await sql.unsafe(`select * from ${table} where ${where}`))] });
  }
  const begun = performance.now();
  let count = 0;
  for (const { table, rows } of loaded)
    for (let from = 0; from < rows.length; from += 500) {
      const part = rows.slice(from, from + 500);
      await sql`insert into ${sql(`insert_${table}`)} ${sql(part as never)}`;
      count += part.length;
    }
  const ms = performance.now() - begun;
  await sql.end();
  return { rows: count, ms };
}

/** The same, as one COPY a table from a file of the server: what the database alone takes for these rows. */
export async function copied(url: string, all: readonly Rows[]): Promise<Plain> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-copy-'));
  // The server writes and reads there as its own user.
  chmodSync(folder, 0o777);
  for (const { table, where = 'true' } of all) {
    await sql.unsafe(`create table copy_${table} (like ${table} including all)`);
    await sql.unsafe(`copy (select * from ${table} where ${where}) to '${folder}/${table}'`);
  }
  const begun = performance.now();
  let rows = 0;
  for (const { table } of all)
    rows += (await sql.unsafe(`copy copy_${table} from '${folder}/${table}'`)).count;
  const ms = performance.now() - begun;
  await sql.end();
  rmSync(folder, { recursive: true });
  return { rows, ms };
}
