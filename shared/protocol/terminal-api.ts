import { z } from 'zod';
import { tariffSchema } from '#shared/domain/tariff.ts';
import { recommendation } from './bundle.ts';
import { epoch, lane, stamp } from './envelope.ts';
import { paymentPart, slotProof } from './events.ts';
import {
  base64url,
  code,
  copyId,
  count,
  currency,
  editionId,
  eventId,
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
  terminalId,
  titleId,
} from './primitives.ts';

export * from './bundle.ts';

/**
 * Questions that a terminal asks the hub over HTTP, below `/terminal/v1`. Everything that *happened* goes through the outbox
 * instead (events.ts): losing one of these answers never loses a fact. Who asks is the name in the certificate of the connection (mutual TLS
 * 1.3). Errors are `application/problem+json` with a stable `code`.
 */

// POST /enrol — no client certificate; the one-time code is bound to name, role, site and machine. The same request is sent again until staff approved it.
export const enrolRequest = z.object({
  code: z.string().max(200),
  certificateRequest: z.string().max(8000),
  software: z.string().max(64),
  /** Number on the machine's plate; empty: the terminal was told none. */
  hardwareSerial: z.string().max(64).default(''),
});
/** Staff have not approved the enrolment yet: ask again, not sooner than `retryAfterSeconds`. */
export const enrolPending = z.object({
  pending: z.literal(true),
  retryAfterSeconds: z.int().min(1).max(3600),
  rootCertificate: z.string().max(8000),
});
export const enrolAnswer = z.object({
  terminalId,
  role: z.enum(['kiosk', 'return-terminal']),
  fleetId: z.string().max(64),
  siteId,
  /** PEM, device certificate first. */
  certificateChain: z.array(z.string().max(8000)).min(1).max(4),
  rootCertificate: z.string().max(8000),
  mqttUrl: z.string().max(300),
});
export const enrolResponse = z.union([enrolPending, enrolAnswer]);

// POST /controllers — a kiosk carries out `make_secure_medium`: the request of the blank controller in its drive, in the ordered medium's name.
export const certifyControllerRequest = z.object({
  commandId: eventId,
  certificateRequest: z.string().max(8000),
});
export const certifyControllerAnswer = z.object({
  /** PEM, the controller's own certificate first. */
  certificateChain: z.array(z.string().max(8000)).length(2),
});

// POST /renew — over the terminal's present certificate, with a request from a new key; the present one is good until the new one connected.
export const renewRequest = z.object({ certificateRequest: z.string().max(8000) });
export const renewAnswer = z.object({ certificateChain: z.array(z.string().max(8000)).min(1).max(4) });

/** What a signed-in member may see at a terminal; kept in the session's memory only, never on disk (SEC-6, SEC-9). */
export const memberSession = z.object({
  sessionToken: base64url(64),
  memberToken,
  greeting: z.string().max(80).nullable(),
  language: z.enum(['en', 'ja', 'de']).nullable(),
  ageYears: count,
  currency,
  prepaid: moneySchema,
  points: count,
  amountDue: moneySchema,
  preferredMeans: z.array(z.enum(['points', 'prepaid', 'held_card', 'card_reader'])).max(4),
  playerKeys: z
    .array(
      z.object({
        playerId: z.string().max(64),
        recipient: z.string().max(120),
        /** Ed25519 `x`: by it the controller of a secure medium knows the player (SEC-5). */
        signingKey: base64url(64).optional(),
        name: z.string().max(100).optional(),
        addedAt: instant.nullable().optional(),
      }),
    )
    .max(8),
  /** Players that this member removed: they stand on the member's media as revoked. */
  revokedPlayers: z.array(z.string().max(64)).max(32).optional(),
  rentals: z
    .array(
      z.object({
        rentalId,
        titleId,
        startedAt: instant,
        dueAt: instant,
        state: code,
        runningCharge: moneySchema,
      }),
    )
    .max(200),
  reservations: z
    .array(
      z.object({
        reservationId,
        titleId,
        position: count,
        state: code,
        readyUntil: instant.nullable(),
        waitSeconds: count.nullable(),
      }),
    )
    .max(100),
  history: z
    .array(
      z.object({
        titleId,
        returnedAt: instant,
        charge: moneySchema,
        stars: z.int().min(1).max(5).nullable(),
      }),
    )
    .max(100),
  recommendations: z.array(recommendation).max(40),
  /** RNT-6: no new rental until the held one is settled. */
  heldRental: z.boolean(),
  /** Shown again with what the terminal reports in this member's name (1.6, PR-29). */
  visit: base64url(64).optional(),
});
export type MemberSession = z.infer<typeof memberSession>;

