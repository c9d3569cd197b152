import { bigserial, index, integer, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { at, counter } from './columns.ts';

/** What is to become a leaf of the log: written by triggers in the transaction that made the row, so that nothing is forgotten and nobody waits. */
export const logPending = pgTable('log_pending', {
  place: bigserial({ mode: 'number' }).primaryKey(),
  kind: text().$type<'transfer' | 'receipt' | 'audit'>().notNull(),
  subject: text().notNull(),
  since: at().notNull(),
});

/** Leaves of the Merkle log in order (RFC 9162). Append-only by trigger. */
export const logLeaves = pgTable(
  'log_leaves',
  {
    position: counter().primaryKey(),
    kind: text().$type<'transfer' | 'receipt' | 'audit'>().notNull(),
    subject: text().notNull(),
    hash: text().notNull(),
    appendedAt: at().notNull(),
  },
  (table) => [
    unique('log_leaves_subject').on(table.kind, table.subject),
    index('log_leaves_hash').on(table.hash),
  ],
);

/** Hashes of complete subtrees: `level` 1 covers two leaves. Every proof is made of a few of them. Append-only by trigger. */
export const logNodes = pgTable(
  'log_nodes',
  {
    level: integer().notNull(),
    position: counter().notNull(),
    hash: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.position] })],
);

/** Signed tree heads. Append-only by trigger. */
export const logCheckpoints = pgTable('log_checkpoints', {
  size: counter().primaryKey(),
  root: text().notNull(),
  at: at().notNull(),
  /** The database's timeline: after a restore the log goes on from an older size (SYN-6). */
  timeline: text().notNull(),
  jws: text().notNull(),
});
