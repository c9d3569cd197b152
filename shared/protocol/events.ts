import { z } from 'zod';
import type { Result } from '#shared/kernel/result.ts';
import { type Fault, fault, ok } from '#shared/kernel/result.ts';
import { commandFault, commandState } from './commands.ts';
import {
  base64url,
  code,
  copyId,
  count,
  eventId,
  figure,
  instant,
  jws,
  mediumId,
  memberToken,
  moneySchema,
  rentalId,
  reservationId,
  returnId,
  sha256Hex,
  siteId,
  titleId,
} from './primitives.ts';

/** A card authorisation as the terminal knows it: tokens of the payment provider only (SEC-6). */
export const cardAuthorisation = z.object({
  authorisationId: z.string().max(128),
  cardToken: z.string().max(128),
  maskedCard: z.string().max(32),
  amount: moneySchema,
});

/** How a part of a charge is paid (LED-2). `hub_*` parts were authorised at the hub under the same idempotence key. */
export const paymentMeans = z.enum(['points', 'prepaid', 'held_card', 'card_reader']);
export type PaymentMeans = z.infer<typeof paymentMeans>;
export const paymentPart = z.object({
  /** Idempotence key: `${rentalId}:${returnId}:${means}` (PAY-1). */
  key: z.string().max(160),
  means: paymentMeans,
  amount: moneySchema,
  points: count.nullable(),
  authorisationId: z.string().max(128),
  maskedCard: z.string().max(32).nullable(),
});
export type PaymentPart = z.infer<typeof paymentPart>;

/** The proof that the terminal held the slot (RET-7). `nonce` is the hub's online, the terminal's own counter offline. */
export const slotProof = z.object({
  nonce: base64url(64),
  mac: base64url(64),
  chunkHashes: z.array(z.object({ index: count, sha256: sha256Hex })).max(16),
});

/**
 * Every business fact that a terminal reports: kind → shape. Lane 0 unless named in `TELEMETRY_KINDS`.
 * A licence is the JWS as it stands on the medium and carries rental, copy, title, edition, medium, member token, tariff and site (shared/media).
 */