// POST /members/sign-in. Codes: by number sign_in_refused (one answer to unknown, wrong and locked), sign_in_paused (details.seconds); by medium pin_wrong (details.triesLeft), pin_locked, sign_in_refused; member_blocked.
export const signInRequest = z.object({
  mediumId: mediumId.nullable(),
  accessKey: base64url(64).nullable(),
  memberNumber: z.string().max(20).nullable(),
  pin: z.string().regex(/^[0-9]{4,8}$/),
});
// POST /members/register: the short form of MBR-1 at the kiosk. Answer: memberSession and the number to remember.
export const registerRequest = z.object({
  displayName: z.string().min(1).max(60),
  birthYear: z.int().min(1900).max(2200),
  pin: z.string().regex(/^[0-9]{4,8}$/),
  language: z.enum(['en', 'ja', 'de']),
});
export const registerAnswer = z.object({ memberNumber: z.string().max(20), session: memberSession });
// POST /members/sign-out {sessionToken}; POST /members/top-up {sessionToken, key, amount, authorisationId}: prepaid balance bought at the kiosk's card reader.
export const sessionRequest = z.object({ sessionToken: base64url(64) });
export const topUpRequest = z.object({
  sessionToken: base64url(64),
  key: z.string().max(160),
  /** `amount_due`: pays what is open first, so that the member may rent again (LED-2); what is left over stays as prepaid balance. */
  purpose: z.enum(['prepaid', 'amount_due']),
  amount: moneySchema,
  authorisationId: z.string().max(128),
});
// POST /members/session {sessionToken}: the member session anew, after a top-up or a settled copy. Codes: session_over.
// POST /members/players/add: a player whose key was found on the member's medium (PLY-1). Answer: memberSession. Codes: session_over, player_refused, player_limit, player_of_other_member.
export const addPlayerRequest = z.object({ sessionToken: base64url(64), mediumId, playerKey: jws });
// POST /members/players/pair: the code that the player shows at home, typed by its member. Codes: also pairing_code_unknown, sign_in_paused.
export const pairPlayerRequest = z.object({ sessionToken: base64url(64), code: z.string().max(20) });
// POST /members/players/remove. Codes: session_over, player_missing.
export const removePlayerRequest = z.object({ sessionToken: base64url(64), playerId: z.string().max(64) });
// POST /members/identify-medium: who owns this medium, without PIN: only whether it is known and its token.
export const identifyMediumRequest = z.object({ mediumId, accessKey: base64url(64) });
export const identifyMediumAnswer = z.object({
  memberToken: memberToken.nullable(),
  recommendations: z.array(recommendation).max(40),
});

// POST /rentals/prepare: ids are made by the kiosk and stored there first. One answer per item.
export const prepareRequest = z.object({
  sessionToken: base64url(64),
  mediumId,
  mediumClass: z.enum(['plain', 'secure']),
  items: z
    .array(
      z.object({
        rentalId,
        copyId,
        titleId,
        binding: z.enum(['none', 'players']),
        reservationId: reservationId.nullable(),
      }),
    )
    .min(1)
    .max(16),
});
export const rentalPermit = z.object({
  rentalId,
  copyId,
  titleId,
  editionId,
  tariff: tariffSchema,
  /** What is held on the card (PAY-1), zero where the tariff holds nothing. */
  hold: moneySchema,
  /** Ciphertext chunks whose hashes the hub wants (RET-7). */
  chunkIndices: z.array(count).max(16),
  expiresAt: instant,
});
export type RentalPermit = z.infer<typeof rentalPermit>;
export const prepareAnswer = z.object({
  items: z.array(
    z.union([
      z.object({ permitted: z.literal(true), permit: rentalPermit }),
      z.object({ permitted: z.literal(false), rentalId, code, message: z.string().max(300) }),
    ]),
  ),
});
// POST /rentals/cancel: the customer went away or the write failed; idempotent.
export const cancelRequest = z.object({ rentalIds: z.array(rentalId).min(1).max(16), reason: code });
// POST /rentals/states (1.5): what became of rentals that this kiosk wrote, since a held copy may be settled at another one (PR-28). Others are left out.
export const rentalStatesRequest = z.object({ rentalIds: z.array(rentalId).min(1).max(16) });
export const rentalStatesAnswer = z.object({
  rentals: z.array(z.object({ rentalId, status: code })).max(16),
});

