import type { Actor, HubDeps } from '#hub/app/deps.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { EntryDraft, TransferDraft } from '#hub/ports/ledger.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { type Money, money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type Purse, purseOf } from './purse.ts';

/** Where money of a member came from. */
export type MoneySource = 'card_reader' | 'cash';

export interface PaymentIn {
  /** Idempotence key of whoever took the money: the same key is the same payment. */
  readonly key: string;
  /** `amount_due`: pays what is open first; what is left over stays as prepaid balance (LED-2). */
  readonly purpose: 'prepaid' | 'amount_due';
  readonly amount: Money;
  readonly source: MoneySource;
  readonly siteId: SiteId | null;
  readonly authorisationId: string | null;
}

export type PaymentInFault = Fault<'amount_not_positive' | 'currency_mismatch' | 'top_up_conflict'>;

/** Books money that a member brought: to the prepaid balance, or first against what is due. Asked twice with one key, it is booked once. */
export async function payIn(
  deps: HubDeps,
  actor: Actor,
  member: MemberRow,
  payment: PaymentIn,
): Promise<Result<Purse, PaymentInFault>> {
  if (payment.amount.minor <= 0) return fault('amount_not_positive', 'a payment is more than nothing');
  if (payment.amount.currency !== member.currency)
    return fault('currency_mismatch', `this account is kept in ${member.currency}`);
  return deps.db.transaction(async (stores) => {
    const transferId = `pay_in:${member.memberId}:${payment.key}`;
    const { currency, memberId } = member;
    await stores.ledger.lockAccount(ACCOUNTS.memberReceivable(memberId, currency));
    const before = await stores.ledger.transfer(transferId);
    if (before !== null) return repeated(stores, member, payment, before.detail);
    const draft = await paymentDraft(deps, stores, member, payment, transferId);
    const [posted] = await stores.ledger.post([draft], deps.clock.now());
    assert(posted === 'created', 'a payment of a new key is booked');
    await stores.audit.append({
      at: deps.clock.now(),
      actor,
      action: 'member.paid_in',
      subject: memberId,
      detail: { key: payment.key, minor: payment.amount.minor, currency, purpose: payment.purpose },
    });
    return ok(await purseOf(stores, member));
  });
}

async function repeated(
  stores: Pick<Stores, 'ledger'>,
  member: MemberRow,
  payment: PaymentIn,
  detail: Readonly<Record<string, unknown>>,
): Promise<Result<Purse, PaymentInFault>> {
  const same = detail.minor === payment.amount.minor && detail.purpose === payment.purpose;
  if (same) return ok(await purseOf(stores, member));
  return fault('top_up_conflict', 'another payment was made under this key');
}

async function paymentDraft(
  deps: HubDeps,
  stores: Pick<Stores, 'ledger'>,
  member: MemberRow,
  payment: PaymentIn,
  transferId: string,
): Promise<TransferDraft> {
  const { memberId, currency } = member;
  const due =
    payment.purpose === 'amount_due' ? (await purseOf(stores, member)).amountDue : money(0, currency);
  const againstDue = Math.min(due.minor, payment.amount.minor);
  const rest = payment.amount.minor - againstDue;
  const from = payment.source === 'cash' ? ACCOUNTS.houseCash(currency) : ACCOUNTS.cardClearing(currency);
  const entries: EntryDraft[] = [{ account: from, amount: payment.amount.minor }];
  if (againstDue > 0)
    entries.push({ account: ACCOUNTS.memberReceivable(memberId, currency), amount: -againstDue });
  if (rest > 0) entries.push({ account: ACCOUNTS.memberPrepaid(memberId, currency), amount: -rest });
  return {
    transferId,
    phase: 'single',
    correctsId: null,
    reason: payment.purpose === 'amount_due' ? 'amount_due_paid' : 'top_up',
    rentalId: null,
    returnId: null,
    memberId,
    siteId: payment.siteId,
    at: deps.clock.now(),
    detail: {
      source: payment.source,
      purpose: payment.purpose,
      minor: payment.amount.minor,
      authorisationId: payment.authorisationId,
    },
    entries,
  };
}
