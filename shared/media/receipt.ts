import { z } from 'zod';
import type { CopyId, MediumId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { count, epoch, hex, terminalId, uuid } from './json.ts';

/** RET-4: CLEAR-SLOT: a copy of the key was here, its slot was overwritten and read back. PURGE: a secure controller signed the deletion. */
export const CLAIMS = ['CLEAR-SLOT', 'PURGE'] as const;
export type Claim = (typeof CLAIMS)[number];
export const READ_BACKS = ['power-cycle', 'remount', 'direct-io', 'cache-dropped'] as const;

export const chunkHashSchema = z.object({ index: count, sha256: hex(32) });

/** base64url of at most `characters`. */
const base64url = (characters: number) =>
  z
    .string()
    .max(characters)
    .regex(/^[A-Za-z0-9_-]*$/);

/**
 * What a terminal must show to prove that it held the slot (RET-7). Online nonce and chunk indices are the hub's
 * (`POST /returns/open`); offline the terminal takes `offlineChallenge` (its own counter, no chunks).
 */
export const challengeSchema = z.object({
  nonce: base64url(64),
  origin: z.enum(['hub', 'offline']),
  chunkIndices: z.array(count).max(16).readonly(),
});
export type SlotChallenge = z.infer<typeof challengeSchema>;

/** The answer, in the shape of the wire's `slotProof`. */
export const slotAnswerSchema = z.object({
  nonce: base64url(64),
  /** HMAC-SHA-256 with K over nonce and return id, base64url; empty where the slot was damaged already (a torn return rolled forward). */
  mac: base64url(64),
  chunkHashes: z.array(chunkHashSchema).max(16).readonly(),
});
export type SlotAnswer = z.infer<typeof slotAnswerSchema>;

/** Payload of a receipt (compact JWS, type `keyturn-receipt`, signed by the terminal that proved the destruction). */
export const receiptSchema = z.object({
  version: z.literal(1),
  returnId: uuid<ReturnId>(),
  rentalId: uuid<RentalId>(),
  copyId: uuid<CopyId>(),
  mediumId: uuid<MediumId>(),
  terminal: terminalId,
  /** T0 and the terminal that took the medium then: another one where a torn return was rolled forward. */
  t0: epoch,
  acceptedBy: terminalId,
  destroyedAt: epoch,
  claim: z.enum(CLAIMS),
  readBack: z.enum(READ_BACKS),
  /** Place in the chain of this terminal's receipts. */
  counter: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  previous: hex(32),
  nonceOrigin: z.enum(['hub', 'offline']),
  proof: slotAnswerSchema,
  /** With claim PURGE: the controller's own statement (compact JWS, `keyturn-purge`), MS-23. */
  purge: z
    .string()
    .max(12 * 1024)
    .regex(/^[A-Za-z0-9_.-]+$/)
    .optional(),
});
export type Receipt = z.infer<typeof receiptSchema>;
