import fc from 'fast-check';
import { expect, it } from 'vitest';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { databaseSuite } from './hub-database-suite.ts';
import { openHub } from './hub-world.ts';
import { answerOf, type TableCall, tableCall } from './table-calls.ts';

databaseSuite('PGlite', async () => {
  const { db } = await openHub({ folder: null });
  return { db, close: () => db.close() };
});
databaseSuite('memory', async () => {
  const db = memoryDatabase();
  return { db, close: () => db.close() };
});

/** A script in one transaction that is rolled back at `stop`, then goes on in a second one: all answers, and what is left. */
async function answers(db: HubDatabase, script: readonly TableCall[], stop: number): Promise<unknown> {
  const found: unknown[] = [];
  const run = async (part: readonly TableCall[], fails: boolean) =>
    db
      .transaction(async (stores) => {
        for (const call of part) found.push(await answerOf(stores, call));
        if (fails) throw new Error('rolled back');
      })
      .catch((error: Error) => found.push(error.message));
  await db.stores.reservations.removeWhere({});
  await run(script.slice(0, Math.floor(stop / 2)), false);
  await run(script.slice(Math.floor(stop / 2), stop), true);
  await run(script.slice(stop), false);
  found.push(await db.stores.reservations.list({}, { limit: 100 }));
  return found;
}

it('LED-1: the database in memory answers any script of calls as PGlite does', async () => {
  const { db: real } = await openHub({ folder: null });
  const memory = memoryDatabase();
  await fc.assert(
    fc.asyncProperty(
      fc.array(tableCall, { minLength: 10, maxLength: 30, size: 'max' }),
      fc.nat({ max: 30 }),
      async (script, stop) => {
        expect(await answers(memory, script, stop)).toEqual(await answers(real, script, stop));
      },
    ),
    { numRuns: 60, seed: 7 },
  );
  await real.close();
});
