import type { z } from 'zod';
import type { SignedLicence } from '#hub/app/rentals/from-licence.ts';
import type { SignedDeletion } from '#hub/domain/claim.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { EventId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { verifyPurgeStatement } from '#shared/media/controller/purge.ts';
import { licenceSchema } from '#shared/media/licence.ts';
import { type MediumIdentity, mediumIdentitySchema } from '#shared/media/medium-identity.ts';
import {
  type Openings,
  type PlayerKey,
  readOpenings,
  type SignedByPlayer,
  verifyPlayerKey,
} from '#shared/media/player-key.ts';
import { type Receipt, receiptSchema } from '#shared/media/receipt.ts';
import {
  certificateEnd,
  type DocumentType,
  type FleetTrust,
  type SignatureBy,
  type Verified,
  verifyJws,
} from '#shared/media/signing.ts';
import type { SignerRole } from '#shared/ports/signer.ts';
import type { EnvelopeEvent } from '#shared/protocol/envelope.ts';
import { type DomainEvent, decodeEvent } from '#shared/protocol/events.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { type QuotePayload, quotePayload } from '#shared/protocol/terminal-api.ts';
import { tooManyBytes } from './event-size.ts';

/** A receipt whose signature holds. */
export interface ReadReceipt {
  readonly receipt: Receipt;
  readonly jws: string;
  readonly signer: SignatureBy;
  /** The deletion as a secure medium's own controller signed it, where that signature holds (RET-4). */
  readonly deletion: SignedDeletion | null;
  /** Signed after the certificate's end: a terminal that could not renew goes on taking returns. */
  readonly afterExpiry: boolean;
}

/** An event with everything in it that is signed already verified, so that the transaction only reads and writes. */
export interface ReadEvent {
  readonly event: DomainEvent;
  readonly licence: SignedLicence | null;
  readonly receipt: ReadReceipt | null;
  /** What the hub's own signed quote says. */
  readonly quoted: QuotePayload | null;
  readonly identity: MediumIdentity | null;
  readonly player: PlayerKey | null;
  readonly openings: SignedByPlayer<Openings> | null;
}
export type ReadFault = Fault<
  | 'event_kind_unknown'
  | 'event_too_large'
  | 'event_malformed'
  | 'licence_refused'
  | 'receipt_refused'
  | 'quote_refused'
  | 'identity_refused'
  | 'player_refused'
>;
export type Read = Result<ReadEvent, ReadFault>;
/**
 * `within`: the stores of the transaction that is under way; null: none is. Who reads within one says so, since a question outside of it would wait for it, and it for the answer.
 * `packetBytes`: how long the packet was in which the event came; absent: nobody knows any more.
 */
export type Reader = (event: EnvelopeEvent, within: Stores | null, packetBytes?: number) => Promise<Read>;

const KEPT = 2000;
/** A licence has some six kilobytes. */
const KEPT_LICENCES = 1000;

/** Keeps what was added last. */
function keep<Key, Value>(known: Map<Key, Value>, key: Key, value: Value, most: number): void {
  known.set(key, value);
  const oldest = known.keys().next();
  if (known.size > most && oldest.done !== true) known.delete(oldest.value);
}

/** Reads and verifies events before their transaction; a repeated try of the same event is answered from memory. */
export function eventReader(
  trust: FleetTrust,
): (event: EnvelopeEvent, within?: Stores | null, packetBytes?: number) => Promise<Read> {
  const known = new Map<EventId, { data: unknown; read: Read }>();
  const licences = licenceReader(trust);
  return async (event, _within, packetBytes) => {
    const kept = known.get(event.id);
    if (kept !== undefined && kept.data === event.data) return kept.read;
    const read = await readEvent(trust, event, packetBytes ?? null, licences);
    keep(known, event.id, { data: event.data, read }, KEPT);
    return read;
  };
}

type ReadLicence = (jws: string) => Promise<Result<SignedLicence, Fault>>;

/**
 * A licence comes with the start of a rental, with its return and with the receipt. The same text was signed by the same key at the same time, so it is verified once; only
 * whether its signer is revoked by now is asked each time.
 */
function licenceReader(trust: FleetTrust): ReadLicence {
  const held = new Map<string, SignedLicence>();
  return async (jws) => {
    const kept = held.get(jws);
    if (kept !== undefined) {
      const revokedAt = trust.revokedAt(kept.signer.fingerprint);
      if (revokedAt === null || kept.signer.signedAt < revokedAt) return ok(kept);
    }
    const verified = await document(trust, jws, 'keyturn-licence', licenceSchema, ['kiosk', 'hub']);
    if (!verified.ok) return verified;
    const signed = { licence: verified.value.payload, jws, signer: verified.value.signer };
    keep(held, jws, signed, KEPT_LICENCES);
    return ok(signed);
  };
}

