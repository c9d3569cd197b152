import type { HubDatabase } from '#hub/ports/database.ts';

/** Which column tells how old a row is, by table. */
export type AgeColumns = ReadonlyMap<string, string>;

export interface HubRows {
  readonly hub: ReadonlyMap<string, number>;
  /** The least value of the column that tells a table's age. */
  readonly oldest: ReadonlyMap<string, number>;
}

const MOST = 1_000_000;
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** Stores that have another name than their table. */
const TABLES: Readonly<Record<string, string>> = {
  timeline: 'rental_timeline',
  secondPerson: 'second_person_requests',
};

/** Counts every row of every table, as a backup reads them; in memory what its stores list (all but ledger, audit trail, leases, attempts). */
export async function rowsOf(database: HubDatabase, ages: AgeColumns): Promise<HubRows> {
  const hub = new Map<string, number>();
  const oldest = new Map<string, number>();
  const take = (table: string, row: Readonly<Record<string, unknown>>): void => {
    hub.set(table, (hub.get(table) ?? 0) + 1);
    const column = ages.get(table);
    if (column !== undefined)
      oldest.set(table, Math.min(Number(row[column]), oldest.get(table) ?? Number.MAX_VALUE));
  };
  if (database.engine !== 'memory') {
    await database.dump(async (part) => {
      if ('table' in part) for (const row of part.rows) take(part.table, JSON.parse(row));
    });
    return { hub, oldest };
  }
  for (const [name, store] of Object.entries(database.stores))
    if ('find' in store)
      for (const row of await store.list({}, { limit: MOST }))
        take(
          TABLES[name] ?? snakeCase(name),
          Object.fromEntries(Object.entries(row).map(([column, value]) => [snakeCase(column), value])),
        );
  return { hub, oldest };
}
