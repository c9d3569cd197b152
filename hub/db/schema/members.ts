import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { BlockCause } from '#hub/ports/rows/members.ts';
import type { CopyId, MediumId, MemberId, RentalId, SiteId, TerminalId } from '#shared/kernel/ids.ts';
import type { PaymentMeans } from '#shared/protocol/events.ts';
import { amount, at, currency, id } from './columns.ts';

/** Customers with an account. Terminals know only `token` (SEC-6). */
export const members = pgTable(
  'members',
  {
    memberId: id<MemberId>().primaryKey(),
    token: text().notNull().unique(),
    /** What a member types at a kiosk. */
    number: text().notNull().unique(),
    displayName: text().notNull(),
    birthYear: integer().notNull(),
    language: text().$type<'en' | 'ja' | 'de'>().notNull(),
    /** scrypt, `scrypt$N$r$p$salt$hash` (MED-5). */
    pinVerifier: text().notNull(),
    /** Generation of the key of PINs that the verifier was made with (SEC-3); empty: with none. */
    pinKey: text().notNull().default(''),
    pinTries: integer().notNull(),
    pinLockedAt: at(),
    /** When staff last gave a new PIN: what kiosks remember from before is worth nothing. */
    pinChangedAt: at(),
    preferredMeans: jsonb().$type<PaymentMeans[]>().notNull(),
    currency: currency().notNull(),
    siteId: id<SiteId>(),
    state: text().$type<'active' | 'blocked' | 'deleted'>().notNull(),
    /** Since when and why staff keep the member from renting; both null while `state` is not `blocked`. */
    blockedAt: at(),
    blockCause: text().$type<BlockCause>(),
    createdAt: at().notNull(),
  },
  (table) => [index('members_name').on(table.displayName)],
);

/** Sign-ins at terminals; the token itself is never stored. */
export const memberSessions = pgTable('member_sessions', {
  tokenHash: text().primaryKey(),
  memberId: id<MemberId>().notNull(),
  terminalId: id<TerminalId>().notNull(),
  createdAt: at().notNull(),
  expiresAt: at().notNull(),
  endedAt: at(),
});

export const media = pgTable(
  'media',
  {
    mediumId: id<MediumId>().primaryKey(),
    memberId: id<MemberId>(),
    mediumClass: text().$type<'plain' | 'secure'>().notNull(),
    identity: text(),
    /** SHA-256 of the access key on the medium (MED-5). */
    accessKeyHash: text(),
    registeredAt: at().notNull(),
    lastSeenAt: at().notNull(),
  },
  (table) => [index('media_member').on(table.memberId)],
);

/** Public keys of members' players (PLY-1): which player is whose is the hub's knowledge alone. */
export const playerKeys = pgTable(
  'player_keys',
  {
    playerId: text().primaryKey(),
    memberId: id<MemberId>(),
    mediumId: id<MediumId>(),
    recipient: text().notNull(),
    jws: text().notNull(),
    seenAt: at().notNull(),
    revoked: boolean().notNull(),
    revokedAt: at(),
    /** How the member took it on; null: registered before this was kept. */
    addedBy: text().$type<'medium' | 'code' | 'staff'>(),
    addedAt: at(),
  },
  (table) => [index('player_keys_member').on(table.memberId), index('player_keys_seen').on(table.seenAt)],
);

/** Players that wait for their member to type the code they show (SEC-6): one code per player, a few days. */
export const playerPairings = pgTable(
  'player_pairings',
  {
    /** SHA-256 of the code; the code itself is shown by the player only. */
    codeHash: text().primaryKey(),
    playerId: text().notNull().unique(),
    jws: text().notNull(),
    createdAt: at().notNull(),
    expiresAt: at().notNull(),
  },
  (table) => [index('player_pairings_expires').on(table.expiresAt)],
);

/** From when until when a player had a copy open, as the player itself signed it (SEC-8): kept for weeks, for the alert only. */
export const copyOpenings = pgTable(
  'copy_openings',
  {
    copyId: id<CopyId>().notNull(),
    playerId: text().notNull(),
    openedAt: at().notNull(),
    closedAt: at().notNull(),
    mediumId: id<MediumId>().notNull(),
    /** The terminal that carried it; null: the player told the hub itself. */
    carriedBy: id<TerminalId>(),
    receivedAt: at().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.copyId, table.playerId, table.openedAt] }),
    index('copy_openings_received').on(table.receivedAt),
  ],
);

/** Money off a charge (CHG-3): per cent or a fixed amount, for one member or for whoever brings the code, used once. */
export const coupons = pgTable(
  'coupons',
  {
    couponId: id<string>().primaryKey(),
    label: text().notNull(),
    basisPoints: integer(),
    amountMinor: amount(),
    currency: currency().notNull(),
    memberId: id<MemberId>(),
    validFrom: at().notNull(),
    validUntil: at().notNull(),
    rentalId: id<RentalId>(),
    createdAt: at().notNull(),
  },
  (table) => [index('coupons_member').on(table.memberId), index('coupons_rental').on(table.rentalId)],
);
