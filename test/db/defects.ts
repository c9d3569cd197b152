import type { Cut } from '#test/holes/hole.ts';

/** Mistakes that only a database with transactions side by side can show; planted by the test runner alone (`test/holes/plant.ts`). */
export const DATABASE_DEFECTS: readonly { readonly id: string; readonly cuts: readonly Cut[] }[] = [
  {
    id: 'row-lock-forgotten',
    cuts: [
      {
        file: 'hub/db/table-store.ts',
        guard: "db.select().from(table).where(byKey(key)).limit(1).for('update')",
        open: 'db.select().from(table).where(byKey(key)).limit(1)',
      },
      {
        file: 'hub/db/table-store.ts',
        guard: "locked === undefined ? found : found.for('update')",
        open: 'found',
      },
    ],
  },
];
