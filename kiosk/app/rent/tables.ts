import { z } from 'zod';
import { table } from '#shared/edge/store.ts';
import { cardAuthorisation } from '#shared/protocol/events.ts';
import {
  base64url,
  copyId,
  count,
  instant,
  jws,
  mediumId,
  memberToken,
  moneySchema,
  rentalId,
  sha256Hex,
  titleId,
} from '#shared/protocol/primitives.ts';

/**
 * A rental as this kiosk's own disk knows it (RNT-2). `prepared`: ids are made, nothing else happened. `holding`: a hold is being asked of the
 * card reader. `writing`: INTENT. `key_begun`: SLOT_BEGIN; without the next step it is held. `active`: COMMIT. Rows that came to
 * nothing are removed once their event is in the outbox.
 */
const rentalRow = z.object({
  rentalId,
  copyId,
  titleId,
  memberToken,
  stage: z.enum(['prepared', 'holding', 'writing', 'key_begun', 'held', 'active']),
  at: instant,
  offline: z.boolean(),
  /** Money at stake offline: the first period's price with what was held (SYN-1). */
  stake: moneySchema,
  holdAmount: moneySchema,
  hold: cardAuthorisation.nullable(),
  mediumId: mediumId.nullable(),
  keyBegun: z
    .object({
      licence: jws,
      slotProofKey: base64url(64),
      chunkHashes: z.array(z.object({ index: count, sha256: sha256Hex })).max(16),
      at: instant,
    })
    .nullable(),
  /** Where the lane of money stood after the rental's last event: acknowledged beyond it, the hub knows of it. */
  outbox: z.int().nullable(),
});
export type RentalRow = z.infer<typeof rentalRow>;
export const rentals = table('kiosk_rentals', rentalRow);

/** Holds on a card that must be given back; kept until the card reader confirmed it (PAY-1). */
const holdVoid = z.object({
  rentalId,
  key: z.string().max(160),
  /** Null: whether the hold was granted is not known; it is asked for again under the same key first. */
  authorisationId: z.string().max(128).nullable(),
  amount: moneySchema,
});
export type HoldVoid = z.infer<typeof holdVoid>;
export const holdVoids = table('kiosk_hold_voids', holdVoid);

/** A medium whose identity the hub has been told of, and whose it is. */
export const media = table('kiosk_media', z.object({ mediumId, memberToken, registeredAt: instant }));

export const holdKey = (rental: string): string => `${rental}:hold`;
