import type { Actor, HubDeps } from '#hub/app/deps.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { advanceQueue } from '#hub/app/rentals/queue.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { EntryDraft } from '#hub/ports/ledger.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { NO_ONE } from './verifier.ts';

const ALL = { limit: 100_000 } as const;
const OPEN = ['pending', 'active', 'returning', 'held'] as const;

/**
 * Everything that the hub holds about a person, by the tables it stands in, for a machine to read (SEC-9; GDPR articles 15 and 20). Not part of
 * it: the verifier of the PIN and K of a slot, which would open something.
 */
export async function exportMember(
  deps: HubDeps,
  actor: Actor,
  memberId: MemberId,
): Promise<Result<Readonly<Record<string, unknown>>, Fault<'member_missing'>>> {
  return deps.db.transaction(async (stores) => {
    const member = await stores.members.find({ memberId });
    if (member === null || member.state === 'deleted')
      return fault('member_missing', 'there is no member of this id');
    const at = deps.clock.now();
    const { pinVerifier: _verifier, pinKey: _key, ...person } = member;
    const rentals = await stores.rentals.list({ memberId }, ALL);
    const rentalIds = rentals.map(({ rentalId }) => rentalId);
    const data = {
      format: 'keyturn-member-export/1',
      exportedAt: at,
      member: person,
      balances: await memberBalances(stores, memberId, member.currency),
      media: (await stores.media.list({ memberId }, ALL)).map(
        ({ accessKeyHash: _hash, ...medium }) => medium,
      ),
      players: await stores.playerKeys.list({ memberId }, ALL),
      sessions: (await stores.memberSessions.list({ memberId }, ALL)).map(
        ({ tokenHash: _hash, ...one }) => one,
      ),
      rentals: rentals.map(({ slotProofKey: _key, ...rental }) => rental),
      history: await stores.timeline.list({ rentalId: rentalIds }, ALL),
      returns: await stores.returns.list({ rentalId: rentalIds }, ALL),
      receipts: await stores.receipts.list({ rentalId: rentalIds }, ALL),
      reservations: await stores.reservations.list({ memberId }, ALL),
      ratings: await stores.ratings.list({ memberId }, ALL),
      coupons: await stores.coupons.list({ memberId }, ALL),
      ledger: await stores.ledger.lines({ memberId }, { limit: 100_000, offset: 0 }),
    };
    await stores.audit.append({ at, actor, action: 'member.exported', subject: memberId, detail: {} });
    return ok(data);
  });
}

export type EraseFault = Fault<
  'member_missing' | 'member_rentals_open' | 'member_owes' | 'member_balance_open'
>;

/**
 * Forgets a person (SEC-9; GDPR article 17). The account stays as a pseudonym without a name, so that books and receipts add up as before;
 * ratings stay under it, since the public mean says nothing of who gave them. Not while copies are out or money is open, in either
 * direction: `paidOut` is the balance that staff just gave back in cash. Points are forfeited. Asked twice, it is done once.
 */
export async function eraseMember(
  deps: HubDeps,
  actor: Actor,
  memberId: MemberId,
  paidOut: Money | null,
): Promise<Result<void, EraseFault>> {
  return deps.db.transaction(async (stores) => {
    const member = await stores.members.findForUpdate({ memberId });
    if (member === null) return fault('member_missing', 'there is no member of this id');
    if (member.state === 'deleted') return ok(undefined);
    const open = await stores.rentals.count({ memberId, status: OPEN });
    if (open > 0)
      return fault('member_rentals_open', 'copies of this member are still out or under way', { open });
    const now = deps.clock.now();
    const settled = await settleBalances(stores, member, paidOut, now);
    if (!settled.ok) return settled;
    await forget(stores, member, now);
    await stores.audit.append({
      at: now,
      actor,
      action: 'member.erased',
      subject: memberId,
      detail: paidOut === null ? {} : { minor: paidOut.minor, currency: paidOut.currency },
    });
    return ok(undefined);
  });
}

async function settleBalances(
  stores: Stores,
  member: MemberRow,
  paidOut: Money | null,
  now: EpochMs,
): Promise<Result<void, EraseFault>> {
  const { memberId, currency } = member;
  await stores.ledger.lockAccount(ACCOUNTS.memberReceivable(memberId, currency));
  await stores.ledger.lockAccount(ACCOUNTS.memberPoints(memberId));
  const { prepaid, points, amountDue } = await memberBalances(stores, memberId, currency);
  if (amountDue.minor > 0)
    return fault('member_owes', 'this member still owes something', { minor: amountDue.minor, currency });
  if (prepaid.minor !== (paidOut?.minor ?? 0) || (paidOut !== null && paidOut.currency !== currency))
    return fault('member_balance_open', 'the balance must be paid out first', {
      minor: prepaid.minor,
      currency,
    });
  const book = async (reason: string, entries: readonly EntryDraft[]): Promise<void> => {
    const [posted] = await stores.ledger.post(
      [
        {
          transferId: `${reason}:${memberId}`,
          phase: 'single',
          correctsId: null,
          reason,
          rentalId: null,
          returnId: null,
          memberId,
          siteId: member.siteId,
          at: now,
          detail: {},
          entries,
        },
      ],
      now,
    );
    assert(posted === 'created', 'a member is erased once');
  };
  if (prepaid.minor > 0)
    await book('prepaid_paid_out', [
      { account: ACCOUNTS.memberPrepaid(memberId, currency), amount: prepaid.minor },
      { account: ACCOUNTS.houseCash(currency), amount: -prepaid.minor },
    ]);
  if (points > 0)
    await book('points_forfeited', [
      { account: ACCOUNTS.memberPoints(memberId), amount: points },
      { account: ACCOUNTS.pointsIssued(), amount: -points },
    ]);
  return ok(undefined);
}

async function forget(stores: Stores, member: MemberRow, now: EpochMs): Promise<void> {
  const { memberId } = member;
  await stores.members.patch(
    { memberId },
    {
      // The token stays: it is chance, and what terminals without the hub report later still finds its rental.
      number: `deleted-${memberId}`,
      displayName: '—',
      birthYear: 1900,
      language: 'en',
      pinVerifier: NO_ONE,
      pinKey: '',
      pinTries: 0,
      pinLockedAt: null,
      // Tells every kiosk to forget, with its next bundle.
      pinChangedAt: now,
      preferredMeans: [],
      siteId: null,
      state: 'deleted',
      blockedAt: null,
      blockCause: null,
    },
  );
  await stores.memberSessions.removeWhere({ memberId });
  await stores.playerKeys.removeWhere({ memberId });
  await stores.media.patchWhere({ memberId }, { memberId: null, identity: null, accessKeyHash: null });
  await stores.coupons.removeWhere({ memberId, rentalId: null });
  const places = await stores.reservations.list({ memberId, state: ['waiting', 'paused', 'ready'] }, ALL);
  await stores.reservations.patchWhere(
    { memberId, state: ['waiting', 'paused', 'ready'] },
    { state: 'cancelled', endedAt: now, readyUntil: null },
  );
  for (const titleId of new Set(places.map((place) => place.titleId)))
    await advanceQueue({ stores, now }, titleId);
  const rentals = await stores.rentals.list({ memberId }, ALL);
  const rentalIds = rentals.map(({ rentalId }) => rentalId);
  await stores.erasure.blankRentals(rentalIds);
  // What staff wrote when they asked a second person about this member.
  await stores.secondPerson.patchWhere({ subject: [memberId, ...rentalIds] }, { reason: '' });
}
