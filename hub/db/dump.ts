import { sql } from 'drizzle-orm';
import type { DumpPart } from '#hub/ports/dump.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Db, query, whole } from './drizzle.ts';
import { guarded } from './trouble.ts';

/** Rows read or written at once. */
const PAGE = 500;
/** Others refer to these, or their triggers ask them; the log's queue comes last, since triggers of others write into it. */
const FIRST = ['accounts', 'transfers', 'entries'];
const LAST = ['log_pending'];
const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * Every row as one moment saw it (OPS-2), table by table, in pages: one read-only transaction, so that the books balance in it whatever is posted
 * meanwhile. PGlite has one connection: a hub on it waits until the dump is over.
 */
export async function dumpTables(db: Db, take: (part: DumpPart) => Promise<void>): Promise<void> {
  await guarded(() =>
    db.transaction(
      async (tx) => {
        // Append-only tables are read in the order in which they were written: nothing comes before what it refers to.
        await query(tx as Db, sql`set local synchronize_seqscans = off`);
        const applied = await query(tx as Db, sql`select name from keyturn_migrations order by name`);
        await take({ migrations: applied.map(({ name }) => String(name)) });
        for (const table of await tablesOf(tx as Db)) await dumpTable(tx as Db, table, take);
        for (const { sequencename: sequence, last_value: value } of await query(
          tx as Db,
          sql`select sequencename, last_value from pg_sequences where schemaname = 'public' and last_value is not null`,
        ))
          await take({ sequence: String(sequence), value: whole(value) });
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    ),
  );
}

async function dumpTable(tx: Db, table: string, take: (part: DumpPart) => Promise<void>): Promise<void> {
  const name = sql.identifier(table);
  await query(tx, sql`declare dumped no scroll cursor for select row_to_json(t)::text as row from ${name} t`);
  for (;;) {
    const rows = await query(tx, sql.raw(`fetch ${PAGE} from dumped`));
    if (rows.length === 0) break;
    await take({ table, rows: rows.map(({ row }) => String(row)) });
  }
  await query(tx, sql`close dumped`);
}

async function tablesOf(db: Db): Promise<readonly string[]> {
  const found = await query(
    db,
    sql`select table_name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'keyturn_migrations' order by table_name`,
  );
  const names = found.map((row) => String(row.table_name));
  const rest = names.filter((name) => !FIRST.includes(name) && !LAST.includes(name));
  return [...FIRST, ...rest, ...LAST].filter((name) => names.includes(name));
}

export type RowsPart = Exclude<DumpPart, { readonly migrations: readonly string[] }>;

/** Whether anything of Keyturn, or of anybody else, lies in the database. */
export const isEmpty = async (db: Db): Promise<boolean> => (await tablesOf(db)).length === 0;

/** Reads a dump back into a schema that its migrations just made, inside the caller's transaction; answers how many rows. */
export async function loadTables(tx: Db, parts: AsyncIterable<RowsPart>): Promise<number> {
  let rows = 0;
  let cleared = false;
  for await (const part of parts) {
    if ('sequence' in part) {
      assert(NAME.test(part.sequence), 'a sequence has a plain name');
      await query(tx, sql`select setval(${part.sequence}::regclass, ${part.value}::bigint)`);
      continue;
    }
    assert(NAME.test(part.table), 'a table has a plain name');
    const name = sql.identifier(part.table);
    if (LAST.includes(part.table) && !cleared) {
      // What triggers noted while the rows came back was noted once already.
      await query(tx, sql`delete from ${name}`);
      cleared = true;
    }
    const all = `[${part.rows.join(',')}]`;
    await query(
      tx,
      sql`insert into ${name} select * from json_populate_recordset(null::${name}, ${all}::json)`,
    );
    rows += part.rows.length;
  }
  if (!cleared) await query(tx, sql`delete from log_pending`);
  return rows;
}
