import { planPayment } from '#shared/domain/payment-plan.ts';
import { authoriseOnce } from '#shared/edge/card.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Money, money, type Points, points } from '#shared/kernel/money.ts';
import { err, type Result } from '#shared/kernel/result.ts';
import type { CardAuthorisation, CardFault } from '#shared/ports/payment.ts';
import type { PaymentPart } from '#shared/protocol/events.ts';
import type { ReturnDeps, ReturnRuntime } from '../deps.ts';
import { type Trouble, troubleOf } from '../trouble.ts';
import { owePartsBack } from './abandon.ts';
import type { OpenCopy } from './open.ts';
import { partKey, type ReturnRow, returns } from './tables.ts';

/** Points that the member unlocked with the PIN (RET-5). */
export interface PointsPurse {
  readonly sessionToken: string;
  readonly balance: Points;
  readonly pointsPerMinorUnit: number;
}

export interface PayInput {
  readonly points: PointsPurse | null;
  /** False: the customer pays later, no card is asked. */
  readonly askCard?: boolean;
  /** The reader waits for a card (true) or has answered (false). */
  readonly atReader: (waiting: Money | null) => void;
  /** A card said no: another try, or the rest becomes an amount due (LED-2). */
  readonly declined: (trouble: Trouble) => Promise<'again' | 'later'>;
}

/**
 * Authorises what an accepted return costs, in the member's order: points (after a PIN), balance at the hub, the card held at rental, the card
 * reader; what none of them pays is an amount due. Never refuses (LED-2). Every answer is on disk before the next question (PAY-1). What has its
 * receipt is paid already (RET-2).
 */
export async function payReturn(deps: ReturnDeps, copy: OpenCopy, input: PayInput): Promise<ReturnRow> {
  const { accepted, price, means } = copy;
  assert(accepted !== null && price !== null, 'only an accepted copy is paid for');
  const known = deps.runtime.store.get(returns, accepted.returnId);
  if (known !== null && known.receipt !== null) return known;
  const till = new Till(deps, accepted.returnId);
  till.change({ stage: 'paying', parts: [], due: null, asking: null });
  const planned = planPayment({
    charge: price.total,
    order: ['points', 'prepaid', 'held_card'],
    points: input.points,
    prepaid: means.prepaid,
    heldCard: means.heldCard?.amount ?? null,
    cardReader: false,
  });
  for (const part of planned.parts) {
    if (part.means === 'held_card' && means.heldCard !== null)
      await till.heldCard(means.heldCard.cardToken, part.amount);
    else if (part.means === 'points' || part.means === 'prepaid')
      await till.atHub(
        part.means,
        part.amount,
        part.means === 'points' ? (input.points?.sessionToken ?? null) : null,
      );
  }
  const asks = input.askCard ?? true;
  for (let left = till.left(price.total); asks && left.minor > 0; left = till.left(price.total)) {
    // Nobody pays for a medium that was taken away: the destruction will find it gone and void everything.
    if (deps.drive.current() === null) break;
    input.atReader(left);
    const answer = await till.reader(left);
    input.atReader(null);
    if (!answer.ok && (await input.declined(troubleOf(answer.error))) === 'later') break;
  }
  return till.change({ due: till.left(price.total) });
}

/** One return's payment, kept on disk step by step. */
class Till {
  private readonly deps: ReturnDeps;
  private readonly runtime: ReturnRuntime;
  private row: ReturnRow;

  constructor(deps: ReturnDeps, returnId: ReturnRow['returnId']) {
    this.deps = deps;
    this.runtime = deps.runtime;
    const row = deps.runtime.store.get(returns, returnId);
    assert(row !== null, 'an accepted return has its row');
    this.row = row;
  }

  change(fields: Partial<ReturnRow>): ReturnRow {
    this.row = { ...this.row, ...fields };
    this.runtime.record((tx) => tx.put(returns, this.row.returnId, this.row));
    return this.row;
  }

