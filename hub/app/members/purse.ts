import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type Money, money, type Points, points } from '#shared/kernel/money.ts';

/** What a member has and owes, as the ledger says: sums of entries, what is reserved taken off (LED-1, LED-2). */
export interface Purse {
  readonly prepaid: Money;
  readonly points: Points;
  readonly amountDue: Money;
}

export async function purseOf(
  stores: Pick<Stores, 'ledger'>,
  member: Pick<MemberRow, 'memberId' | 'currency'>,
): Promise<Purse> {
  const { memberId, currency } = member;
  const prepaid = ACCOUNTS.memberPrepaid(memberId, currency).accountId;
  const pointsAccount = ACCOUNTS.memberPoints(memberId).accountId;
  const receivable = ACCOUNTS.memberReceivable(memberId, currency).accountId;
  const balances = await stores.ledger.balances([prepaid, pointsAccount, receivable]);
  const of = (accountId: string) => balances.get(accountId) ?? { posted: 0, pending: 0 };
  // A credit balance is negative; what is reserved is a pending debit.
  const spendable = (accountId: string): number =>
    Math.max(0, -(of(accountId).posted + Math.max(0, of(accountId).pending)));
  return {
    prepaid: money(spendable(prepaid), currency),
    points: points(spendable(pointsAccount)),
    amountDue: money(Math.max(0, of(receivable).posted), currency),
  };
}
