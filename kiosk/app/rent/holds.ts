import type { Money } from '#shared/kernel/money.ts';
import type { Result } from '#shared/kernel/result.ts';
import type { CardAuthorisation, CardFault } from '#shared/ports/payment.ts';
import type { KioskDeps } from '../deps.ts';
import { type HoldVoid, holdKey, holdVoids } from './tables.ts';

/** How often an unknown outcome is asked about under the same key before the customer is told (PAY-1). */
const ASKS = 3;

/** Asks the card reader under one key. An unknown outcome is asked again with the same key, so that nothing is ever held twice. */
export async function authoriseOnce(
  deps: Pick<KioskDeps, 'card'>,
  key: string,
  amount: Money,
): Promise<Result<CardAuthorisation, CardFault>> {
  let answer = await deps.card.authorise(key, amount);
  for (let ask = 1; ask < ASKS && !answer.ok && answer.error.code === 'card_unknown_outcome'; ask += 1) {
    answer = await deps.card.authorise(key, amount);
  }
  return answer;
}

/** The row that makes sure a hold is given back, whatever happens to this process. */
export const voidOf = (
  rentalId: HoldVoid['rentalId'],
  authorisationId: string | null,
  amount: Money,
): HoldVoid => ({
  rentalId,
  key: holdKey(rentalId),
  authorisationId,
  amount,
});

/** Gives back every hold that is owed; what the reader does not confirm stays for the next time. */
export async function settleHoldVoids(deps: Pick<KioskDeps, 'card' | 'runtime'>): Promise<void> {
  const { runtime, card } = deps;
  for (const { key, value } of runtime.store.list(holdVoids)) {
    const authorisationId = value.authorisationId ?? (await grantedUnder(deps, value));
    if (authorisationId === 'unknown') continue;
    if (authorisationId !== 'never') {
      const voided = await card.void(value.key, authorisationId);
      if (!voided.ok) {
        runtime.log.warn(
          { rentalId: value.rentalId, code: voided.error.code },
          'a hold could not be given back yet',
        );
        continue;
      }
    }
    runtime.record((tx) => tx.remove(holdVoids, key));
  }
}

async function grantedUnder(
  deps: Pick<KioskDeps, 'card'>,
  owed: HoldVoid,
): Promise<string | 'never' | 'unknown'> {
  const answer = await authoriseOnce(deps, owed.key, owed.amount);
  if (answer.ok) return answer.value.authorisationId;
  return answer.error.code === 'card_declined' ? 'never' : 'unknown';
}