/** Decodes one event and verifies its documents: signature, chain to this fleet, role, kind, shape. Everything that is wrong is a fault. */
export async function readEvent(
  trust: FleetTrust,
  envelope: EnvelopeEvent,
  packetBytes: number | null = null,
  licences: ReadLicence = licenceReader(trust),
): Promise<Read> {
  // By its data alone: the stamp around it may be completed on the way (PR-26). Its batch bounded how deep it is.
  const bytes = tooManyBytes(envelope.data, packetBytes);
  if (bytes !== null)
    return fault('event_too_large', `${envelope.kind}: ${bytes} bytes, at most ${LIMITS.eventBytes}`);
  const decoded = decodeEvent(envelope.kind, envelope.data);
  if (!decoded.ok) return decoded;
  const event = decoded.value;
  const read: { -readonly [Name in keyof ReadEvent]: ReadEvent[Name] } = {
    event,
    licence: null,
    receipt: null,
    quoted: null,
    identity: null,
    player: null,
    openings: null,
  };
  const { data } = event;
  if ('licence' in data && data.licence !== undefined) {
    const licence = await licences(data.licence);
    if (!licence.ok) return fault('licence_refused', licence.error.message, { code: licence.error.code });
    read.licence = licence.value;
  }
  if (event.kind === 'return.destroyed') {
    const receipt = await receiptDocument(trust, event.data.receipt);
    if (!receipt.ok) return fault('receipt_refused', receipt.error.message, { code: receipt.error.code });
    read.receipt = {
      ...receipt.value,
      deletion: await deletionIn(trust, receipt.value.receipt, read.licence),
    };
    if (event.data.quote !== null) {
      const quote = await document(trust, event.data.quote, 'keyturn-quote', quotePayload, ['hub']);
      if (!quote.ok) return fault('quote_refused', quote.error.message, { code: quote.error.code });
      read.quoted = quote.value.payload;
    }
  }
  if (event.kind === 'medium.registered') {
    const roles: SignerRole[] = ['kiosk', 'hub'];
    const identity = await document(
      trust,
      event.data.identity,
      'keyturn-medium',
      mediumIdentitySchema,
      roles,
    );
    if (!identity.ok) return fault('identity_refused', identity.error.message, { code: identity.error.code });
    read.identity = identity.value.payload;
  }
  if (event.kind === 'player.seen') {
    const player = await verifyPlayerKey(event.data.playerKey);
    if (!player.ok) return fault('player_refused', player.error.message, { code: player.error.code });
    read.player = player.value;
  }
  if (event.kind === 'player.openings') {
    const openings = await readOpenings(event.data.openings);
    if (!openings.ok) return fault('player_refused', openings.error.message, { code: openings.error.code });
    read.openings = openings.value;
  }
  return ok(read);
}

async function receiptDocument(trust: FleetTrust, jws: string): Promise<Result<ReadReceipt, Fault>> {
  const roles: SignerRole[] = ['return-terminal', 'kiosk'];
  const options = {
    type: 'keyturn-receipt',
    schema: receiptSchema,
    roles,
    maxBytes: LIMITS.jwsChars,
  } as const;
  const made = (verified: Verified<Receipt>, afterExpiry: boolean) =>
    ok({ receipt: verified.payload, jws, signer: verified.signer, deletion: null, afterExpiry });
  const verified = await verifyJws(jws, trust, { ...options, validAt: 'signed-at' });
  if (verified.ok) return made(verified.value, false);
  const end = verified.error.code === 'certificate_expired' ? certificateEnd(jws) : null;
  if (end === null) return verified;
  const late = await verifyJws(jws, trust, { ...options, validAt: end });
  return late.ok && late.value.signer.signedAt > end ? made(late.value, true) : verified;
}

/** SEC-5, RET-4: what the medium's own controller says of the deletion; a statement that does not hold is none. */
async function deletionIn(
  trust: FleetTrust,
  receipt: Receipt,
  licence: SignedLicence | null,
): Promise<SignedDeletion | null> {
  if (receipt.claim !== 'PURGE' || licence === null) return null;
  const statement = await verifyPurgeStatement(receipt, licence.licence.keyturn.slotCheck, trust);
  return statement.ok ? statement.value : null;
}

const document = <T>(
  trust: FleetTrust,
  jws: string,
  type: DocumentType,
  schema: z.ZodType<T>,
  roles: readonly SignerRole[],
): Promise<Result<Verified<T>, Fault>> =>
  verifyJws(jws, trust, { type, schema, roles, validAt: 'signed-at', maxBytes: LIMITS.jwsChars });
