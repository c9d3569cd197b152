import { authoriseOnce as askOnce } from '#shared/edge/card.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Result } from '#shared/kernel/result.ts';
import type { CardAuthorisation, CardFault } from '#shared/ports/payment.ts';
import type { KioskDeps } from '../deps.ts';
import { type HoldVoid, holdKey, holdVoids } from './tables.ts';

/** Asks the card reader under one key; an unknown outcome is asked about again, so that nothing is ever held twice (PAY-1). */
export const authoriseOnce = (
  deps: Pick<KioskDeps, 'card'>,
  key: string,
  amount: Money,
): Promise<Result<CardAuthorisation, CardFault>> => askOnce(() => deps.card.authorise(key, amount));

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
