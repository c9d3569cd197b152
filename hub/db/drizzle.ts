import type { SQL } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { guarded } from './trouble.ts';

/** Either driver, or a transaction of either: everything in `hub/db` is written against this. */
export type Db = PgDatabase<PgQueryResultHKT, Record<string, never>>;

/** Runs raw SQL and answers its rows: the two drivers differ in the shape of `execute`. */
export async function query(db: Db, statement: SQL): Promise<readonly Record<string, unknown>[]> {
  const result: unknown = await guarded(() => db.execute(statement));
  if (Array.isArray(result)) return result as Record<string, unknown>[];
  return (result as { rows: Record<string, unknown>[] }).rows;
}

/** 64-bit integers come as text from one driver and as numbers from the other; all of ours are safe integers. */
export const whole = (value: unknown): number => Number(value);
