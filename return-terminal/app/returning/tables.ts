import { z } from 'zod';
import { table } from '#shared/edge/store.ts';
import { LIMITS } from '#shared/media/layout.ts';
import { paymentPart, slotProof } from '#shared/protocol/events.ts';
import {
  copyId,
  count,
  instant,
  jws,
  mediumId,
  moneySchema,
  rentalId,
  returnId,
  sha256Hex,
  terminalId,
  titleId,
} from '#shared/protocol/primitives.ts';

/**
 * A return as this terminal's own disk knows it (PAY-1). `accepted`: T0 is fixed, nothing else happened. `paying`: cards and balances are being
 * asked. `intent`: INTENT, the medium may be touched from here on. `torn`: the key may be overwritten, the proof is missing; the medium is
 * out of reach. `destroyed`: the receipt is stored, captures may be owed. `done`: nothing is owed. Given up rows are removed with their event.
 */
const returnRow = z.object({
  returnId,
  rentalId,
  copyId,
  titleId,
  mediumId,
  memberToken: z.string().min(1).max(200),
  stage: z.enum(['accepted', 'paying', 'intent', 'torn', 'destroyed', 'done']),
  licence: jws,
  t0: instant,
  /** Who took the medium at T0: another terminal where a torn return is rolled forward. */
  acceptedBy: terminalId,
  rolledForward: z.boolean(),
  /** Another terminal began it, or this one's former store did, as was seen when the medium was first taken; absent in rows of earlier versions: as `acceptedBy` says. */
  begunElsewhere: z.boolean().optional(),
  /** Signed by the hub; null where this terminal computed `provisional` itself (CHG-7). */
  quote: jws.nullable(),
  provisional: moneySchema.nullable(),
  total: moneySchema.nullable(),
  proof: slotProof.nullable(),
  parts: z.array(paymentPart).max(8),
  due: moneySchema.nullable(),
  /** A card is being asked under this key: until it is answered, an authorisation may exist. */
  asking: z
    .object({ key: z.string().max(160), amount: moneySchema, cardToken: z.string().max(128).nullable() })
    .nullable(),
  /** Counts the cards that said no: each presentation has a key of its own. */
  attempts: count,
  receipt: jws.nullable(),
  /** Keys of card parts that are captured, or whose capture was refused for good. */
  settled: z.array(z.string().max(160)).max(8),
  /** The boot in which T0 was taken; absent in rows of earlier versions. */
  boot: z.string().max(64).optional(),
  at: instant,
});
export type ReturnRow = z.infer<typeof returnRow>;
export const returns = table('rt_returns', returnRow);

/**
 * How the slot was proven (RET-7) in returns that were given up after INTENT, since the key was seen whole: by return id. Who has the same bytes on two media may have
 * shown the other one, while the first one's key is overwritten and cannot be proven again.
 */
export const givenUp = table('rt_given_up', z.object({ proof: slotProof, at: instant }));

/**
 * Of each medium that was put in, when it last was, and which of its returned copies were told the hub as seen again (RET-2), the latest last. They lie on their medium
 * until others take their place (MS-19), so every later visit meets them: told once while the medium keeps coming. Rows of earlier versions were one for each
 * copy, without `copies`: they say nothing of a medium.
 */
export const seenAgain = table(
  'rt_seen_again',
  z.object({ at: instant, copies: z.array(copyId).max(LIMITS.copies).optional() }),
);

/** Where the chain of this terminal's receipts stands (DESIGN §5). */
export const receiptChain = table('rt_receipt_chain', z.object({ counter: count, previous: sha256Hex }));
export const CHAIN = 'head';

/** Counter of challenges that this terminal made for itself, never used twice (RET-7). */
export const challenges = table('rt_challenges', z.object({ counter: count }));

/** Idempotence key of one part: rental and return, and for a card also which presentation and, in a return begun elsewhere, which terminal. */
export function partKey(
  row: Pick<ReturnRow, 'rentalId' | 'returnId' | 'attempts' | 'acceptedBy' | 'begunElsewhere'>,
  means: 'points' | 'prepaid' | 'held_card' | 'card_reader',
  self: string,
): string {
  const key = `${row.rentalId}:${row.returnId}:${means}`;
  if (means === 'points' || means === 'prepaid') return key;
  const elsewhere = (row.begunElsewhere ?? row.acceptedBy !== self) ? `:${self}` : '';
  return row.attempts === 0 ? `${key}${elsewhere}` : `${key}${elsewhere}:${row.attempts + 1}`;
}

/** Authorisations that must be given back; kept until the card reader confirmed it (PAY-1). */
const owedVoid = z.object({
  key: z.string().max(160),
  rentalId,
  returnId,
  /** Null: whether it was granted is not known; it is asked for again under the same key first. */
  authorisationId: z.string().max(128).nullable(),
  /** The card held at rental; null: the one at the reader. */
  cardToken: z.string().max(128).nullable(),
  amount: moneySchema,
});
export type OwedVoid = z.infer<typeof owedVoid>;
export const owedVoids = table('rt_owed_voids', owedVoid);
