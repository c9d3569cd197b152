import type { Stores } from '#hub/ports/stores.ts';
import { attemptStore } from './attempt-store.ts';
import type { Db } from './drizzle.ts';
import { erasureStore } from './erasure-store.ts';
import { figureStore } from './figure-store.ts';
import { alertStore, auditStore, leaseStore, terminalStore } from './fleet-stores.ts';
import { inboxStore } from './inbox-store.ts';
import { ledgerStore } from './ledger-store.ts';
import { plainTables } from './plain-tables.ts';
import { reportStore } from './report-store.ts';
import { tableStore } from './table-store.ts';
import { terminalHistoryStore } from './terminal-history-store.ts';

/** All stores over the database (`autonomous`: each call its own transaction) or over a transaction (`within`). */
export function storesOver(db: Db, scope: 'autonomous' | 'within'): Stores {
  return {
    ...plainTables((table, keys) => tableStore(db, table, keys)),
    erasure: erasureStore(db),
    staffAttempts: attemptStore(db),
    inbox: inboxStore(db),
    terminals: terminalStore(db),
    alerts: alertStore(db),
    terminalHistory: terminalHistoryStore(db),
    audit: auditStore(db),
    leases: leaseStore(db),
    ledger: ledgerStore(db, scope),
    reports: reportStore(db),
    figures: figureStore(db),
  };
}
