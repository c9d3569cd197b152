import { z } from 'zod';
import type { CopyId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { count, epoch, hex, uuid } from '../json.ts';
import { SLOT_BYTES, SLOT_RECIPIENTS } from '../layout.ts';

/** Copies whose slots a controller holds at once. */
export const CONTROLLER_SLOTS = 32;
/** A text inside the channel, at most. */
const MESSAGE_BYTES = 15 * 1024;

const base64url = (bytes: number) =>
  z
    .string()
    .max(Math.ceil((bytes * 4) / 3))
    .regex(/^[A-Za-z0-9_-]+$/);
const exactly = (bytes: number) =>
  base64url(bytes).refine((text) => Buffer.from(text, 'base64url').length === bytes, 'another length');

/** A player's Ed25519 public key (RFC 8037 `x`). */
export const playerKeyX = exactly(32);

/**
 * Who calls (MS-21). `nobody` may only ask what stands in the slots; a terminal shows its certificates, a player the key it signs with. `at`:
 * the terminal's clock, for a controller has none.
 */
export const callerSchema = z.discriminatedUnion('as', [
  z.strictObject({ as: z.literal('nobody') }),
  z.strictObject({
    as: z.literal('terminal'),
    at: epoch,
    chain: z.array(base64url(2500)).length(2).readonly(),
  }),
  z.strictObject({ as: z.literal('player'), key: playerKeyX }),
]);
export type CallerIdentity = z.infer<typeof callerSchema>;

const copyId = uuid<CopyId>();
const returnId = uuid<ReturnId>();
const nonce = base64url(48);

/** What a controller does (MS-22). */
export const commandSchema = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('state') }),
  /** Kiosk: the key of a new copy, all 4096 bytes of its slot, and who may read it: `any` player, or these. */
  z.strictObject({
    command: z.literal('write'),
    copyId,
    rentalId: uuid<RentalId>(),
    slot: exactly(SLOT_BYTES),
    readers: z.union([z.literal('any'), z.array(playerKeyX).min(1).max(SLOT_RECIPIENTS).readonly()]),
  }),
  /** Player that is among the readers: the slot. */
  z.strictObject({ command: z.literal('read'), copyId }),
  /** Terminal: the answer to a challenge (MS-10), made with the key that stays where it is. */
  z.strictObject({ command: z.literal('prove'), copyId, nonce, returnId }),
  /** Kiosk: K of a copy that was held, for the hub (RNT-6). */
  z.strictObject({ command: z.literal('proof-key'), copyId }),
  /** Terminal: removes the key for a return and signs that it did; asked again for the same return it signs again. */
  z.strictObject({ command: z.literal('delete'), copyId, returnId, nonce, at: epoch }),
  /** Kiosk: removes the key of a write that failed. */
  z.strictObject({ command: z.literal('wipe'), copyId }),
]);
export type Command = z.infer<typeof commandSchema>;

export const COMMAND_REFUSALS = [
  'malformed',
  /** This caller may not ask for this. */
  'not_allowed',
  'slot_missing',
  /** Another key stands under this copy id, or one was removed there. */
  'slot_taken',
  'slots_full',
  /** No key any more: it was destroyed by a return or wiped. */
  'slot_destroyed',
] as const;
export type CommandRefusal = (typeof COMMAND_REFUSALS)[number];

/** What stands in one slot of a controller. `digest` is the licence's `slotCheck` of the key that is or was there. */
export const slotStateSchema = z.strictObject({
  copyId,
  state: z.enum(['key', 'wiped', 'destroyed']),
  digest: hex(32),
  /** The return that destroyed it. */
  returnId: returnId.nullable(),
});
export type SlotState = z.infer<typeof slotStateSchema>;

export const answerSchema = z.discriminatedUnion('answer', [
  z.strictObject({
    answer: z.literal('state'),
    slots: z.array(slotStateSchema).max(CONTROLLER_SLOTS).readonly(),
    /** Deletions and writes so far; never goes back. */
    counter: count,
  }),
  z.strictObject({ answer: z.literal('done') }),
  z.strictObject({ answer: z.literal('slot'), slot: exactly(SLOT_BYTES) }),
  z.strictObject({ answer: z.literal('proof'), mac: exactly(32) }),
  z.strictObject({ answer: z.literal('proof-key'), key: exactly(32) }),
  z.strictObject({ answer: z.literal('purged'), statement: z.string().max(12 * 1024) }),
  z.strictObject({ answer: z.literal('refused'), reason: z.enum(COMMAND_REFUSALS) }),
]);
export type Answer = z.infer<typeof answerSchema>;

export const encodeMessage = (message: Command | Answer | CallerIdentity): Uint8Array =>
  Buffer.from(JSON.stringify(message), 'utf8');

/** Reads a command of any bytes; null for what is none. */
export const decodeCommand = (bytes: Uint8Array): Command | null => decode(bytes, commandSchema);
export const decodeAnswer = (bytes: Uint8Array): Answer | null => decode(bytes, answerSchema);
export const decodeCaller = (bytes: Uint8Array): CallerIdentity | null => decode(bytes, callerSchema);

function decode<T>(bytes: Uint8Array, schema: z.ZodType<T>): T | null {
  if (bytes.length > MESSAGE_BYTES) return null;
  try {
    // ignoreBOM keeps a byte order mark, which JSON then refuses: one message has one spelling less.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