  left(total: Money): Money {
    return money(
      this.row.parts.reduce((rest, part) => rest - part.amount.minor, total.minor),
      total.currency,
    );
  }

  /** A balance is reserved at the hub under the part's key; a refusal leaves the amount to the next means. */
  async atHub(means: 'points' | 'prepaid', amount: Money, sessionToken: string | null): Promise<void> {
    const { rentalId, returnId, proof } = this.row;
    const key = this.key(means);
    const answer = await this.runtime.hub.authorisePayment({
      key,
      rentalId,
      returnId,
      means,
      amount,
      sessionToken,
      proof,
    });
    if (answer.ok && answer.value.part.key === key && answer.value.part.amount.minor <= amount.minor)
      this.change({ parts: [...this.row.parts, answer.value.part] });
    else if (!answer.ok) this.runtime.log.info({ means, code: answer.error.code }, 'not paid by this means');
  }

  async heldCard(cardToken: string, amount: Money): Promise<void> {
    const key = this.key('held_card');
    const answer = await this.card('held_card', key, cardToken, amount, () =>
      this.deps.card.authoriseHeld(key, cardToken, amount),
    );
    if (!answer.ok) this.runtime.log.info({ code: answer.error.code }, 'the held card does not pay');
  }

  async reader(amount: Money): Promise<Result<CardAuthorisation, CardFault>> {
    const key = this.key('card_reader');
    return this.card('card_reader', key, null, amount, () => this.deps.card.authorise(key, amount));
  }

  /** The question is on disk before it is asked, the answer before anything follows from it. */
  private async card(
    means: 'held_card' | 'card_reader',
    key: string,
    cardToken: string | null,
    amount: Money,
    ask: () => Promise<Result<CardAuthorisation, CardFault>>,
  ): Promise<Result<CardAuthorisation, CardFault>> {
    this.change({ asking: { key, amount, cardToken } });
    const answer = await authoriseOnce(ask);
    if (answer.ok) {
      const { authorisationId, maskedCard } = answer.value;
      const part: PaymentPart = { key, means, amount, points: null, authorisationId, maskedCard };
      this.change({ parts: [...this.row.parts, part], asking: null });
      return answer;
    }
    // Only an unknown outcome may have left an authorisation behind: it is owed back. The next presentation has another key.
    if (answer.error.code === 'card_unknown_outcome')
      this.runtime.record((tx) => owePartsBack(tx, { ...this.row, parts: [] }));
    this.change({ asking: null, attempts: this.row.attempts + 1 });
    return err(answer.error);
  }

  private key(means: PaymentPart['means']): string {
    return partKey(this.row, means, this.runtime.identity.terminalId);
  }
}

/**
 * What the member's balance holds at most, as far as the hub's plans tell: each plan stands alone, and one that does not cover its charge names the
 * whole balance. Null: every charge is covered alone; the hub says no when they are not together.
 */
export function balanceOf(copies: readonly Pick<OpenCopy, 'price' | 'means'>[]): Money | null {
  const limited = copies.find(
    ({ price, means }) => price !== null && means.prepaid !== null && means.prepaid.minor < price.total.minor,
  );
  return limited?.means.prepaid ?? null;
}

/** A copy's own means where others have taken `spent` from the balance before it. */
export function meansAfter(
  means: OpenCopy['means'],
  balance: Money | null,
  spent: number,
): OpenCopy['means'] {
  if (balance === null || means.prepaid === null) return means;
  const left = Math.max(0, balance.minor - spent);
  return { ...means, prepaid: money(Math.min(means.prepaid.minor, left), balance.currency) };
}

/** The purse after a payment: what was reserved is not offered to the next copy. */
export const lessPoints = (purse: PointsPurse | null, row: ReturnRow): PointsPurse | null =>
  purse === null
    ? null
    : {
        ...purse,
        balance: points(
          Math.max(0, purse.balance - row.parts.reduce((sum, part) => sum + (part.points ?? 0), 0)),
        ),
      };
