import { z } from 'zod';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { count, currency, epoch, terminalId, text } from './json.ts';
import { type FleetTrust, type SignatureFaultCode, type Verified, verifyJws } from './signing.ts';

/** What of a terminal is gone when it signs; its own key follows once the hub has the receipt. */
export const WIPED = ['store', 'content', 'assets', 'lease', 'other files'] as const;

/** What the card reader had not answered when staff said `nevertheless`: to be looked up under its key at the card provider. */
export const openCardSchema = z.object({
  kind: z.enum(['void', 'capture', 'payment']),
  key: text(160),
  amount: z.object({ minor: z.int(), currency }),
});
export type OpenCard = z.infer<typeof openCardSchema>;

/**
 * A terminal's own word that it wiped itself (compact JWS, type `keyturn-wipe`; FLT-3, SEC-9). It proves who says so and what had reached the
 * hub, not what became of flash blocks that the disk kept aside: all that lay there was encrypted under keys that are overwritten.
 */
export const wipeReceiptSchema = z.object({
  version: z.literal(1),
  terminal: terminalId,
  role: z.enum(['kiosk', 'return-terminal']),
  /** The decommission that it obeyed. */
  orderId: text(64),
  /** The last event of each lane; −1: there was none. The hub had committed all of them before anything was wiped. */
  lanes: z
    .array(z.object({ lane: z.union([z.literal(0), z.literal(1)]), epoch: text(64), last: z.int().min(-1) }))
    .length(2),
  /** What goes on elsewhere: copies that are held, and returns that are torn, are settled by whichever terminal sees their medium. */
  elsewhere: z.object({ held: count, torn: count }),
  /** With `nevertheless` only. */
  openCards: z.array(openCardSchema).max(50),
  wiped: z.array(z.enum(WIPED)).max(WIPED.length),
  files: count,
  bytes: count,
  at: epoch,
});
export type WipeReceipt = z.infer<typeof wipeReceiptSchema>;

/** Of a terminal whose certificate is good at `now`, the hub's time: its own clock may be wrong. */
export const verifyWipeReceipt = (
  jws: string,
  trust: FleetTrust,
  now: EpochMs,
): Promise<Result<Verified<WipeReceipt>, Fault<SignatureFaultCode>>> =>
  verifyJws(jws, trust, {
    type: 'keyturn-wipe',
    schema: wipeReceiptSchema,
    roles: ['kiosk', 'return-terminal'],
    validAt: now,
    maxBytes: 24 * 1024,
  });
