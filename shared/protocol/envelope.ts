import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { base64url, code, count, eventId, figure, instant, siteId, terminalId } from './primitives.ts';
import { REJECTIONS } from './version.ts';

/** Envelope of everything on MQTT (SPEC.md). Lane 0: money, keys, returns; lane 1: telemetry, which may be dropped with a declared gap. */
export const version = z.object({ major: count, minor: count });
export const session = base64url(32);
/** Made by the terminal's store at its birth; a new one after loss of the store or a conflict (SYN-3, SYN-6). */
export const epoch = base64url(32);
export const lane = z.union([z.literal(0), z.literal(1)]);
export type Lane = z.infer<typeof lane>;

/** Times that each fact carries (SYN-4), all in milliseconds. `clockOffset`: hub time minus device time; null before the first sync. */
export const stamp = z.object({
  deviceTime: instant,
  monotonic: count,
  bootId: base64url(32),
  clockOffset: z.int().nullable(),
  clockError: count.nullable(),
});
export type Stamp = z.infer<typeof stamp>;

/** Null, or a number beyond all numbers (`1e999`), which JSON writes as null. */
const isNothing = (data: unknown): boolean =>
  data === null || (typeof data === 'number' && !Number.isFinite(data));

export const envelopeEvent = z.object({
  sequence: count,
  id: eventId,
  kind: z.string().max(64),
  stamp,
  /** Read by the event's own schema (events.ts), so that one bad event never stops the ones behind it (SYN-3). None at all is one without content, which no kind allows. */
  data: z.unknown().transform((data): unknown => (isNothing(data) ? {} : data)),
});
export type EnvelopeEvent = z.infer<typeof envelopeEvent>;

export const batch = z.object({
  version,
  terminal: terminalId,
  session,
  epoch,
  lane,
  /** First sequence the terminal still holds: may move past a gap in lane 1, never in lane 0. */
  firstHeld: count,
  /** Last sequence the terminal has made in this lane. */
  last: count,
  sentAt: instant,
  /** The sender's boot and its monotonic clock at `sentAt` (1.3): dates what it noted in the same boot before it knew the hub's time (PR-26). */
  boot: z.object({ bootId: base64url(32), monotonic: count }).optional(),
  events: z.array(envelopeEvent).min(1).max(LIMITS.batchEvents),
});
export type Batch = z.infer<typeof batch>;

export const ack = z.object({
  version,
  /** New after every restore of the hub's database (SYN-6). */
  timeline: base64url(32),
  session,
  epoch,
  lane,
  /** Everything up to here is committed; −1 when nothing is. */
  contiguous: z.int().min(-1),
  window: z.int().min(1).max(10_000),
  rejection: z.enum(REJECTIONS).nullable(),
  /** Four times for the clock (SYN-4): sent by the terminal, received and answered by the hub; the fourth is taken on arrival. */
  clock: z.object({ sentAt: instant, receivedAt: instant, answeredAt: instant }),
});
export type Ack = z.infer<typeof ack>;

/** Retained on `st`. The will carries the same session with `online: false`; a will of another session is ignored. */
export const presence = z.object({
  version,
  terminal: terminalId,
  session,
  epoch,
  online: z.boolean(),
  role: z.enum(['kiosk', 'return-terminal']),
  siteId,
  software: z.string().max(64),
  at: instant,
});
export type Presence = z.infer<typeof presence>;

/** What a terminal that is being decommissioned still waits for (FLT-3). */
export const owes = z.object({
  /** Somebody is at it. */
  customer: z.boolean(),
  /** Rentals and returns that are under way. */
  unfinished: count,
  /** Holds, captures and payments that the card reader or the hub has not confirmed. */
  cards: count,
  /** Events that the hub has not acknowledged. */
  events: count,
});
export type Owes = z.infer<typeof owes>;

export const heartbeat = z.object({
  version,
  terminal: terminalId,
  session,
  sentAt: instant,
  stamp,
  queue: z.object({ lane0: figure, lane1: figure, oldestAt: instant.nullable() }),
  storage: z.object({ totalBytes: count, freeBytes: count }),
  cache: z.object({ bytes: count, titles: figure, fetching: figure }),
  drives: z
    .array(
      z.object({
        name: z.string().max(64),
        state: z.enum(['empty', 'inserted', 'busy', 'fault']),
        fault: code.nullable(),
      }),
    )
    .max(16),
  software: z.string().max(64),
  configVersion: figure,
  locked: z.boolean(),
  temperatureCelsius: z.number().min(-60).max(150).nullable(),
  /** Since 1.2, only while the terminal is being decommissioned. */
  owes: owes.optional(),
});
export type Heartbeat = z.infer<typeof heartbeat>;

/** Retained on `kt1/{p}/hub`: a new generation or timeline makes terminals send again what is unacknowledged. */
export const hubRecord = z.object({
  version,
  partition: z.string().regex(/^[0-9]{2}$/),
  generation: count,
  timeline: base64url(32),
  at: instant,
});
export type HubRecord = z.infer<typeof hubRecord>;
