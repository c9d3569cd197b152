import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { EventId, MediumId, RentalId, SiteId, TerminalId } from '#shared/kernel/ids.ts';
import type { CommandOrder, CommandState, TerminalConfig } from '#shared/protocol/commands.ts';
import type { Heartbeat } from '#shared/protocol/envelope.ts';
import { amount, at, counter, id } from './columns.ts';

export const terminals = pgTable(
  'terminals',
  {
    terminalId: id<TerminalId>().primaryKey(),
    role: text().$type<'kiosk' | 'return-terminal'>().notNull(),
    siteId: id<SiteId>().notNull(),
    name: text().notNull(),
    state: text().$type<'enrolling' | 'active' | 'revoked' | 'decommissioned'>().notNull(),
    /** scrypt verifier of the terminal's secret. */
    secretHash: text(),
    /** Number on the machine's plate, as staff wrote it down for its enrolment; empty: none was given. */
    hardwareSerial: text().notNull().default(''),
    software: text(),
    /** Presence as the terminal's own session last said (birth or will); a will of another session is ignored. */
    session: text(),
    epoch: text(),
    online: boolean().notNull(),
    onlineChangedAt: at(),
    lastContactAt: at(),
    heartbeat: jsonb().$type<Heartbeat>(),
    heartbeatAt: at(),
    configDesired: jsonb().$type<TerminalConfig>(),
    configReported: integer().notNull(),
    /** What the terminal says it holds: title → state and bytes (CNT-1). */
    cache: jsonb().$type<Record<string, { state: string; bytes: number }>>().notNull(),
    createdAt: at().notNull(),
    revokedAt: at(),
    decommissionedAt: at(),
    /** The terminal's own signed word that it wiped itself (FLT-3). */
    wipeReceipt: text(),
  },
  (table) => [
    index('terminals_site').on(table.siteId),
    index('terminals_name').on(table.name),
    index('terminals_standing').on(table.state, table.online),
  ],
);

/** How a terminal was, a row a quarter of an hour, for charts (FLT-1): kept for days only (`KEPT_DAYS`). */
export const terminalHistory = pgTable(
  'terminal_history',
  {
    terminalId: id<TerminalId>().notNull(),
    /** Beginning of the quarter of an hour. */
    at: at().notNull(),
    /** How often it was looked at, and how often it was there. */
    samples: integer().notNull(),
    online: integer().notNull(),
    /** Events that waited at the terminal, the most. */
    queue: integer().notNull(),
    freeBytes: amount(),
    totalBytes: amount(),
    /** The highest, in tenths of a degree Celsius. */
    temperature: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.terminalId, table.at] }),
    index('terminal_history_at').on(table.at),
  ],
);

/** Every certificate that the fleet's authority gave to a terminal, by its fingerprint (SEC-1). Rows stay: signatures outlive certificates. */
export const certificates = pgTable(
  'certificates',
  {
    /** SHA-256 of the certificate, hex. */
    fingerprint: text().primaryKey(),
    terminalId: id<TerminalId>().notNull(),
    role: text().$type<'kiosk' | 'return-terminal'>().notNull(),
    /** Serial number of the certificate, hex. */
    serial: text().notNull(),
    /** PEM, the terminal's own first. */
    chain: jsonb().$type<string[]>().notNull(),
    issuedAt: at().notNull(),
    validFrom: at().notNull(),
    validTo: at().notNull(),
    state: text().$type<'issued' | 'active' | 'superseded' | 'revoked'>().notNull(),
    firstConnectedAt: at(),
    supersededAt: at(),
    revokedAt: at(),
    revocationReason: text(),
  },
  (table) => [
    index('certificates_terminal').on(table.terminalId, table.state),
    index('certificates_revoked').on(table.revokedAt),
    index('certificates_end').on(table.state, table.validTo),
  ],
);

