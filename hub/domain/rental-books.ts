import type { Charge } from '#shared/domain/charge.ts';
import { settleDifference } from '#shared/domain/settlement.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { MemberId, ReturnId, SiteId } from '#shared/kernel/ids.ts';
import { type Currency, type Money, money, multiplyDivide } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { PaymentPart } from '#shared/protocol/events.ts';
import { ACCOUNTS } from './accounts.ts';
import type { AccountRef, EntryDraft } from './entry.ts';

/**
 * What a rental means in the books, as pure functions of all that is known of it. Postings are the difference between that target and
 * what was posted before, so facts of different terminals may arrive in any order and end in the same balances (SYN-2).
 */
export interface Books {
  readonly memberId: MemberId;
  readonly siteId: SiteId;
}

/** Entries that lead from the charge as booked to the charge as it is now; null: no charge. Empty: nothing to post. */
export function chargeEntries(
  books: Books,
  before: Charge | null,
  after: Charge | null,
): readonly EntryDraft[] {
  const currency = (after ?? before)?.total.currency;
  if (currency === undefined) return [];
  const moved = (pick: (charge: Charge) => Money) =>
    (after === null ? 0 : pick(after).minor) - (before === null ? 0 : pick(before).minor);
  return withoutZero([
    { account: ACCOUNTS.memberReceivable(books.memberId, currency), amount: moved((charge) => charge.total) },
    { account: ACCOUNTS.siteRevenue(books.siteId, currency), amount: -moved((charge) => charge.net) },
    { account: ACCOUNTS.siteTax(books.siteId, currency), amount: -moved((charge) => charge.tax) },
  ]);
}

/** What paying with a part moves: money from the means against what the member owes; points also in their own unit (LED-2). */
export function paymentEntries(memberId: MemberId, part: PaymentPart): readonly EntryDraft[] {
  const { minor, currency } = part.amount;
  const owed = { account: ACCOUNTS.memberReceivable(memberId, currency), amount: -minor };
  switch (part.means) {
    case 'held_card':
    case 'card_reader':
      return withoutZero([{ account: ACCOUNTS.cardClearing(currency), amount: minor }, owed]);
    case 'prepaid':
      return withoutZero([{ account: ACCOUNTS.memberPrepaid(memberId, currency), amount: minor }, owed]);
    case 'points':
      assert(part.points !== null, 'a part paid with points says how many');
      return withoutZero([
        { account: ACCOUNTS.pointsCost(currency), amount: minor },
        owed,
        { account: ACCOUNTS.memberPoints(memberId), amount: part.points },
        { account: ACCOUNTS.pointsIssued(), amount: -part.points },
      ]);
  }
}

/** A part of a return's payment that was really taken. */
export interface TakenPart {
  readonly returnId: ReturnId;
  readonly t0: EpochMs;
  readonly part: PaymentPart;
}

export interface SettlementInput {
  readonly memberId: MemberId;
  readonly currency: Currency;
  readonly charge: Charge | null;
  readonly taken: readonly TakenPart[];
  /** What was agreed at the return that counts, and whether the customer left with a paid receipt; null: no return counts. */
  readonly agreement: { readonly agreed: Money; readonly paid: boolean } | null;
  /** Points that the rental itself earns (RWD-1). */
  readonly pointsEarned: number;
}

export const SETTLEMENT_REASONS = ['goodwill', 'refund', 'points_for_rental'] as const;
export type SettlementReason = (typeof SETTLEMENT_REASONS)[number];
export type Settlement = Readonly<Record<SettlementReason, readonly EntryDraft[]>>;

/**
 * What has to stand in the books beside charge and payments, each with its reason: goodwill for what the hub's figure exceeds an agreed
 * and paid one, the way back of what was paid too much, to the means paid with last (CHG-7, RET-2), and points earned.
 */
export function settlementTarget(input: SettlementInput): Settlement {
  const { memberId, currency } = input;
  const goodwill = goodwillOf(input);
  const charged = (input.charge?.total.minor ?? 0) - goodwill;
  let surplus = input.taken.reduce((sum, { part }) => sum + part.amount.minor, 0) - charged;
  const refund: EntryDraft[] = [];
  for (const { part } of latestFirst(input.taken)) {
    const back = Math.min(Math.max(surplus, 0), part.amount.minor);
    if (back === 0) continue;
    surplus -= back;
    const share: PaymentPart = {
      ...part,
      amount: money(back, currency),
      points: part.points === null ? null : multiplyDivide(part.points, back, part.amount.minor),
    };
    refund.push(
      ...paymentEntries(memberId, share).map(({ account, amount }) => ({ account, amount: -amount })),
    );
  }
  return {
    goodwill: summed([
      { account: ACCOUNTS.goodwill(currency), amount: goodwill },
      { account: ACCOUNTS.memberReceivable(memberId, currency), amount: -goodwill },
    ]),
    refund: summed(refund),
    points_for_rental: summed([
      { account: ACCOUNTS.memberPoints(memberId), amount: -input.pointsEarned },
      { account: ACCOUNTS.pointsIssued(), amount: input.pointsEarned },
    ]),
  };
}

/** Entries that lead from what settlements of this reason posted so far (by account) to the target, and the new sums. */
export function settlementEntries(
  posted: Readonly<Record<string, number>>,
  target: readonly EntryDraft[],
): { readonly entries: readonly EntryDraft[]; readonly sums: Readonly<Record<string, number>> } {
  const wanted = new Map(target.map((entry) => [entry.account.accountId, entry]));
  const accounts = [...new Set([...Object.keys(posted), ...wanted.keys()])].sort();
  const entries = accounts.map((accountId) => {
    const account = wanted.get(accountId)?.account ?? accountFromId(accountId);
    return { account, amount: (wanted.get(accountId)?.amount ?? 0) - (posted[accountId] ?? 0) };
  });
  const sums = Object.fromEntries(target.map((entry) => [entry.account.accountId, entry.amount]));
  return { entries: withoutZero(entries), sums };
}

/** One entry an account. */
function summed(entries: readonly EntryDraft[]): readonly EntryDraft[] {
  const sums = new Map<string, EntryDraft>();
  for (const { account, amount } of entries) {
    const sum = (sums.get(account.accountId)?.amount ?? 0) + amount;
    sums.set(account.accountId, { account, amount: sum });
  }
  return withoutZero([...sums.values()]);
}

function goodwillOf({ charge, agreement }: SettlementInput): number {
  if (charge === null || agreement === null || agreement.agreed.currency !== charge.total.currency) return 0;
  const settled = settleDifference(agreement.agreed, charge.total, agreement.paid);
  return settled.kind === 'goodwill' ? settled.amount.minor : 0;
}

/** The same order wherever and whenever it is asked for: by T0, return and key, the last first. */
const latestFirst = (taken: readonly TakenPart[]): readonly TakenPart[] =>
  [...taken].sort((a, b) => {
    if (a.t0 !== b.t0) return b.t0 - a.t0;
    if (a.returnId !== b.returnId) return a.returnId < b.returnId ? 1 : -1;
    return a.part.key < b.part.key ? 1 : -1;
  });

const withoutZero = (entries: readonly EntryDraft[]): readonly EntryDraft[] =>
  entries.filter((entry) => entry.amount !== 0);

/** An account id reads `kind:owner:unit` or `kind:unit`. */
function accountFromId(accountId: string): AccountRef {
  const parts = accountId.split(':');
  const unit = parts.at(-1) ?? '';
  return { accountId, kind: parts[0] ?? '', ownerId: parts.length === 3 ? (parts[1] ?? null) : null, unit };
}
