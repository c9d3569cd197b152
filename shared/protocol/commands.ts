import { z } from 'zod';
import { version } from './envelope.ts';
import { code, count, editionId, eventId, instant, mediumId, terminalId, titleId } from './primitives.ts';

/** Orders of the hub (FLT-2): one at a time, never retained, with an expiry; the terminal reports every step as `command.state`. */
export const commandOrder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('restart') }),
  z.object({ kind: z.literal('lock'), locked: z.boolean() }),
  z.object({ kind: z.literal('fetch_title'), titleId, editionId }),
  /** Since 1.2, kiosks: makes the blank secure medium in the drive one of this fleet, under this id (SEC-5). */
  z.object({ kind: z.literal('make_secure_medium'), mediumId }),
  z.object({ kind: z.literal('collect_logs'), lines: z.int().min(1).max(2000) }),
]);
export type CommandOrder = z.infer<typeof commandOrder>;

export const command = z.object({
  version,
  id: eventId,
  terminal: terminalId,
  issuedAt: instant,
  expiresAt: instant,
  order: commandOrder,
});
export type Command = z.infer<typeof command>;

export const commandStates = [
  'queued',
  'sent',
  'accepted',
  'running',
  'done',
  'failed',
  'expired',
  'cancelled',
] as const;
export const commandState = z.enum(commandStates);
export type CommandState = z.infer<typeof commandState>;

/** Staff, two of them, take this terminal out of the fleet (FLT-3). `nevertheless`: also while the card reader still owes an answer. */
export const decommissionOrder = z.object({ orderId: z.string().max(64), nevertheless: z.boolean() });
export type DecommissionOrder = z.infer<typeof decommissionOrder>;

/** Desired configuration (FLT-2), retained on `dn/cfg`; the terminal stores it, applies it between customers, reports the version in its heartbeat. */
export const terminalConfig = z.object({
  version: count,
  heartbeatSeconds: z.int().min(5).max(3600),
  sessionIdleSeconds: z.int().min(15).max(900),
  verification: z.enum(['sampled', 'full']),
  locked: z.boolean(),
  languages: z
    .array(z.enum(['en', 'ja', 'de']))
    .min(1)
    .max(3),
  /** Titles that the kiosk should hold ahead of demand (CNT-1), most wanted first. */
  wantedTitles: z.array(titleId).max(5000),
  /** Since 1.2: the terminal serves nobody any more, settles what it owes and asks to wipe itself. */
  decommission: decommissionOrder.optional(),
});
export type TerminalConfig = z.infer<typeof terminalConfig>;
export const configMessage = z.object({ protocol: version, terminal: terminalId, config: terminalConfig });
export const commandFault = z.object({ code, message: z.string().max(500) });