/** Controllers of secure media that the fleet's authority certified (SEC-5), by their certificate's fingerprint. Rows stay. */
export const controllers = pgTable(
  'controllers',
  {
    /** SHA-256 of the certificate, hex. */
    fingerprint: text().primaryKey(),
    mediumId: id<MediumId>().notNull().unique(),
    /** Serial number of the certificate, hex. */
    serial: text().notNull(),
    /** PEM, the controller's own first. */
    chain: jsonb().$type<string[]>().notNull(),
    /** The request that it answered: asked again, the same certificate is given again. */
    certificateRequest: text().notNull(),
    issuedAt: at().notNull(),
    validTo: at().notNull(),
    issuedBy: text().notNull(),
    /** Where it was made, and by which order; null: not at a terminal. */
    terminalId: id<TerminalId>(),
    commandId: id<EventId>(),
    revokedAt: at(),
    revokedBy: text(),
    revocationReason: text(),
  },
  (table) => [
    index('controllers_revoked').on(table.revokedAt),
    index('controllers_issued').on(table.issuedAt),
  ],
);

/** One-time codes for enrolment (SEC-1): only their SHA-256 is kept. A row is the whole story of one enrolment. */
export const enrolmentCodes = pgTable('enrolment_codes', {
  codeHash: text().primaryKey(),
  terminalId: id<TerminalId>().notNull(),
  role: text().$type<'kiosk' | 'return-terminal'>().notNull(),
  siteId: id<SiteId>().notNull(),
  name: text().notNull(),
  /** The machine that may use this code; empty: any. */
  hardwareSerial: text().notNull().default(''),
  /** Staff said on purpose that this enrolment needs no second look. */
  approvedBeforehand: boolean().notNull().default(false),
  createdAt: at().notNull(),
  expiresAt: at().notNull(),
  /** When the terminal's request came; from then on the code serves this request only. */
  usedAt: at(),
  certificateRequest: text(),
  software: text(),
  decidedAt: at(),
  decidedBy: text(),
  approved: boolean(),
  /** Of the certificate that was made for it. */
  fingerprint: text(),
});

export const commands = pgTable(
  'commands',
  {
    commandId: id<EventId>().primaryKey(),
    terminalId: id<TerminalId>().notNull(),
    order: jsonb().$type<CommandOrder>().notNull(),
    state: text().$type<CommandState>().notNull(),
    issuedBy: text().notNull(),
    issuedAt: at().notNull(),
    expiresAt: at().notNull(),
    updatedAt: at().notNull(),
    fault: jsonb().$type<{ code: string; message: string }>(),
    output: text(),
  },
  (table) => [
    index('commands_terminal').on(table.terminalId, table.state, table.issuedAt),
    index('commands_state').on(table.state, table.updatedAt),
  ],
);

/** Something staff should know; one open row per `key`, raised again it counts on. */
export const alerts = pgTable(
  'alerts',
  {
    alertId: id<string>().primaryKey(),
    /** `${code}:${subject}` while open, with the id appended once cleared, so that the unique column allows history. */
    openKey: text().notNull().unique(),
    code: text().notNull(),
    subject: text().notNull(),
    severity: text().$type<'info' | 'warning' | 'critical'>().notNull(),
    message: text().notNull(),
    terminalId: id<TerminalId>(),
    rentalId: id<RentalId>(),
    raisedAt: at().notNull(),
    lastAt: at().notNull(),
    count: integer().notNull(),
    clearedAt: at(),
    clearedBy: text(),
  },
  (table) => [index('alerts_open').on(table.clearedAt, table.raisedAt)],
);

/** What people did; each row carries the hash of the one before (SEC-7). Append-only by trigger. */
export const auditEntries = pgTable('audit_entries', {
  sequence: counter().primaryKey(),
  at: at().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  subject: text().notNull(),
  detail: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
  previousHash: text().notNull(),
  hash: text().notNull(),
});

/** Facts about this hub itself: fleet id, rewards, secrets wrapped by the key provider. */
export const settings = pgTable('settings', {
  name: text().primaryKey(),
  value: jsonb().$type<unknown>().notNull(),
  updatedAt: at().notNull(),
});

/** Leases of partitions (`partition:07`) and of the job runner (`jobs`). The generation grows with each change of holder. */
export const leases = pgTable('leases', {
  leaseName: text().primaryKey(),
  holder: text().notNull(),
  generation: counter().notNull(),
  expiresAt: at().notNull(),
});

/** The newest row names the database's timeline: a restore adds one (SYN-6). */
export const timelines = pgTable('timelines', {
  ordinal: integer().primaryKey(),
  timeline: text().notNull().unique(),
  startedAt: at().notNull(),
  cause: text().$type<'created' | 'restored'>().notNull(),
});
