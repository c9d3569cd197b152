import { memoryDatabase } from '#hub/db/memory/database.ts';
import { ledgerSuite } from './hub-ledger-suite.ts';
import { openHub } from './hub-world.ts';

ledgerSuite('PGlite', async () => {
  const { db } = await openHub({ folder: null });
  return { db, close: () => db.close() };
});
ledgerSuite('memory', async () => {
  const db = memoryDatabase();
  return { db, close: () => db.close() };
});
