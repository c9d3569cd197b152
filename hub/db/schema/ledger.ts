import { sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { MemberId, RentalId, ReturnId, SiteId } from '#shared/kernel/ids.ts';
import { amount, at, id } from './columns.ts';

/** Accounts are made when first used; the id says kind, owner and unit (`hub/domain/accounts.ts`). */
export const accounts = pgTable(
  'accounts',
  {
    accountId: text().primaryKey(),
    kind: text().notNull(),
    /** Member, site or provider; null for the house's own. */
    ownerId: text(),
    /** ISO 4217 code, or `PTS` for points: never mixed in one account. */
    unit: text().notNull(),
    createdAt: at().notNull(),
  },
  (table) => [
    index('accounts_owner').on(table.ownerId, table.kind),
    unique('accounts_unit').on(table.accountId, table.unit),
  ],
);

/**
 * One balanced posting (LED-1). `pending` reserves; `posted`, `voided` and `expired` resolve exactly one pending (unique index below);
 * `single` books at once. Rows are never changed or removed: triggers refuse it.
 */
export const transfers = pgTable(
  'transfers',
  {
    transferId: text().primaryKey(),
    phase: text().$type<'single' | 'pending' | 'posted' | 'voided' | 'expired'>().notNull(),
    /** Why, as a stable code. */
    reason: text().notNull(),
    /** The pending transfer that this one resolves. */
    pendingId: text(),
    /** The transfer that this one corrects. */
    correctsId: text(),
    rentalId: id<RentalId>(),
    returnId: id<ReturnId>(),
    memberId: id<MemberId>(),
    siteId: id<SiteId>(),
    /** When the fact happened; `bookedAt`: when it was posted. */
    at: at().notNull(),
    bookedAt: at().notNull(),
    /** Only for `pending`: when it may be expired. */
    expiresAt: at(),
    /** Number of entries: the balance trigger also counts them, so that nothing is added to a transfer afterwards. */
    lines: integer().notNull(),
    /** SHA-256 over the contents: the same id with other contents is recognised. */
    fingerprint: text().notNull(),
    detail: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
  },
  (table) => [
    uniqueIndex('transfers_resolution').on(table.pendingId),
    index('transfers_rental').on(table.rentalId),
    index('transfers_member').on(table.memberId, table.at),
    index('transfers_open').on(table.phase, table.expiresAt),
    index('transfers_at').on(table.at),
    index('transfers_booked').on(table.bookedAt),
    foreignKey({
      name: 'transfers_pending',
      columns: [table.pendingId],
      foreignColumns: [table.transferId],
    }),
    foreignKey({
      name: 'transfers_corrects',
      columns: [table.correctsId],
      foreignColumns: [table.transferId],
    }),
    check('transfers_resolves', sql`(phase in ('posted', 'voided', 'expired')) = (pending_id is not null)`),
    check('transfers_expiry', sql`(phase = 'pending') = (expires_at is not null)`),
    check(
      'transfers_lines',
      sql`case when phase in ('voided', 'expired') then lines = 0 else lines >= 2 end`,
    ),
  ],
);

/** Debits are positive, credits negative; per transfer and unit they add up to 0 (deferred constraint trigger). */
export const entries = pgTable(
  'entries',
  {
    transferId: text()
      .notNull()
      .references(() => transfers.transferId),
    line: integer().notNull(),
    accountId: text().notNull(),
    amount: amount().notNull(),
    unit: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.transferId, table.line] }),
    index('entries_account').on(table.accountId),
    check('entries_not_zero', sql`amount <> 0`),
    /** An entry is in its account's unit: points and money never meet (LED-2). */
    foreignKey({
      name: 'entries_account_unit',
      columns: [table.accountId, table.unit],
      foreignColumns: [accounts.accountId, accounts.unit],
    }),
  ],
);
