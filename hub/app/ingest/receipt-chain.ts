import { createHash } from 'node:crypto';
import type { ReceiptRow } from '#hub/ports/rows/index.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Receipt } from '#shared/media/receipt.ts';
import { type Applying, raise } from './context.ts';
import { hold } from './held.ts';

export const receiptIdOf = (jws: string): string => createHash('sha256').update(jws).digest('hex');

const NO_RECEIPT = '0'.repeat(64);
/** Letters of one terminal in which a missing receipt is looked for. */
const LETTERS = 1000;

/**
 * Stores a receipt in the chain of its terminal (DESIGN §5): each follows the one before it, by counter and by hash. Lane 0 comes in order, so what does not
 * follow is kept back: `receipt_gap` (a counter was skipped), `receipt_chain_broken` (another receipt is known there),
 * `receipt_counter_reused`. A terminal that lost its store begins a new chain with a new epoch: noted for staff, and its customers are not held up.
 */
export async function storeReceipt(applying: Applying, receipt: Receipt, jws: string): Promise<string> {
  const { stores } = applying;
  const receiptId = receiptIdOf(jws);
  if ((await stores.receipts.find({ receiptId })) !== null) {
    hold(applying, 'receipt_replayed', `receipt ${receipt.counter} was reported before`);
    return receiptId;
  }
  await stores.receipts.insert({
    receiptId,
    returnId: receipt.returnId,
    rentalId: receipt.rentalId,
    terminalId: receipt.terminal as TerminalId,
    counter: receipt.counter,
    previous: receipt.previous,
    jws,
    claim: receipt.claim,
    readBack: receipt.readBack,
    destroyedAt: receipt.destroyedAt,
    receivedAt: applying.now,
    epoch: applying.epoch,
    chain: await chainOf(applying, receipt, receiptId),
    nonce: receipt.proof.mac === '' ? null : receipt.proof.nonce,
  });
  return receiptId;
}

/** The chain that a receipt belongs to, named by its first receipt. */
async function chainOf(applying: Applying, receipt: Receipt, receiptId: string): Promise<string> {
  if (receipt.counter === 1 && receipt.previous === NO_RECEIPT) return beginning(applying, receiptId);
  const { stores, terminalId } = applying;
  const around = await stores.receipts.list(
    { terminalId, counter: [receipt.counter - 1, receipt.counter] },
    { orderBy: ['receivedAt'], descending: true, limit: 100 },
  );
  const before = around.find((each) => each.receiptId === receipt.previous);
  if (before?.counter === receipt.counter - 1) {
    if (around.some((each) => each.counter === receipt.counter && each.chain === before.chain))
      hold(applying, 'receipt_counter_reused', `counter ${receipt.counter} was used for two receipts`);
    return before.chain;
  }
  const head = await newest(applying);
  if (await isKeptBack(applying, receipt.previous))
    return receipt.counter > 2 && head !== null ? head.chain : receipt.previous;
  const here = around.filter((each) => each.chain === head?.chain);
  if (here.some((each) => each.counter === receipt.counter))
    hold(applying, 'receipt_counter_reused', `counter ${receipt.counter} was used for two receipts`);
  if (here.some((each) => each.counter === receipt.counter - 1))
    hold(
      applying,
      'receipt_chain_broken',
      `receipt ${receipt.counter} does not follow the one that is known before it`,
    );
  hold(
    applying,
    'receipt_gap',
    `receipt ${receipt.counter} came, the last one known is ${head?.counter ?? 0}: what lies between is missing`,
  );
  return head?.chain ?? receiptId;
}

const newest = async ({ stores, terminalId }: Applying): Promise<ReceiptRow | null> => {
  const [row] = await stores.receipts.list(
    { terminalId },
    { orderBy: ['receivedAt', 'counter'], descending: true, limit: 1, often: true },
  );
  return row ?? null;
};

/** The first receipt of a chain: of a new terminal, or of one whose store was lost, which then speaks in a new epoch (PR-14). */
async function beginning(applying: Applying, receiptId: string): Promise<string> {
  const { stores, terminalId, epoch } = applying;
  const head = await newest(applying);
  if (head === null) return receiptId;
  const ofThisStore = await stores.receipts.list({ terminalId, epoch }, { orderBy: ['counter'], limit: 1 });
  if (ofThisStore[0]?.counter === 1)
    hold(applying, 'receipt_counter_reused', 'a second first receipt of the same store');
  // Receipts of this store that are known already came behind this one, which waited in a letter.
  else if (ofThisStore.length === 0)
    await raise(
      applying,
      'security_receipt_chain_restarted',
      terminalId,
      'critical',
      `${terminalId} numbers its receipts from 1 again; the last one before was ${head.counter}`,
    );
  return receiptId;
}

/** A receipt whose event waits for staff, or was put away by them, is not missing. */
async function isKeptBack({ stores, terminalId }: Applying, receiptId: string): Promise<boolean> {
  const letters = await stores.deadLetters.list(
    { terminalId, lane: 0 },
    { orderBy: ['createdAt'], descending: true, limit: LETTERS },
  );
  return letters.some(({ event }) => {
    if (event.kind !== 'return.destroyed' || typeof event.data !== 'object' || event.data === null)
      return false;
    const jws: unknown = Reflect.get(event.data, 'receipt');
    return typeof jws === 'string' && receiptIdOf(jws) === receiptId;
  });
}
