import { assert } from '#shared/kernel/assert.ts';
import { zero } from '#shared/kernel/money.ts';
import { destroySlot } from '#shared/media/destroy-copy.ts';
import type { AcceptedReturn, MediaProgress } from '#shared/media/orders.ts';
import { readOfflineNonce } from '#shared/media/slot-proof.ts';
import type { ReturnIntents } from '#shared/ports/copy-intents.ts';
import { mediaOf, type ReturnDeps, type ReturnRuntime } from '../deps.ts';
import { type Trouble, troubleOf } from '../trouble.ts';
import { abandonRow, recordTorn } from './abandon.ts';
import { readOwnReceipt, receiptHash } from './receipt-facts.ts';
import { captureRow } from './settle.ts';
import { CHAIN, type ReturnRow, receiptChain, returns } from './tables.ts';

export type CopyOutcome =
  /** The key is destroyed and proven; the receipt is stored. */
  | { readonly kind: 'destroyed'; readonly row: ReturnRow }
  /** The key is untouched: nothing was returned, nothing is paid. */
  | { readonly kind: 'abandoned'; readonly trouble: Trouble }
  /** Begun and not proven: T0 stands, any terminal finishes it. */
  | { readonly kind: 'torn'; readonly trouble: Trouble };

const NO_RECEIPT = '0'.repeat(64);

/**
 * INTENT → destroyed and read back → receipt → capture (PAY-1). The row says what is paid; whatever happens here, it is never charged without a
 * destroyed key, and a destroyed key never stays without its receipt. What is owed back is noted; `settleVoids` gives it back.
 */
export async function destroyCopy(
  deps: ReturnDeps,
  accepted: AcceptedReturn,
  progress: (progress: MediaProgress) => void,
): Promise<CopyOutcome> {
  const { runtime } = deps;
  const outcome = await destroySlot(mediaOf(deps), {
    accepted: withFirstProof(runtime, accepted),
    intents: returnIntents(runtime),
    progress,
  });
  if (outcome.kind === 'destroyed') {
    const row = runtime.store.get(returns, accepted.returnId);
    assert(row !== null, 'a receipt is stored with its row');
    return { kind: 'destroyed', row: await captureRow(deps, row) };
  }
  if (outcome.slotIntact) abandonRow(runtime, accepted.returnId, { intact: true });
  else recordTorn(runtime, accepted.returnId);
  return { kind: outcome.slotIntact ? 'abandoned' : 'torn', trouble: troubleOf(outcome) };
}

/** A return that goes on where it stopped has shown its slot already, when it was still whole (RET-7). */
function withFirstProof(runtime: ReturnRuntime, accepted: AcceptedReturn): AcceptedReturn {
  const row = runtime.store.get(returns, accepted.returnId);
  if (!accepted.rolledForward || row === null || row.proof === null || row.proof.mac === '') return accepted;
  return {
    ...accepted,
    proof: row.proof,
    nonceOrigin: readOfflineNonce(row.proof.nonce) === null ? 'hub' : 'offline',
  };
}

/** The durable records of a destruction on this terminal's own disk. */
export const returnIntents = (runtime: ReturnRuntime): ReturnIntents => ({
  recordReturnIntent: async ({ returnId }) =>
    runtime.record((tx) => {
      const row = tx.get(returns, returnId);
      assert(row !== null, 'an accepted return has its row');
      if (row.stage === 'destroyed' || row.stage === 'done') return;
      tx.put(returns, returnId, { ...row, stage: 'intent' });
      if (row.stage === 'intent') return;
      const { rentalId, quote, provisional, parts } = row;
      tx.emit({
        kind: 'return.intent',
        data: { returnId, rentalId, quote, provisional, parts, due: dueOf(row), ...shownIn(row) },
      });
    }),
  commitReceipt: async (returnId, make) => {
    const known = runtime.store.get(returns, returnId);
    assert(known !== null, 'an accepted return has its row');
    if (known.receipt !== null) return known.receipt;
    const head = runtime.store.get(receiptChain, CHAIN) ?? { counter: 0, previous: NO_RECEIPT };
    const receipt = await make({ counter: head.counter + 1, previous: head.previous });
    // As the receipt has it: the medium may say an earlier T0 than this terminal's own, or another terminal's (CHG-1).
    const { t0, destroyedAt, proof } = await readOwnReceipt(runtime, receipt);
    const hash = receiptHash(receipt);
    runtime.record((tx) => {
      const row = tx.get(returns, returnId);
      assert(row !== null && row.receipt === null, 'one receipt for one return');
      const now = tx.get(receiptChain, CHAIN)?.counter ?? 0;
      assert(now === head.counter, 'receipts are made one after the other');
      tx.put(receiptChain, CHAIN, { counter: head.counter + 1, previous: hash });
      tx.put(returns, returnId, { ...row, t0, stage: 'destroyed', receipt, at: destroyedAt });
      const { rentalId, copyId, licence, quote, provisional, parts } = row;
      tx.emit({
        kind: 'return.destroyed',
        data: {
          ...{ returnId, rentalId, copyId, licence, receipt, t0, destroyedAt, quote, provisional, parts },
          proof: { ...proof, chunkHashes: [...proof.chunkHashes] },
          due: dueOf(row),
          offlineSince: runtime.offlineSince(),
        },
      });
    });
    return receipt;
  },
});

/** RET-7: that this terminal held the slot whole; durable with INTENT, so before a byte of it is overwritten (PR-30). */
function shownIn({ proof }: ReturnRow) {
  if (proof === null || proof.mac === '') return {};
  const { nonce, mac } = proof;
  return { proof: { nonce, mac } };
}

function dueOf(row: ReturnRow) {
  assert(row.due !== null || row.total !== null, 'a return has a figure before it is begun');
  return row.due ?? row.total ?? zero('EUR');
}