// POST /returns/open: T0 (device time, with the stamp by which the hub corrects it as it corrects an event's, SYN-4) is fixed, the hub computes and signs (CHG-7) and asks for proof (RET-7). Same returnId: same answer.
// `t0Boot` (1.3): the boot in which T0 was taken; where it is the stamp's, the question itself dates T0 (PR-26).
export const openReturnRequest = z.object({
  ...{ returnId, rentalId, copyId, licence: jws, t0: instant, stamp },
  t0Boot: stamp.shape.bootId.optional(),
  /** Who took the medium at T0, as its record says: another terminal where a torn return is rolled forward (1.7, PR-30). */
  acceptedBy: terminalId.optional(),
});
export const openReturnAnswer = z.object({
  outcome: z.enum(['quoted', 'already_returned', 'kept', 'held']),
  /** Reported lost before and found again: its key is destroyed for nothing, the fee is settled by staff (RNT-7). */
  found: z.boolean().optional(),
  /** Signed quote, or null when nothing is to be paid because the rental is not open. */
  quote: jws.nullable(),
  nonce: base64url(64),
  chunkIndices: z.array(count).max(16),
  memberToken: memberToken.nullable(),
  /** How the charge would be paid by the member's preferred order; points only after a PIN (RET-5). */
  plan: z
    .object({
      prepaid: moneySchema,
      heldCard: z
        .object({ cardToken: z.string().max(128), maskedCard: z.string().max(32), amount: moneySchema })
        .nullable(),
      rest: moneySchema,
    })
    .nullable(),
});
/** Payload of the signed quote. */
export const quotePayload = z.object({
  returnId,
  rentalId,
  t0: instant,
  total: moneySchema,
  tax: moneySchema,
  startedAt: instant,
  dueAt: instant,
  lines: z
    .array(
      z.object({
        code,
        amount: moneySchema,
        units: count.nullable(),
        from: instant.nullable(),
        until: instant.nullable(),
      }),
    )
    .max(64),
  nextStepAt: instant.nullable(),
  nextStepTotal: moneySchema.nullable(),
  validUntil: instant,
});
export type QuotePayload = z.infer<typeof quotePayload>;

// POST /payments/authorise: points and prepaid are reserved at the hub as pending entries. Same key: same answer.
export const authoriseRequest = z.object({
  key: z.string().max(160),
  rentalId,
  returnId,
  means: z.enum(['points', 'prepaid']),
  amount: moneySchema,
  sessionToken: base64url(64).nullable(),
  proof: slotProof.nullable(),
});
export const authoriseAnswer = z.object({ part: paymentPart });
// POST /payments/void {key}: idempotent.
export const voidRequest = z.object({ key: z.string().max(160) });

// POST /recommendations: for what a return terminal writes onto the medium (RET-6). No PIN: only titles, no history of money.
export const recommendRequest = z.object({ memberToken, limit: z.int().min(1).max(40) });
export const recommendAnswer = z.object({
  recommendations: z.array(recommendation).max(40),
  /** The member's history, to be encrypted onto the medium; titles and dates only. */
  history: z
    .array(z.object({ titleId, returnedAt: instant, stars: z.int().min(1).max(5).nullable() }))
    .max(100),
  recipients: z.array(z.string().max(120)).max(8),
  /** As in the member session; absent from hubs of 1.0. */
  revokedPlayers: z.array(z.string().max(64)).max(32).optional(),
  reservable: z.array(z.object({ titleId, queueLength: count, waitSeconds: count.nullable() })).max(40),
});

// GET /editions/{editionId}/manifest and GET /editions/{editionId}/content with Range (CNT-1): every chunk is checked against its hash.
export const editionManifest = z.object({
  editionId,
  bytes: count,
  sha256: sha256Hex,
  chunkBytes: z.int().min(65_536).max(16_777_216),
  chunks: z.array(sha256Hex).max(262_144),
});
export type EditionManifest = z.infer<typeof editionManifest>;
// POST /content-lease (CNT-1, SEC-3): the key under which a kiosk holds content, for 72 h. It brings its own back, as only the hub opens it; null: it has none.
export const wrappedKey = z.object({ generation: z.string().max(40), wrapped: base64url(200) });
export const leasedKey = z.object({ key: base64url(64), wrapped: wrappedKey });
export const leaseRequest = z.object({ wrapped: wrappedKey.nullable() });
// Codes: lease_key_unknown (begin anew with null), terminal_role_wrong.
export const leaseAnswer = leasedKey.extend({
  /** After a rotation: the key that the kiosk goes over to. */
  next: leasedKey.nullable(),
  grantedAt: instant,
  validUntil: instant,
});
// POST /decommission/ready (FLT-3): may this terminal wipe itself? It names the last event of each lane; the hub compares with what it has committed.
export const lanePlace = z.object({ lane, epoch, last: z.int().min(-1) });
export const readyToWipeRequest = z.object({ lanes: z.array(lanePlace).length(2) });
export const readyToWipeAnswer = z.object({ orderId: z.string().max(64) });
// Codes: decommission_not_asked, decommission_events_missing.
// POST /decommission/receipt: the signed wipe receipt, handed in as often as it takes. The first one ends the certificate; the same one again is answered the same.
export const wipeReceiptRequest = z.object({ receipt: jws });
// Codes: decommission_not_asked, wipe_receipt_invalid.
// GET /health answers {status:'ok'} to a terminal of the fleet.
