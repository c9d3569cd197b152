import type { Actor, HubDeps } from '#hub/app/deps.ts';
import { advanceQueue } from '#hub/app/rentals/queue.ts';
import type { BlockCause, MemberRow, ReservationRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** Why; no words of the clerk's own, for the audit trail cannot be edited and must not hold a name (SEC-9). */
export const BLOCK_CAUSES = ['misuse', 'unpaid', 'stolen', 'asked'] as const satisfies readonly BlockCause[];
export const UNBLOCK_CAUSES = ['settled', 'mistaken', 'asked'] as const;
export type UnblockCause = (typeof UNBLOCK_CAUSES)[number];

/**
 * Keeps a member from renting (SEC-6): sign-ins end everywhere, no new one is let in, kiosks forget the member with their next bundle, and
 * places in queues are paused, so that nobody waits behind somebody who cannot come. What is out stays out: media are taken back, charged and paid as
 * before, and what a kiosk reports of a permit it had by then counts, since the copy exists. Asked twice, it is done once.
 */
export const blockMember = (
  deps: HubDeps,
  actor: Actor,
  memberId: MemberId,
  cause: BlockCause,
): Promise<Result<MemberRow, Fault<'member_missing'>>> =>
  deps.db.transaction(async (stores) => {
    const row = await present(stores, memberId);
    if (!row.ok || row.value.state === 'blocked') return row;
    const now = deps.clock.now();
    const change = { state: 'blocked', blockedAt: now, blockCause: cause } as const;
    await stores.members.patch({ memberId }, change);
    await stores.memberSessions.patchWhere({ memberId, endedAt: null }, { endedAt: now });
    await movePlaces(stores, memberId, ['waiting', 'ready'], 'paused', now);
    const detail = { cause };
    await stores.audit.append({ at: now, actor, action: 'member.blocked', subject: memberId, detail });
    return ok({ ...row.value, ...change });
  });

/** Lets a blocked member rent again, in the places of before. Asked twice, it is done once. */
export const unblockMember = (
  deps: HubDeps,
  actor: Actor,
  memberId: MemberId,
  cause: UnblockCause,
): Promise<Result<MemberRow, Fault<'member_missing'>>> =>
  deps.db.transaction(async (stores) => {
    const row = await present(stores, memberId);
    if (!row.ok || row.value.state === 'active') return row;
    const now = deps.clock.now();
    const change = { state: 'active', blockedAt: null, blockCause: null } as const;
    await stores.members.patch({ memberId }, change);
    await movePlaces(stores, memberId, ['paused'], 'waiting', now);
    const detail = { cause };
    await stores.audit.append({ at: now, actor, action: 'member.unblocked', subject: memberId, detail });
    return ok({ ...row.value, ...change });
  });

async function present(
  stores: Pick<Stores, 'members'>,
  memberId: MemberId,
): Promise<Result<MemberRow, Fault<'member_missing'>>> {
  const row = await stores.members.findForUpdate({ memberId });
  return row === null || row.state === 'deleted'
    ? fault('member_missing', 'there is no member of this id')
    : ok(row);
}

async function movePlaces(
  stores: Stores,
  memberId: MemberId,
  from: readonly ReservationRow['state'][],
  to: 'paused' | 'waiting',
  now: EpochMs,
): Promise<void> {
  const places = await stores.reservations.list({ memberId, state: from }, { limit: 10_000 });
  await stores.reservations.patchWhere(
    { memberId, state: from },
    { state: to, readyAt: null, readyUntil: null },
  );
  for (const titleId of new Set(places.map((place) => place.titleId)))
    await advanceQueue({ stores, now }, titleId);
}
