import * as schema from '#hub/db/schema/index.ts';
import type { ErasureStore } from '#hub/ports/stores.ts';
import type { Heaps } from './heaps.ts';

const CARD = /"(maskedCard|cardToken)": *"[^"]*"/g;
const blanked = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replace(CARD, '"$1":""'));

/** Blanks in memory what `hub/db/erasure-store.ts` blanks (SEC-9). */
export function memoryErasure(heaps: Heaps): ErasureStore {
  return {
    async blankRentals(rentalIds) {
      const wanted = new Set<unknown>(rentalIds);
      const of = (table: Parameters<Heaps>[0]) => {
        const heap = heaps(table);
        return { heap, found: heap.select({}).filter((row) => wanted.has(row.rentalId)) };
      };
      const rentals = of(schema.rentals);
      for (const row of rentals.found) rentals.heap.replace(row, { hold: null, holdExpiresAt: null });
      const returns = of(schema.returns);
      for (const row of returns.found) returns.heap.replace(row, { payments: blanked(row.payments) });
      const quotes = of(schema.quotes);
      for (const row of quotes.found) quotes.heap.remove(row);
      const timeline = of(schema.rentalTimeline);
      for (const row of timeline.found) {
        const { reason: _, ...detail } = blanked(row.detail) as Record<string, unknown>;
        timeline.heap.replace(row, { detail });
      }
      const events = heaps(schema.inboxEvents);
      for (const row of events.select({}))
        if (wanted.has((row.data as { readonly rentalId?: unknown } | null)?.rentalId))
          events.replace(row, { data: blanked(row.data) });
      const dead = of(schema.deadLetters);
      for (const row of dead.found) dead.heap.replace(row, { event: blanked(row.event) });
    },
  };
}
