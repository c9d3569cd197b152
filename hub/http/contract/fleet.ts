import { z } from '@hono/zod-openapi';
import { commandFault, commandOrder, commandState, terminalConfig } from '#shared/protocol/commands.ts';
import { heartbeat, owes } from '#shared/protocol/envelope.ts';
import { count, eventId, rentalId, siteId, terminalId, titleId } from '#shared/protocol/primitives.ts';
import { label, listQuery, moment, money, note, pageOf } from './common.ts';

export const terminalRole = z.enum(['kiosk', 'return-terminal']);

/** What staff see of a terminal at a glance (FLT-1). */
export const terminalSummary = z.object({
  terminalId,
  role: terminalRole,
  name: z.string(),
  siteId,
  siteName: z.string(),
  state: z.enum(['enrolling', 'active', 'revoked', 'decommissioned']),
  online: z.boolean(),
  lastContactAt: moment.nullable(),
  software: z.string().nullable(),
  queue: z.object({ lane0: count, lane1: count, oldestAt: moment.nullable() }).nullable(),
  storage: z.object({ totalBytes: count, freeBytes: count }).nullable(),
  temperatureCelsius: z.number().nullable(),
  driveFaults: count,
  openAlerts: count,
  locked: z.boolean(),
  config: z.object({ desired: count, reported: count }),
});
export type TerminalSummary = z.infer<typeof terminalSummary>;
/** Without a limit every terminal stands on the first page. */
export const terminalList = pageOf(terminalSummary);
export const terminalQuery = listQuery(
  { name: 'text', number: 'text', contact: 'number' },
  { first: 10_000, most: 10_000 },
).extend({
  role: terminalRole.optional(),
  siteId: siteId.optional(),
  state: terminalSummary.shape.state.optional(),
  online: z.enum(['true', 'false']).optional(),
  /** Only those with an open alert. */
  alerts: z.enum(['true']).optional(),
});
/** What an open list hears of terminals: those that spoke, came or went since the last word. */
export const terminalNews = z.object({ at: moment, terminals: count, items: z.array(terminalSummary) });
export type TerminalNews = z.infer<typeof terminalNews>;

export const commandView = z.object({
  commandId: eventId,
  order: commandOrder,
  state: commandState,
  issuedBy: z.string(),
  issuedAt: moment,
  expiresAt: moment,
  updatedAt: moment,
  fault: commandFault.nullable(),
  output: z.string().nullable(),
});
export type CommandView = z.infer<typeof commandView>;

export const alertView = z.object({
  alertId: z.string(),
  code: z.string(),
  subject: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  message: z.string(),
  terminalId: terminalId.nullable(),
  rentalId: rentalId.nullable(),
  raisedAt: moment,
  lastAt: moment,
  count,
  clearedAt: moment.nullable(),
  clearedBy: z.string().nullable(),
});
export type AlertView = z.infer<typeof alertView>;
export const alertList = pageOf(alertView);
export const alertQuery = listQuery(
  { raised: 'number', last: 'number', times: 'number' },
  { first: 500, most: 500 },
).extend({
  state: z.enum(['open', 'cleared', 'all']).default('open'),
  severity: alertView.shape.severity.optional(),
});

export const terminalDetail = terminalSummary.extend({
  certificate: z.object({ fingerprint: z.string().nullable(), expiresAt: moment.nullable() }),
  /** Every certificate it was given, newest first. */
  certificates: z.array(
    z.object({
      fingerprint: z.string(),
      state: z.enum(['issued', 'active', 'superseded', 'revoked']),
      issuedAt: moment,
      validTo: moment,
      firstConnectedAt: moment.nullable(),
      revokedAt: moment.nullable(),
      revocationReason: z.string().nullable(),
    }),
  ),
  hardwareSerial: z.string(),
  /** It is being taken out of the fleet (FLT-3). `obeys`: it has heard of it; `owes` is what it still waits for. */
  leaving: z.object({ nevertheless: z.boolean(), obeys: z.boolean(), owes: owes.nullable() }).nullable(),
  /** What it said when it left: its wipe receipt, with the whole signed document. */
  wipe: z
    .object({
      at: moment,
      sha256: z.string(),
      wiped: z.array(z.string()),
      files: count,
      bytes: count,
      elsewhere: z.object({ held: count, torn: count }),
      openCards: z.array(z.object({ kind: z.string(), key: z.string(), amount: money })),
      receipt: z.string(),
    })
    .nullable(),
  /** Its enrolment that waits for somebody's approval. */
  enrolment: z
    .object({ askedAt: moment, software: z.string(), hardwareSerial: z.string(), keyPrint: z.string() })
    .nullable(),
  heartbeat: heartbeat.nullable(),
  heartbeatAt: moment.nullable(),
  desiredConfig: terminalConfig.nullable(),
  cache: z.array(z.object({ titleId, name: z.string(), state: z.string(), bytes: count })),
  commands: z.array(commandView),
  alerts: z.array(alertView),
  lanes: z.array(
    z.object({ epoch: z.string(), lane: count, contiguous: z.int(), last: z.int(), updatedAt: moment }),
  ),
});
export type TerminalDetail = z.infer<typeof terminalDetail>;

export const sendCommandBody = z.object({
  order: commandOrder,
  expiresInSeconds: z.int().min(10).max(86_400).default(600),
});
/** The new configuration without its version: `basedOn` is the version it was made from, so that two people do not overwrite each other. */
export const putConfigBody = z.object({
  basedOn: count,
  config: terminalConfig.omit({ version: true, decommission: true }),
});

export const enrolCodeBody = z.object({
  terminalId,
  role: terminalRole,
  siteId,
  name: label,
  again: z.boolean().default(false),
  /** Number on the machine's plate: only that machine may use the code. Empty: any. */
  hardwareSerial: z.string().max(64).default(''),
  /** True: nobody needs to approve the terminal when it asks. */
  approvedBeforehand: z.boolean().default(false),
});
/** Why a terminal leaves the fleet: stands in the audit trail. */
export const revokeBody = z.object({ reason: note });

/** `nevertheless`: also while the card reader still owes an answer; what is open then stands in the receipt. */
export const decommissionBody = z.object({ reason: note, nevertheless: z.boolean().default(false) });
export const decommissionAnswer = z.object({ requestId: z.string() });

export const enrolCodeAnswer = z.object({ code: z.string(), expiresAt: moment });

export const deadLetterView = z.object({
  deadLetterId: z.string(),
  terminalId,
  lane: count,
  sequence: count,
  kind: z.string(),
  rentalId: rentalId.nullable(),
  state: z.enum(['dead', 'parked', 'quarantined', 'applied', 'dismissed']),
  cause: z.string(),
  message: z.string(),
  /** Two people may accept it although it was kept back (SEC-4). */
  acceptable: z.boolean(),
  createdAt: moment,
  tries: count,
  settledAt: moment.nullable(),
  settledBy: z.string().nullable(),
  data: z.unknown(),
});
export type DeadLetterView = z.infer<typeof deadLetterView>;
export const deadLetterList = pageOf(deadLetterView);
export const deadLetterQuery = listQuery({ came: 'number' }, { first: 500, most: 500 }).extend({
  state: z.enum(['open', 'settled', 'all']).default('open'),
  terminalId: terminalId.optional(),
});
export const dismissBody = z.object({ reason: note });

/** The figures beside the names of pages: what waits for somebody. */
export const badges = z.object({
  alerts: z.object({ critical: count, warning: count, info: count }),
  deadLetters: count,
});
export type Badges = z.infer<typeof badges>;
