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
  if (!answer.ok) return answer;
  const { maskedCard } = answer.value;
  return { ok: true, value: { ...answer.value, maskedCard: masked(maskedCard) } };
}

/** As many digits are a card's number, or enough of it to tell the rest (PCI DSS 4.0, 3.4.1): only the last four go on. */
const MOST_DIGITS = 10;

/** What a reader says of the card, without the number that a careless one may put there (SEC-6). */
function masked(shown: string): string {
  const digits = shown.replace(/\D/g, '');
  return digits.length > MOST_DIGITS ? `•••• ${digits.slice(-4)}` : shown;
}
