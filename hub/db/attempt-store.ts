import { sql } from 'drizzle-orm';
import type { StaffAttemptRow } from '#hub/ports/rows/index.ts';
import type { AttemptStore } from '#hub/ports/stores.ts';
import { type Db, query } from './drizzle.ts';
import { staffAttempts } from './schema/index.ts';
import { tableStore } from './table-store.ts';

/** Attempts by bucket. A used-up bucket is not written again: who goes on attacking costs the database a read. */
export function attemptStore(db: Db): AttemptStore {
  return {
    ...tableStore<StaffAttemptRow, 'bucket'>(db, staffAttempts, ['bucket']),
    async take(bucket, limit, windowMs, now) {
      const taken = await query(
        db,
        sql`insert into staff_attempts (bucket, failures, since) values (${bucket}, 1, ${now}::bigint)
        on conflict (bucket) do update set
          failures = case when staff_attempts.since <= ${now - windowMs}::bigint then 1 else staff_attempts.failures + 1 end,
          since = case when staff_attempts.since <= ${now - windowMs}::bigint then ${now}::bigint else staff_attempts.since end
        where staff_attempts.since <= ${now - windowMs}::bigint or staff_attempts.failures < ${limit}
        returning bucket`,
      );
      return taken.length > 0;
    },
  };
}
