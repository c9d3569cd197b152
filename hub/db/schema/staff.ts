import { boolean, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { at, counter, id } from './columns.ts';

/** People who run the fleet (SEC-7). */
export const staff = pgTable('staff', {
  staffId: id<string>().primaryKey(),
  name: text().notNull().unique(),
  role: text().$type<'clerk' | 'manager' | 'auditor' | 'admin'>().notNull(),
  /** scrypt, `scrypt$N$r$p$salt$hash`; nothing fits while a new account waits for its one-time code. */
  secretVerifier: text().notNull(),
  createdAt: at().notNull(),
  disabledAt: at(),
  /** Who last gave this account its way in (made it, reset it), and when: that person cannot be its other person for a day. */
  credentialsBy: text(),
  credentialsAt: at(),
  /** Sealed under the hub's key; confirmed when the first code of it was right. */
  totpSecret: text(),
  totpConfirmedAt: at(),
  /** Newest time step whose code was used: a code is used once (RFC 6238 §5.2). */
  totpLastStep: counter(),
});

/** Sessions of staff; the token itself is never stored. Every hub reads them for every request, so that an end holds at once everywhere. */
export const staffSessions = pgTable(
  'staff_sessions',
  {
    tokenHash: text().primaryKey(),
    /** What lists and ends name the session by. */
    sessionId: text().notNull().unique(),
    staffId: id<string>().notNull(),
    /** `password`: the second factor is still to come; `setup`: may only set one up; `full`. */
    level: text().$type<'password' | 'setup' | 'full'>().notNull(),
    startedAt: at().notNull(),
    lastSeenAt: at().notNull(),
    /** When password or second factor were last proved in this session. */
    provedAt: at().notNull(),
    expiresAt: at().notNull(),
    endedAt: at(),
    address: text().notNull(),
    agent: text().notNull(),
  },
  (table) => [index('staff_sessions_staff').on(table.staffId)],
);

/** One-time codes in place of the second factor: 120 bits of chance each, only their SHA-256 is kept. */
export const staffBackupCodes = pgTable(
  'staff_backup_codes',
  {
    codeHash: text().primaryKey(),
    staffId: id<string>().notNull(),
    createdAt: at().notNull(),
    usedAt: at(),
  },
  (table) => [index('staff_backup_codes_staff').on(table.staffId)],
);

/** One-time codes with which a person sets a password: for a new account, or one that an admin has reset. */
export const staffResets = pgTable('staff_resets', {
  codeHash: text().primaryKey(),
  staffId: id<string>().notNull(),
  issuedBy: text().notNull(),
  /** Whether using it also removes the second factor. */
  clearsSecondFactor: boolean().notNull(),
  createdAt: at().notNull(),
  expiresAt: at().notNull(),
  usedAt: at(),
});

/** Failed attempts by what they are counted under, shared by all hubs. */
export const staffAttempts = pgTable('staff_attempts', {
  bucket: text().primaryKey(),
  failures: integer().notNull(),
  since: at().notNull(),
});

/** What one person asked for and another one decides (SEC-7). */
export const secondPersonRequests = pgTable(
  'second_person_requests',
  {
    requestId: id<string>().primaryKey(),
    action: text().notNull(),
    subject: text().notNull(),
    payload: jsonb().$type<unknown>().notNull(),
    reason: text().notNull(),
    state: text().$type<'pending' | 'approved' | 'refused' | 'withdrawn' | 'expired'>().notNull(),
    requestedBy: id<string>().notNull(),
    requestedByName: text().notNull(),
    requestedAt: at().notNull(),
    expiresAt: at().notNull(),
    decidedBy: text(),
    decidedByName: text(),
    decidedAt: at(),
  },
  (table) => [index('second_person_requests_state').on(table.state, table.requestedAt)],
);

/** The audit trail's standing now and then, signed by the hub (SEC-7). Append-only by trigger; copies lie outside of the database. */
export const auditCheckpoints = pgTable('audit_checkpoints', {
  sequence: counter().primaryKey(),
  hash: text().notNull(),
  at: at().notNull(),
  jws: text().notNull(),
});
