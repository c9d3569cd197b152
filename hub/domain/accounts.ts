import type { MemberId, SiteId } from '#shared/kernel/ids.ts';
import type { Currency } from '#shared/kernel/money.ts';
import type { AccountRef } from './entry.ts';

/**
 * The chart of accounts (LED-1, LED-2). Debits are positive. An account's id says kind, owner and unit: `member_prepaid:<member>:EUR`.
 * Points have accounts of their own in the unit `PTS`, so that they never meet money in one account.
 */
export const POINTS_UNIT = 'PTS';

const account = (kind: string, ownerId: string | null, unit: string): AccountRef => ({
  accountId: [kind, ...(ownerId === null ? [] : [ownerId]), unit].join(':'),
  kind,
  ownerId,
  unit,
});

export const ACCOUNTS = {
  /** What a member owes: the amount due of LED-2 is its debit balance. */
  memberReceivable: (member: MemberId, currency: Currency) => account('member_receivable', member, currency),
  /** What the house owes a member who paid in advance: a credit balance. */
  memberPrepaid: (member: MemberId, currency: Currency) => account('member_prepaid', member, currency),
  /** Points a member may spend: a credit balance. */
  memberPoints: (member: MemberId) => account('member_points', member, POINTS_UNIT),
  /** Taken by card readers and not yet on the bank account. */
  cardClearing: (currency: Currency) => account('card_clearing', null, currency),
  siteRevenue: (site: SiteId, currency: Currency) => account('site_revenue', site, currency),
  siteTax: (site: SiteId, currency: Currency) => account('site_tax', site, currency),
  /** Differences that the house bears for a customer with a paid receipt (CHG-7), refunds of complaints. */
  goodwill: (currency: Currency) => account('goodwill', null, currency),
  /** What members owed and the house gave up (LED-2). */
  badDebt: (currency: Currency) => account('bad_debt', null, currency),
  /** What redeemed points cost the house in money. */
  pointsCost: (currency: Currency) => account('points_cost', null, currency),
  /** The other side of all members' points. */
  pointsIssued: () => account('points_issued', null, POINTS_UNIT),
  /** What rights holders are owed, for the settlement of a later issue. */
  providerPayable: (provider: string, currency: Currency) => account('provider_payable', provider, currency),
  houseCash: (currency: Currency) => account('house_cash', null, currency),
} as const;
