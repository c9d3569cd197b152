import { sql } from 'drizzle-orm';
import type { ErasureStore } from '#hub/ports/stores.ts';
import { type Db, query } from './drizzle.ts';

/** Blanks what a card left behind, wherever it stands in a JSON value. */
const CARD = `'"(maskedCard|cardToken)": *"[^"]*"', '"\\1": ""', 'g'`;
const blanked = (column: string) => sql.raw(`regexp_replace(${column}::text, ${CARD})::jsonb`);

/** Personal data in rows that stay for the books' sake (SEC-9): cards, and what clerks wrote in their own words. */
export function erasureStore(db: Db): ErasureStore {
  return {
    async blankRentals(rentalIds) {
      if (rentalIds.length === 0) return;
      const ids = sql`(select value from json_array_elements_text(${JSON.stringify(rentalIds)}::json))`;
      await query(db, sql`update rentals set hold = null, hold_expires_at = null where rental_id in ${ids}`);
      await query(db, sql`update returns set payments = ${blanked('payments')} where rental_id in ${ids}`);
      await query(db, sql`delete from quotes where rental_id in ${ids}`);
      await query(
        db,
        sql`update rental_timeline set detail = ${blanked('detail')} - 'reason' where rental_id in ${ids}`,
      );
      await query(
        db,
        sql`update inbox_events set data = ${blanked('data')} where data->>'rentalId' in ${ids} and data::text ~ '"(maskedCard|cardToken)": *"[^"]'`,
      );
      await query(db, sql`update dead_letters set event = ${blanked('event')} where rental_id in ${ids}`);
    },
  };
}
