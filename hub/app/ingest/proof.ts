import { createHmac } from 'node:crypto';
import type { QuoteRow, RentalRow, ReturnRow } from '#hub/ports/rows/index.ts';
import { shownT0, tellingsOf } from '#shared/domain/return-times.ts';
import type { ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { type Receipt, receiptSchema } from '#shared/media/receipt.ts';
import { readOfflineNonce, slotMacFits } from '#shared/media/slot-proof.ts';
import { type Applying, raise } from './context.ts';
import { hold } from './held.ts';

type Verdict = ReturnRow['proof'];
interface Judgement {
  readonly proof: Verdict;
  /** Why it does not fit, for staff. */
  readonly why: string | null;
}

/**
 * Whether the terminal held the slot (RET-7), judged while its return is applied. A proof that does not fit, or that was made over a challenge used before, is kept
 * back: the rental stays open and its meter is not stopped by it. Chunks that differ where the slot is proven are a damaged
 * medium, not a forged return: noted for staff. `pending`: the hub has not heard of the write yet.
 */
export async function judgeProof(
  applying: Applying,
  rental: RentalRow,
  receipt: Receipt,
  known: ReturnRow,
): Promise<Verdict> {
  const quote = await applying.stores.quotes.find({ returnId: receipt.returnId });
  if (receipt.proof.mac !== '') await checkChallenge(applying, receipt, quote);
  if (rental.slotProofKey === null) return 'pending';
  const { proof, why } = judge(rental, receipt);
  if (proof === 'proven' && why !== null) await tellChunks(applying, receipt, why);
  if (proof === 'mismatch') hold(applying, 'proof_mismatch', why ?? 'the proof of the slot does not fit');
  const asked = askedOf(applying.challengeKey, rental, receipt, quote);
  const begun = begunElsewhere(rental, receipt, known, quote);
  if (proof === 'unchecked' && !begun && !chunksShown(rental, receipt, asked))
    hold(
      applying,
      'return_unproven',
      `the slot could not be proven any more, and nobody showed it before${toldOfIt(rental, receipt)}`,
    );
  return proof === 'proven' && why !== null ? 'mismatch' : proof;
}

/** A challenge is the hub's own for this return, or a counter of the terminal's own, and answers one return only. */
async function checkChallenge(applying: Applying, receipt: Receipt, quote: QuoteRow | null): Promise<void> {
  const { nonce } = receipt.proof;
  if (receipt.nonceOrigin === 'offline') {
    if (readOfflineNonce(nonce)?.terminal !== receipt.terminal)
      hold(applying, 'receipt_nonce_foreign', 'the challenge is not one of this terminal’s own');
  } else if (quote !== null && quote.nonce !== nonce)
    hold(applying, 'receipt_nonce_foreign', 'the hub asked another challenge for this return');
  const used = await applying.stores.receipts.first({ nonce, returnId: { not: receipt.returnId } });
  if (used !== null)
    hold(
      applying,
      'receipt_nonce_reused',
      `the same challenge was answered for return ${used.returnId} already`,
    );
}

function judge(rental: RentalRow, receipt: Receipt): Judgement {
  if (receipt.proof.mac === '') return { proof: 'unchecked', why: null };
  const { nonce, mac, chunkHashes } = receipt.proof;
  if (rental.slotProofKey === null || !slotMacFits(rental.slotProofKey, nonce, receipt.returnId, mac))
    return { proof: 'mismatch', why: 'the proof of the slot does not fit what was written' };
  const written = new Map(rental.chunkHashes.map((chunk) => [chunk.index, chunk.sha256]));
  const wrong = chunkHashes.filter(
    ({ index, sha256 }) => written.has(index) && written.get(index) !== sha256,
  );
  return wrong.length === 0
    ? { proof: 'proven', why: null }
    : { proof: 'proven', why: `${wrong.length} pieces of the content are not what was written` };
}

/**
 * RET-3: a torn return whose beginning the hub heard of. Its terminal showed the slot (SEC-4, RET-7); or it stands on the medium as who took it, and told that itself. Where the medium
 * lost the record of who began it, only the slot's pattern told the return's id to the one that finished it, which names itself then; the pattern tells it to everybody, so nobody's word will do.
 */
function begunElsewhere(
  rental: RentalRow,
  receipt: Receipt,
  known: ReturnRow,
  quote: QuoteRow | null,
): boolean {
  if (slotWasShown(rental, receipt.returnId)) return true;
  if (!namesWhoTook(receipt)) return false;
  const others = othersIn(known, receipt.terminal);
  if (quote !== null && quote.terminalId !== receipt.terminal) others.push(quote.terminalId);
  return others.some((terminalId) => terminalId === receipt.acceptedBy);
}

/** PR-30: whether a terminal proved, before a byte was overwritten, that it held the slot. */
export function slotWasShown({ state }: Pick<RentalRow, 'state'>, returnId: ReturnId): boolean {
  const known = state?.facts.returns.find((each) => each.returnId === returnId);
  return known !== undefined && shownT0(known) !== null;
}

/** Whatever was told of this return, for staff who have to decide (SYN-4). */
function toldOfIt({ state }: RentalRow, { returnId, terminal, t0 }: Receipt): string {
  const known = state?.facts.returns.find((each) => each.returnId === returnId);
  const others = known === undefined ? [] : tellingsOf(known).filter((each) => each.terminalId !== terminal);
  const said = [{ terminalId: terminal, t0 }, ...others];
  return said
    .map((each) => `; ${each.terminalId} says T0 ${new Date(each.t0).toISOString()}`)
    .join('')
    .slice(0, 300);
}

/** Terminals that told the hub of this return themselves, but for this one. */
export const othersIn = (
  { terminalId, finishers }: Pick<ReturnRow, 'terminalId' | 'finishers'>,
  but: string,
): TerminalId[] => [terminalId, ...finishers].filter((one) => one !== null).filter((one) => one !== but);

/** Pieces of the content that a challenge of the hub asks for (RET-7): those it knows of since the write. */
export const chunksToAsk = (rental: Pick<RentalRow, 'chunkHashes'>): number[] =>
  rental.chunkHashes.map(({ index }) => index).slice(0, 16);

/**
 * The challenge of a return (RET-7): nobody without the fleet's secret can tell it before the hub is asked, and a hub that lost what it answered (SYN-6) asks
 * the same again, which a terminal that has overwritten the slot by then could not answer anew.
 */
export const challengeOf = (
  key: Uint8Array,
  { returnId, rentalId }: Pick<Receipt, 'returnId' | 'rentalId'>,
): string => createHmac('sha256', key).update(`${returnId} ${rentalId}`).digest('base64url');

/** What the hub asked for this return. One whose database was set back (SYN-6) lacks its answer: the challenge, which only it can make, says that it gave one. */
function askedOf(
  key: Uint8Array,
  rental: RentalRow,
  receipt: Receipt,
  quote: QuoteRow | null,
): readonly number[] {
  if (receipt.nonceOrigin !== 'hub') return [];
  if (quote !== null) return quote.chunkIndices;
  return receipt.proof.nonce === challengeOf(key, receipt) ? chunksToAsk(rental) : [];
}

/** Without a slot the content still tells that the medium was there: every piece that the hub asked for, and it asked for some. */
function chunksShown(rental: RentalRow, receipt: Receipt, asked: readonly number[]): boolean {
  const written = new Map(rental.chunkHashes.map((chunk) => [chunk.index, chunk.sha256]));
  const shown = new Map(receipt.proof.chunkHashes.map((chunk) => [chunk.index, chunk.sha256]));
  return (
    asked.length > 0 && asked.every((index) => written.has(index) && written.get(index) === shown.get(index))
  );
}

const tellChunks = (applying: Applying, receipt: Receipt, why: string): Promise<void> =>
  raise(
    applying,
    'security_proof_mismatch',
    receipt.terminal,
    'warning',
    `return ${receipt.returnId}: ${why}`,
  );

/** The receipt by which a return was closed; null where there is none. */
async function receiptOf(
  { stores }: Pick<Applying, 'stores'>,
  { receiptId }: Pick<ReturnRow, 'receiptId'>,
): Promise<Receipt | null> {
  const stored = receiptId === null ? null : await stores.receipts.find({ receiptId });
  if (stored === null) return null;
  // The signature was verified before the receipt was stored.
  const payload = Buffer.from(stored.jws.split('.')[1] ?? '', 'base64url').toString('utf8');
  const receipt = receiptSchema.safeParse(JSON.parse(payload));
  return receipt.success ? receipt.data : null;
}

/**
 * RET-3: whether a receipt says for certain which terminal took the medium. Who held the slot whole took it itself; another one's name stood on the medium. Only who found
 * the slot overwritten and no record of it names itself for want of another name.
 */
export const namesWhoTook = ({ proof, acceptedBy, terminal }: Receipt): boolean =>
  proof.mac !== '' || acceptedBy !== terminal;

/** RET-3: whether another terminal closed this return, found the slot overwritten, and read on the medium that this one had begun. */
export async function namedInReceipt(
  applying: Pick<Applying, 'stores' | 'terminalId'>,
  known: ReturnRow,
): Promise<boolean> {
  const receipt = await receiptOf(applying, known);
  if (receipt === null || receipt.proof.mac !== '' || receipt.terminal === applying.terminalId) return false;
  return receipt.acceptedBy === applying.terminalId;
}

/** The write became known after its return: proofs that waited for K are judged now (RET-1, RET-7). What was closed stays closed (RNT-3): it is for staff. */
export async function checkWaitingProofs(applying: Applying, rental: RentalRow): Promise<void> {
  const waiting = await applying.stores.returns.list(
    { rentalId: rental.rentalId, proof: 'pending', state: 'destroyed' },
    { limit: 50 },
  );
  for (const each of waiting) {
    const receipt = await receiptOf(applying, each);
    if (receipt === null) continue;
    const quote = await applying.stores.quotes.find({ returnId: each.returnId });
    const { proof, why } = judge(rental, receipt);
    const unproven =
      proof === 'unchecked' &&
      !begunElsewhere(rental, receipt, each, quote) &&
      !chunksShown(rental, receipt, askedOf(applying.challengeKey, rental, receipt, quote));
    await applying.stores.returns.patch(
      { returnId: each.returnId },
      { proof: why === null ? proof : 'mismatch' },
    );
    if (why === null && !unproven) continue;
    await applying.stores.rentals.patch({ rentalId: rental.rentalId }, { needsStaff: true });
    await raise(
      applying,
      unproven ? 'security_return_unproven' : 'security_proof_mismatch',
      receipt.terminal,
      'critical',
      `return ${each.returnId} closed a rental before its write was known: ${why ?? 'its slot was never proven'}`,
    );
  }
}
