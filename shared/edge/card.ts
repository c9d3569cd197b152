import type { Result } from '#shared/kernel/result.ts';
import type { CardAuthorisation, CardFault } from '#shared/ports/payment.ts';

/** How often an unknown outcome is asked about under the same key before the customer is told (PAY-1). */
const ASKS = 3;

/** Asks about one authorisation; an unknown outcome is asked again by the same question (so under the same key): nothing is ever held twice. */
export async function authoriseOnce(
  ask: () => Promise<Result<CardAuthorisation, CardFault>>,
): Promise<Result<CardAuthorisation, CardFault>> {
  let answer = await ask();
  for (let asked = 1; asked < ASKS && !answer.ok && answer.error.code === 'card_unknown_outcome'; asked += 1)
    answer = await ask();
  return answer;
}