export const EVENTS = {
  /** RNT-1: the copy was read back and verified; the meter runs from `startedAt`. */
  'rental.started': z.object({
    rentalId,
    licence: jws,
    startedAt: instant,
    slotProofKey: base64url(64),
    chunkHashes: z.array(z.object({ index: count, sha256: sha256Hex })).max(16),
    verification: z.enum(['sampled', 'full']),
    offline: z.boolean(),
    hold: cardAuthorisation.nullable(),
  }),
  /** The write failed with nothing readable left: no charge (RNT-1). */
  'rental.failed': z.object({ rentalId, titleId, reason: code, at: instant }),
  /** RNT-6: pulled after the key was begun, before the proof. */
  'rental.held': z.object({
    rentalId,
    licence: jws,
    slotBegunAt: instant,
    slotProofKey: base64url(64),
    chunkHashes: z.array(z.object({ index: count, sha256: sha256Hex })).max(16),
  }),
  /**
   * RNT-6: a held copy was seen again: complete (active from `at`) or incomplete (wiped, void). Any kiosk says it, so the hub may hear it before the
   * kiosk that wrote the copy: it opens the rental from `licence` (SYN-2). Absent: a peer older than 1.4.
   */
  'rental.held_settled': z.object({
    rentalId,
    outcome: z.enum(['complete', 'wiped']),
    at: instant,
    licence: jws.optional(),
  }),
  /** CHG-1: the terminal accepted the medium at T0. `offlineSince`: since when it had no contact with the hub, null when online (RET-2). */
  'return.accepted': z.object({
    returnId,
    rentalId,
    copyId,
    licence: jws,
    t0: instant,
    offlineSince: instant.nullable(),
  }),
  /**
   * PAY-1 INTENT: what is about to be taken once the key is destroyed. `proof`: that the terminal held the slot whole (RET-7), made before a byte of it is overwritten (PR-30); absent: it
   * did not, or the peer is older than 1.7.
   */
  'return.intent': z.object({
    returnId,
    rentalId,
    quote: jws.nullable(),
    provisional: moneySchema.nullable(),
    parts: z.array(paymentPart).max(8),
    due: moneySchema,
    proof: slotProof.pick({ nonce: true, mac: true }).optional(),
  }),
  /** RET-3: the key is destroyed and read back; the receipt says so. Parts are captured by this event. */
  'return.destroyed': z.object({
    returnId,
    rentalId,
    copyId,
    licence: jws,
    receipt: jws,
    proof: slotProof,
    t0: instant,
    destroyedAt: instant,
    quote: jws.nullable(),
    provisional: moneySchema.nullable(),
    parts: z.array(paymentPart).max(8),
    due: moneySchema,
    offlineSince: instant.nullable(),
  }),
  /** The medium was pulled before overwriting began: T0 does not count, authorisations are voided (CHG-1, PAY-1). */
  'return.abandoned': z.object({ returnId, rentalId, at: instant }),
  /** RET-2: a copy that was already returned was put in again, or is cleared away by a kiosk that needs its place (MS-19). */
  'return.repeated': z.object({ rentalId, copyId, at: instant }),
  'payment.captured': z.object({
    key: z.string().max(160),
    rentalId,
    returnId,
    authorisationId: z.string().max(128),
    amount: moneySchema,
    at: instant,
  }),
  'payment.voided': z.object({
    key: z.string().max(160),
    rentalId,
    returnId,
    authorisationId: z.string().max(128),
    amount: moneySchema,
    at: instant,
  }),
  'payment.failed': z.object({
    key: z.string().max(160),
    rentalId,
    returnId,
    reason: code,
    amount: moneySchema,
    at: instant,
  }),
  /** RET-5, RAT-1. Needs no PIN: the rental on the medium names the member. */
  'rating.given': z.object({ rentalId, titleId, stars: z.int().min(1).max(5), at: instant }),
  'reservation.requested': z.object({
    reservationId,
    titleId,
    memberToken,
    rentalId: rentalId.nullable(),
    siteId,
    at: instant,
  }),
  /** `visit`: as in the member session (PR-29); a return terminal without a PIN cancels what it just asked for at the same return. */
  'reservation.cancelled': z.object({
    ...{ reservationId, memberToken, at: instant },
    visit: base64url(64).optional(),
  }),
  'medium.registered': z.object({ mediumId, identity: jws, memberToken, at: instant }),
  'medium.lost': z.object({
    ...{ rentalIds: z.array(rentalId).max(32), memberToken, at: instant },
    visit: base64url(64).optional(),
  }),
  'player.seen': z.object({ mediumId, playerKey: jws, memberToken: memberToken.nullable(), at: instant }),
  /** SEC-8: what a player left of its openings on a medium that was put in here. Since 1.1. */
  'player.openings': z.object({ mediumId, openings: jws, at: instant }),
  /** MED-5: a wrong PIN that a kiosk without the hub refused by itself; counted with all others. Since 1.1. */
  'pin.refused': z.object({ memberToken, at: instant }),
  'alert.raised': z.object({
    code,
    subject: z.string().max(128),
    message: z.string().max(500),
    at: instant,
  }),
  'command.state': z.object({
    commandId: eventId,
    state: commandState,
    at: instant,
    fault: commandFault.nullable(),
    /** Output of `collect_logs`. */
    output: z.string().max(30_000).nullable(),
  }),
  'config.applied': z.object({ version: figure, at: instant }),
  'drive.fault': z.object({ drive: z.string().max(64), code, message: z.string().max(300), at: instant }),
  'cache.changed': z.object({
    titleId,
    state: z.enum(['fetching', 'ready', 'dropped', 'failed']),
    bytes: count,
    at: instant,
  }),
  'session.ended': z.object({
    kind: z.enum(['rent', 'return', 'mine']),
    outcome: code,
    seconds: count,
    at: instant,
  }),
} as const satisfies Record<string, z.ZodType>;

export type EventKind = keyof typeof EVENTS;
export type EventData<K extends EventKind> = z.infer<(typeof EVENTS)[K]>;
export type DomainEvent = { [K in EventKind]: { readonly kind: K; readonly data: EventData<K> } }[EventKind];

const TELEMETRY_KINDS: readonly EventKind[] = ['drive.fault', 'cache.changed', 'session.ended'];
export const laneOf = (kind: EventKind): 0 | 1 => (TELEMETRY_KINDS.includes(kind) ? 1 : 0);
export const isEventKind = (kind: string): kind is EventKind => Object.hasOwn(EVENTS, kind);

/** Reads one event's kind and data. Faults: `event_kind_unknown`, `event_malformed` (with the first issue's path). */
export function decodeEvent(
  kind: string,
  data: unknown,
): Result<DomainEvent, Fault<'event_kind_unknown' | 'event_malformed'>> {
  if (!isEventKind(kind))
    return fault('event_kind_unknown', `no event is called ${JSON.stringify(kind.slice(0, 64))}`);
  const parsed = EVENTS[kind].safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return fault('event_malformed', `${kind}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
  }
  return ok({ kind, data: parsed.data } as DomainEvent);
}

/** The rental that an event belongs to: events behind a dead letter of the same rental wait for it (SYN-3). */
export function rentalOf(event: DomainEvent): string | null {
  return 'rentalId' in event.data && event.data.rentalId !== null ? event.data.rentalId : null;
}
