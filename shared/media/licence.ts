import { z } from 'zod';
import type { CopyId, EditionId, MediumId, RentalId, TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { count, epoch, hex, snapshot, terminalId, text, uuid } from './json.ts';
import { MAX_CHUNKS } from './layout.ts';

/** States of Readium License Status (LIC-1). `held` is ready, `lost` is revoked, `kept` is active without end. */
export const LICENCE_STATUSES = ['ready', 'active', 'returned', 'cancelled', 'revoked', 'expired'] as const;
export type LicenceStatus = (typeof LICENCE_STATUSES)[number];

export const BINDINGS = ['none', 'players'] as const;
export type Binding = (typeof BINDINGS)[number];

const rights = z.object({
  start: epoch,
  /** Null: without end (`kept`). */
  end: epoch.nullable(),
  /** Pages that may be printed, characters that may be copied; null: unlimited. */
  print: count.nullable(),
  copy: count.nullable(),
  /** LIC-2: seconds from `start` within which use must begin, and from first use until it must end; null: no such clock. */
  startWithinSeconds: count.nullable(),
  finishWithinSeconds: count.nullable(),
});

/** RNT-7: from `at` on the copy is the member's, though the licence has an end. Null: this title cannot be kept. */
const keep = z.object({ at: epoch });

/** What the kiosk's use case brings for a licence; the write adds what only it knows (`LicenceFacts`). */
const terms = z.object({
  rentalId: uuid<RentalId>(),
  titleId: uuid<TitleId>(),
  /** The title as shown to people, in the member's language. */
  title: text(300),
  editionId: uuid<EditionId>(),
  /** RFC 6838 media type of the plaintext, for the player. */
  mediaType: z
    .string()
    .max(120)
    .regex(/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(; ?[a-zA-Z0-9=".,_ -]+)?$/),
  /** Frozen tariff and what of the site an offline charge needs; owned by `shared/domain` (CHG-4, CHG-7). */
  tariff: snapshot(6144),
  site: snapshot(6144),
  binding: z.enum(BINDINGS),
  /** Opaque token of the member: no name (SEC-9). */
  memberToken: z.string().min(1).max(200),
  keep: keep.nullable(),
});

const facts = z.object({
  copyId: uuid<CopyId>(),
  mediumId: uuid<MediumId>(),
  plaintextBytes: count,
  chunkCount: z.int().min(1).max(MAX_CHUNKS),
  /** Says whether the slot is still whole; nothing of the slot's proof follows from it (MS-10). */
  slotCheck: hex(32),
  /** Hashes of the last and a few other ciphertext chunks, so that a terminal without the key sees whether the content is there. */
  probes: z
    .array(z.object({ index: count, sha256: hex(32) }))
    .max(8)
    .readonly(),
  terminal: terminalId,
});

/** The licence document (payload of `licence.jws`, type `keyturn-licence`). Field names of Readium LCP; ours under `keyturn`. */
export const licenceSchema = z.object({
  version: z.literal(1),
  id: uuid<string>(),
  provider: z.string().min(1).max(200),
  issued: epoch,
  updated: epoch.nullable(),
  status: z.enum(LICENCE_STATUSES),
  rights,
  keyturn: z.object({ ...terms.shape, ...facts.shape }),
});
export type Licence = z.infer<typeof licenceSchema>;
export type Rights = z.infer<typeof rights>;

/** A licence before the copy exists. `id` is made by the caller; `rights.start` is the moment given to the draft function. */
export const licenceDraftSchema = z.object({
  id: uuid<string>(),
  provider: z.string().min(1).max(200),
  rights,
  keyturn: terms,
});
export type LicenceDraft = z.infer<typeof licenceDraftSchema>;
export type LicenceFacts = z.infer<typeof facts>;

export const completeLicence = (draft: LicenceDraft, copy: LicenceFacts, issued: EpochMs): Licence =>
  licenceSchema.parse({
    version: 1,
    id: draft.id,
    provider: draft.provider,
    issued,
    updated: null,
    status: 'ready',
    rights: draft.rights,
    keyturn: { ...draft.keyturn, ...copy },
  });

/**
 * What a licence means at a moment (LIC-1: expiry is derived from the clock when asked). `firstUse`: when the player first opened
 * the copy, null before. Closed states stay as they are; `kept` (keep clause reached) is active without end.
 */
export function licenceStatusAt(licence: Licence, now: EpochMs, firstUse: EpochMs | null): LicenceStatus {
  if (licence.status !== 'ready' && licence.status !== 'active') return licence.status;
  if (licence.keyturn.keep !== null && now >= licence.keyturn.keep.at) return 'active';
  const end = licenceEndAt(licence, firstUse);
  if (end !== null && now >= end) return 'expired';
  return firstUse === null ? licence.status : 'active';
}

/** The moment from which the licence no longer allows use, or null: without end (LIC-2: the earliest clock counts). */
export function licenceEndAt(licence: Licence, firstUse: EpochMs | null): EpochMs | null {
  const { start, end, startWithinSeconds, finishWithinSeconds } = licence.rights;
  const limits: EpochMs[] = [];
  if (end !== null) limits.push(end);
  if (firstUse === null && startWithinSeconds !== null)
    limits.push((start + startWithinSeconds * 1000) as EpochMs);
  if (firstUse !== null && finishWithinSeconds !== null)
    limits.push((firstUse + finishWithinSeconds * 1000) as EpochMs);
  return limits.length === 0 ? null : (Math.min(...limits) as EpochMs);
}
