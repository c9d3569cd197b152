import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { RentalId, ReturnId } from '#shared/kernel/ids.ts';
import type { SlotChallenge } from './receipt.ts';

/** K = HKDF(slot bytes, rental id), 32 bytes as base64url: goes to the hub at the write and nowhere else (RET-7). */
export const slotProofKey = (slot: Uint8Array, rentalId: RentalId): string =>
  Buffer.from(hkdfSync('sha256', slot, rentalId, 'keyturn/slot-proof/1', 32)).toString('base64url');

/** HMAC-SHA-256 over the nonce as text, a line feed and the return id; base64url. */
export const slotMac = (proofKey: string, nonce: string, returnId: ReturnId): string =>
  createHmac('sha256', Buffer.from(proofKey, 'base64url'))
    .update(`${nonce}\n${returnId}`)
    .digest('base64url');

/** For the hub: true where the answer was made by somebody who held the slot. */
export function slotMacFits(proofKey: string, nonce: string, returnId: ReturnId, mac: string): boolean {
  const expected = Buffer.from(slotMac(proofKey, nonce, returnId), 'base64url');
  const given = Buffer.from(mac, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whose own counter an offline challenge is; null for the hub's nonces and anything else. */
export function readOfflineNonce(
  nonce: string,
): { readonly terminal: string; readonly counter: number } | null {
  const text = Buffer.from(nonce, 'base64url').toString('latin1');
  const [, terminal, counter] = /^([a-z0-9-]{1,64})\.([0-9]{1,15})$/.exec(text) ?? [];
  if (terminal === undefined || counter === undefined) return null;
  // One nonce for one counter: what decodes to the same text by other characters is none of ours.
  return offlineChallenge(terminal, Number(counter)).nonce === nonce
    ? { terminal, counter: Number(counter) }
    : null;
}

/** Offline the terminal challenges itself over its own counter: the hub checks afterwards that no counter was used twice. */
export const offlineChallenge = (terminal: string, counter: number): SlotChallenge => ({
  nonce: Buffer.from(`${terminal}.${counter}`, 'ascii').toString('base64url'),
  origin: 'offline',
  chunkIndices: [],
});
