import { createHash } from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';
import { type Receipt, receiptSchema } from '#shared/media/receipt.ts';
import { verifyJws } from '#shared/media/signing.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import type { ReturnRuntime } from '../deps.ts';
import type { ReceiptFacts } from '../session/contract.ts';
import type { ReturnRow } from './tables.ts';

/** What this terminal has signed, read as anybody would read it. */
export async function readOwnReceipt(runtime: ReturnRuntime, jws: string): Promise<Receipt> {
  const read = await verifyJws(jws, runtime.identity.trust, {
    type: 'keyturn-receipt',
    schema: receiptSchema,
    roles: ['return-terminal'],
    validAt: 'signed-at',
    maxBytes: LIMITS.jwsChars,
  });
  assert(read.ok, `a receipt of our own holds: ${read.ok ? '' : read.error.message}`);
  return read.value.payload;
}

/** SHA-256 of a receipt's compact JWS: its name in the chain, on paper and at the hub. */
export const receiptHash = (jws: string): string => createHash('sha256').update(jws, 'ascii').digest('hex');

/** What screen and paper say of a receipt (RET-3, RET-4). */
export async function receiptFacts(runtime: ReturnRuntime, row: ReturnRow): Promise<ReceiptFacts> {
  assert(row.receipt !== null, 'a returned copy has its receipt');
  const receipt = await readOwnReceipt(runtime, row.receipt);
  return {
    returnId: receipt.returnId,
    counter: receipt.counter,
    claim: receipt.claim,
    readBack: receipt.readBack,
    destroyedAt: receipt.destroyedAt,
    fingerprint: receiptHash(row.receipt).slice(0, 16),
  };
}
