import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import { type Currency, type Money, money, type Points, points } from '#shared/kernel/money.ts';

export interface MemberBalances {
  /** Prepaid balance less what is reserved for returns under way. */
  readonly prepaid: Money;
  /** Points less what is reserved. */
  readonly points: Points;
  /** What is open; 0 where the member owes nothing (LED-2: no new rental while it is above 0). */
  readonly amountDue: Money;
}

/** What a member has and owes: sums of ledger entries, nothing else. */
export async function memberBalances(
  stores: Pick<Stores, 'ledger'>,
  memberId: MemberId,
  currency: Currency,
): Promise<MemberBalances> {
  const prepaid = ACCOUNTS.memberPrepaid(memberId, currency).accountId;
  const reward = ACCOUNTS.memberPoints(memberId).accountId;
  const receivable = ACCOUNTS.memberReceivable(memberId, currency).accountId;
  const balances = await stores.ledger.balances([prepaid, reward, receivable]);
  const spendable = (accountId: string) => {
    const balance = balances.get(accountId);
    return Math.max(0, -((balance?.posted ?? 0) + (balance?.pending ?? 0)));
  };
  return {
    prepaid: money(spendable(prepaid), currency),
    points: points(spendable(reward)),
    amountDue: money(Math.max(0, balances.get(receivable)?.posted ?? 0), currency),
  };
}
