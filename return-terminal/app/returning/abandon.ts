import type { RecordTransaction } from '#shared/edge/runtime.ts';
import type { ReturnId } from '#shared/kernel/ids.ts';
import type { ReturnRuntime } from '../deps.ts';
import { givenUp, owedVoids, type ReturnRow, returns } from './tables.ts';

/** Every card authorisation of a row, also one whose answer never came, is owed back from here on (PAY-1). */
export function owePartsBack(tx: RecordTransaction, row: ReturnRow): void {
  const { rentalId, returnId } = row;
  for (const part of row.parts) {
    if (part.means === 'points' || part.means === 'prepaid' || row.settled.includes(part.key)) continue;
    const { key, authorisationId, amount } = part;
    tx.put(owedVoids, key, { key, rentalId, returnId, authorisationId, cardToken: null, amount });
  }
  if (row.asking !== null) {
    const { key, amount, cardToken } = row.asking;
    tx.put(owedVoids, key, { key, rentalId, returnId, authorisationId: null, cardToken, amount });
  }
}

/**
 * A return that came to nothing: its T0 does not count, the meter never stopped (CHG-1). What was reserved is given back, at the hub by the event,
 * on cards by `settleVoids`. From INTENT on only who knows that the key is `intact` may say so. A destruction begun earlier is not given up
 * by this, only what was to be paid for finishing it. The proof of a slot that was whole outlives its row. Idempotent.
 */
export function abandonRow(
  runtime: ReturnRuntime,
  returnId: ReturnId,
  options: { readonly intact: boolean } = { intact: false },
): void {
  runtime.record((tx) => {
    const row = tx.get(returns, returnId);
    if (row === null || row.stage === 'destroyed' || row.stage === 'done') return;
    if (!options.intact && (row.stage === 'intent' || row.stage === 'torn')) return;
    owePartsBack(tx, row);
    if (row.rolledForward && !options.intact) {
      if (row.acceptedBy === runtime.identity.terminalId) tx.put(returns, returnId, tornRow(row));
      else tx.remove(returns, returnId);
      return;
    }
    tx.remove(returns, returnId);
    if (row.proof !== null && row.proof.mac !== '' && (row.stage === 'intent' || row.stage === 'torn'))
      tx.put(givenUp, returnId, { proof: row.proof, at: runtime.clock.now() });
    tx.emit({
      kind: 'return.abandoned',
      data: { returnId, rentalId: row.rentalId, at: runtime.clock.now() },
    });
  });
}

/**
 * The overwriting was begun and the medium is out of reach: T0 stands, the next terminal that sees it finishes (RET-3). Until then nothing is
 * charged: cards are given back, what the hub reserved under the same key stays reserved and is used again.
 */
export function recordTorn(runtime: ReturnRuntime, returnId: ReturnId): void {
  runtime.record((tx) => {
    const row = tx.get(returns, returnId);
    if (row === null || row.stage === 'destroyed' || row.stage === 'done') return;
    owePartsBack(tx, row);
    tx.put(returns, returnId, tornRow(row));
  });
}

const tornRow = (row: ReturnRow): ReturnRow => ({
  ...row,
  stage: 'torn',
  parts: [],
  due: null,
  asking: null,
  attempts: row.attempts + 1,
});
