import type { Actor, HubDeps } from '#hub/app/deps.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type MemberBalances, memberBalances } from './balances.ts';

/** Write-offs above this many minor units need a second person (SEC-7). */
export const WRITE_OFF_LIMIT_MINOR = 2000;

/** Why; no words of the clerk's own, for the books cannot be edited and must not hold a name (SEC-9). */
export const WRITE_OFF_CAUSES = ['uncollectable', 'disputed', 'deceased'] as const;

export interface WriteOff {
  /** Idempotence key of the form: the same key is the same write-off. */
  readonly key: string;
  readonly amount: Money;
  readonly cause: (typeof WRITE_OFF_CAUSES)[number];
}
export type WriteOffFault = Fault<
  | 'member_missing'
  | 'amount_not_positive'
  | 'currency_mismatch'
  | 'nothing_due'
  | 'amount_above_due'
  | 'payment_key_taken'
  | 'second_person_needed'
>;

/**
 * LED-2: gives up what a member owes, never more than is due. Above the limit only with a second person. All write-offs of a member within a
 * day count together, so that many small ones are not a way around. Call it inside a transaction.
 */
export async function writeOff(
  deps: Pick<HubDeps, 'clock'>,
  stores: Stores,
  people: { readonly actor: Actor; readonly secondPerson: Actor | null },
  memberId: MemberId,
  wish: WriteOff,
): Promise<Result<MemberBalances, WriteOffFault>> {
  const member = await stores.members.find({ memberId });
  if (member === null) return fault('member_missing', 'there is no member of this id');
  const { currency } = member;
  const { minor } = wish.amount;
  if (minor <= 0) return fault('amount_not_positive', 'a write-off is more than nothing');
  if (wish.amount.currency !== currency)
    return fault('currency_mismatch', `this account is kept in ${currency}`);
  const receivable = ACCOUNTS.memberReceivable(memberId, currency);
  const transferId = `write_off:${memberId}:${wish.key}`;
  await stores.ledger.lockAccount(receivable);
  const balances = await memberBalances(stores, memberId, currency);
  const known = await stores.ledger.transfer(transferId);
  if (known !== null)
    return known.detail.minor === minor
      ? ok(balances)
      : fault('payment_key_taken', 'something else was written off under this key');
  if (balances.amountDue.minor === 0) return fault('nothing_due', 'this member owes nothing');
  if (minor > balances.amountDue.minor)
    return fault('amount_above_due', 'never more than is due', { due: balances.amountDue.minor });
  const now = deps.clock.now();
  const lines = await stores.ledger.lines({ memberId }, { limit: 500, offset: 0 });
  const before = lines
    .filter((line) => line.transfer.reason === 'written_off' && line.accountId.startsWith('bad_debt:'))
    .filter((line) => now - line.transfer.at < DAY_MS)
    .reduce((sum, line) => sum + line.amount, 0);
  if (before + minor > WRITE_OFF_LIMIT_MINOR && people.secondPerson === null)
    return fault('second_person_needed', 'a write-off of this size needs a second person', {
      limit: WRITE_OFF_LIMIT_MINOR,
    });
  const detail = { cause: wish.cause, key: wish.key, minor, secondPerson: people.secondPerson };
  const [posted] = await stores.ledger.post(
    [
      {
        transferId,
        phase: 'single',
        correctsId: null,
        reason: 'written_off',
        rentalId: null,
        returnId: null,
        memberId,
        siteId: member.siteId,
        at: now,
        detail,
        entries: [
          { account: ACCOUNTS.badDebt(currency), amount: minor },
          { account: receivable, amount: -minor },
        ],
      },
    ],
    now,
  );
  assert(posted === 'created', 'a write-off of a new key is booked');
  await stores.audit.append({
    at: now,
    actor: people.actor,
    action: 'member.written_off',
    subject: memberId,
    detail: { ...detail, currency },
  });
  return ok(await memberBalances(stores, memberId, currency));
}

const DAY_MS = 86_400_000;
