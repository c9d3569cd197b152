import { authoriseOnce } from '#shared/edge/card.ts';
import type { ReturnDeps } from '../deps.ts';
import { type OwedVoid, owedVoids, type ReturnRow, returns } from './tables.ts';

/** These answers say nothing about the money: the same is asked again later. */
const PASSING = new Set(['card_unknown_outcome', 'card_timeout', 'card_reader_away', 'card_pulled']);

/**
 * Takes what a destroyed key is owed (PAY-1): each card part is captured under its own key, a refusal becomes an amount due at the hub. What the
 * provider does not answer stays owed and is asked again. Balances at the hub are taken by `return.destroyed` itself. Answers whether anything
 * is still owed: where not, nobody need read all returns of weeks again before the next one.
 */
export async function captureOwed(deps: ReturnDeps): Promise<boolean> {
  let owed = false;
  for (const { value } of deps.runtime.store.list(returns))
    if (value.stage === 'destroyed' && (await captureRow(deps, value)).stage !== 'done') owed = true;
  return owed;
}

export async function captureRow(deps: ReturnDeps, first: ReturnRow): Promise<ReturnRow> {
  const { runtime, card } = deps;
  let row = first;
  for (const part of row.parts) {
    if (part.means === 'points' || part.means === 'prepaid' || row.settled.includes(part.key)) continue;
    const { key, authorisationId, amount } = part;
    const { rentalId, returnId } = row;
    const captured = await card.capture(key, authorisationId, amount);
    if (!captured.ok && PASSING.has(captured.error.code)) continue;
    const at = runtime.clock.now();
    row = { ...row, settled: [...row.settled, key] };
    runtime.record((tx) => {
      tx.put(returns, returnId, row);
      if (captured.ok)
        tx.emit({ kind: 'payment.captured', data: { key, rentalId, returnId, authorisationId, amount, at } });
      else
        tx.emit({
          kind: 'payment.failed',
          data: { key, rentalId, returnId, reason: captured.error.code, amount, at },
        });
    });
  }
  const open = row.parts.some(
    (part) => part.means !== 'points' && part.means !== 'prepaid' && !row.settled.includes(part.key),
  );
  if (open) return row;
  const done: ReturnRow = { ...row, stage: 'done' };
  runtime.record((tx) => tx.put(returns, done.returnId, done));
  return done;
}

/** Gives back every authorisation that is owed; what the reader does not confirm stays for the next time. */
export async function settleVoids(deps: ReturnDeps): Promise<void> {
  const { runtime, card } = deps;
  for (const { key, value } of runtime.store.list(owedVoids)) {
    const authorisationId = value.authorisationId ?? (await grantedUnder(deps, value));
    if (authorisationId === 'unknown') continue;
    if (authorisationId === 'never') {
      runtime.record((tx) => tx.remove(owedVoids, key));
      continue;
    }
    const voided = await card.void(value.key, authorisationId);
    if (!voided.ok) {
      runtime.log.warn({ rentalId: value.rentalId, code: voided.error.code }, 'not given back yet');
      continue;
    }
    const { rentalId, returnId, amount } = value;
    runtime.record((tx) => {
      tx.remove(owedVoids, key);
      tx.emit({
        kind: 'payment.voided',
        data: { key, rentalId, returnId, authorisationId, amount, at: runtime.clock.now() },
      });
    });
  }
}

/** PAY-1: an unknown outcome is asked about with the same key. */
async function grantedUnder(deps: ReturnDeps, owed: OwedVoid): Promise<string | 'never' | 'unknown'> {
  const answer = await authoriseOnce(() =>
    owed.cardToken === null
      ? deps.card.authorise(owed.key, owed.amount)
      : deps.card.authoriseHeld(owed.key, owed.cardToken, owed.amount),
  );
  if (answer.ok) return answer.value.authorisationId;
  return answer.error.code === 'card_declined' ? 'never' : 'unknown';
}
