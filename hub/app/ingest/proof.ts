import { createHash } from 'node:crypto';
import type { RentalRow, ReturnRow } from '#hub/ports/rows/index.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Receipt, receiptSchema } from '#shared/media/receipt.ts';
import { offlineChallenge, slotMacFits } from '#shared/media/slot-proof.ts';
import { type Applying, raise } from './context.ts';

export const receiptIdOf = (jws: string): string => createHash('sha256').update(jws).digest('hex');

/**
 * Whether the terminal held the slot (RET-7). `pending`: the hub has not heard of the write yet; `unchecked`: the slot was damaged before the
 * terminal saw it (a torn return finished elsewhere).
 */
export async function judgeProof(
  applying: Applying,
  rental: RentalRow,
  receipt: Receipt,
): Promise<ReturnRow['proof']> {
  if (rental.slotProofKey === null) return 'pending';
  if (receipt.proof.mac === '') return 'unchecked';
  const nonce = await nonceFor(applying, receipt);
  const macFits =
    receipt.proof.nonce === nonce &&
    slotMacFits(rental.slotProofKey, nonce, receipt.returnId, receipt.proof.mac);
  const known = new Map(rental.chunkHashes.map((chunk) => [chunk.index, chunk.sha256]));
  const chunksFit = receipt.proof.chunkHashes.every(
    (chunk) => !known.has(chunk.index) || known.get(chunk.index) === chunk.sha256,
  );
  if (macFits && chunksFit) return 'proven';
  const what = macFits ? 'chunk hashes' : 'slot proof';
  await raise(
    applying,
    'proof_mismatch',
    receipt.returnId,
    'critical',
    `${what} of return ${receipt.returnId} do not fit what was written`,
  );
  return 'mismatch';
}

/** Offline the terminal's own counter, online what the hub asked for; a hub that lost its question takes the receipt's word for it. */
async function nonceFor(applying: Applying, receipt: Receipt): Promise<string> {
  if (receipt.nonceOrigin === 'offline') return offlineChallenge(receipt.terminal, receipt.counter).nonce;
  const quote = await applying.stores.quotes.find({ returnId: receipt.returnId });
  return quote?.nonce ?? receipt.proof.nonce;
}

/** The write became known after its return: proofs that waited for K are judged now (RET-1, RET-7). */
export async function checkWaitingProofs(applying: Applying, rental: RentalRow): Promise<void> {
  const waiting = await applying.stores.returns.list(
    { rentalId: rental.rentalId, proof: 'pending', state: 'destroyed' },
    { limit: 50 },
  );
  for (const each of waiting) {
    if (each.receiptId === null) continue;
    const stored = await applying.stores.receipts.find({ receiptId: each.receiptId });
    const payload = stored?.jws.split('.')[1] ?? '';
    // The signature was verified before the receipt was stored.
    const receipt = receiptSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    if (!receipt.success) continue;
    const proof = await judgeProof(applying, rental, receipt.data);
    await applying.stores.returns.patch({ returnId: each.returnId }, { proof });
    if (proof === 'mismatch')
      await applying.stores.rentals.patch({ rentalId: rental.rentalId }, { needsStaff: true });
  }
}

/** Stores a receipt and checks its place in its terminal's chain: a break or a counter used twice is for staff (DESIGN §5). */
export async function storeReceipt(applying: Applying, receipt: Receipt, jws: string): Promise<string> {
  const { stores } = applying;
  const receiptId = receiptIdOf(jws);
  const terminalId = receipt.terminal as TerminalId;
  const row = {
    receiptId,
    returnId: receipt.returnId,
    rentalId: receipt.rentalId,
    terminalId,
    counter: receipt.counter,
    previous: receipt.previous,
    jws,
    claim: receipt.claim,
    readBack: receipt.readBack,
    destroyedAt: receipt.destroyedAt,
    receivedAt: applying.now,
    epoch: '',
    chain: '',
    nonce: null,
  };
  if ((await stores.receipts.insert(row)) === 'exists') return receiptId;
  const around = await stores.receipts.list(
    { terminalId, counter: [receipt.counter - 1, receipt.counter] },
    { limit: 10 },
  );
  if (around.filter((each) => each.counter === receipt.counter).length > 1)
    await raise(
      applying,
      'receipt_counter_repeated',
      terminalId,
      'critical',
      `counter ${receipt.counter} was used for two receipts`,
    );
  const before = around.filter((each) => each.counter === receipt.counter - 1);
  if (before.length > 0 && before.every((each) => each.receiptId !== receipt.previous))
    await raise(
      applying,
      'receipt_chain_broken',
      terminalId,
      'critical',
      `receipt ${receipt.counter} does not follow the one before it`,
    );
  return receiptId;
}
