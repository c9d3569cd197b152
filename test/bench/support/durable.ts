import postgres from 'postgres';
import { assert } from '#shared/kernel/assert.ts';

/** What is written is on the disk before it is acknowledged: a benchmark without that says nothing, so it stops. */
export async function assertDurable(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const [row] = await sql.unsafe(`show ${name}`);
    assert(row?.[name] === 'on', `${name} is on, or nothing is measured (it is ${row?.[name]})`);
  }
  await sql.end();
}
