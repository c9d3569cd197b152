import type { Actor, HubDeps } from '#hub/app/deps.ts';
import { type MemberBalances, memberBalances } from '#hub/app/ledger/balances.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { EntryDraft } from '#hub/ports/ledger.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Money, money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

/** Money that a member brings to the counter. */
export interface CashPayment {
  /** Idempotence key of whoever took the money: the same key is the same payment. */
  readonly key: string;
  /** `amount_due`: pays what is open first; what is left over stays as prepaid balance (LED-2). */
  readonly purpose: 'prepaid' | 'amount_due';
  readonly amount: Money;
}

export type CashFault = Fault<
  'amount_not_positive' | 'currency_mismatch' | 'payment_key_taken' | 'nothing_due'
>;

/** Books cash of the counter to the prepaid balance, or first against what is due. Asked twice with one key, it is booked once. */
export async function payCash(
  deps: HubDeps,
  actor: Actor,
  member: MemberRow,
  payment: CashPayment,
): Promise<Result<MemberBalances, CashFault>> {
  const { memberId, currency } = member;
  const { minor } = payment.amount;
  if (minor <= 0) return fault('amount_not_positive', 'a payment is more than nothing');
  if (payment.amount.currency !== currency)
    return fault('currency_mismatch', `this account is kept in ${currency}`);
  return deps.db.transaction(async (stores) => {
    const receivable = ACCOUNTS.memberReceivable(memberId, currency);
    const transferId = `cash:${memberId}:${payment.key}`;
    await stores.ledger.lockAccount(receivable);
    const balances = await memberBalances(stores, memberId, currency);
    const known = await stores.ledger.transfer(transferId);
    if (known !== null)
      return known.detail.minor === minor && known.detail.purpose === payment.purpose
        ? ok(balances)
        : fault('payment_key_taken', 'another payment was made under this key');
    const due = payment.purpose === 'amount_due' ? balances.amountDue : money(0, currency);
    if (payment.purpose === 'amount_due' && due.minor === 0)
      return fault('nothing_due', 'this member owes nothing');
    const againstDue = Math.min(due.minor, minor);
    const entries: EntryDraft[] = [
      { account: ACCOUNTS.houseCash(currency), amount: minor },
      { account: receivable, amount: -againstDue },
      { account: ACCOUNTS.memberPrepaid(memberId, currency), amount: againstDue - minor },
    ].filter((entry) => entry.amount !== 0);
    const now = deps.clock.now();
    const detail = { source: 'cash', purpose: payment.purpose, minor };
    const [posted] = await stores.ledger.post(
      [
        {
          transferId,
          phase: 'single',
          correctsId: null,
          reason: payment.purpose === 'amount_due' ? 'amount_due_paid' : 'prepaid_topped_up',
          rentalId: null,
          returnId: null,
          memberId,
          siteId: member.siteId,
          at: now,
          detail,
          entries,
        },
      ],
      now,
    );
    assert(posted === 'created', 'a payment of a new key is booked');
    await stores.audit.append({
      at: now,
      actor,
      action: 'member.paid_in',
      subject: memberId,
      detail: { ...detail, currency, key: payment.key },
    });
    return ok(await memberBalances(stores, memberId, currency));
  });
}
