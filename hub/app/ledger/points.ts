import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { PostResult, TransferDraft } from '#hub/ports/ledger.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { PointsEntry, PointsGrant } from '#shared/domain/rewards.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EventId, MemberId, RentalId } from '#shared/kernel/ids.ts';
import { points } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

export interface PointsFacts {
  readonly rentalId: RentalId | null;
  readonly at: EpochMs;
  /** The event that earned or took them (OPS-4); absent: people or time did. */
  readonly eventId?: EventId;
}

/** Books points earned or taken back (RWD-1). The grant's key is unique in the ledger: the same reason never earns twice. */
export async function grantPoints(
  stores: Pick<Stores, 'ledger'>,
  memberId: MemberId,
  grant: PointsGrant,
  facts: PointsFacts,
  now: EpochMs,
): Promise<PostResult | 'nothing_to_post'> {
  if (grant.points === 0) return 'nothing_to_post';
  const [result] = await stores.ledger.post([pointsDraft(memberId, grant, facts)], now);
  assert(result !== undefined, 'one draft, one result');
  return result;
}

export function pointsDraft(memberId: MemberId, grant: PointsGrant, facts: PointsFacts): TransferDraft {
  return {
    transferId: `points:${grant.key}`,
    phase: 'single',
    correctsId: null,
    reason: `points_for_${grant.reason}`,
    rentalId: facts.rentalId,
    returnId: null,
    memberId,
    siteId: null,
    at: facts.at,
    detail: {
      expiresAt: grant.expiresAt,
      ...(facts.eventId === undefined ? {} : { eventId: facts.eventId }),
    },
    entries: [
      { account: ACCOUNTS.memberPoints(memberId), amount: -grant.points },
      { account: ACCOUNTS.pointsIssued(), amount: grant.points },
    ],
  };
}

/** A member's points as the domain reads them: earned positive, spent and reserved negative; oldest first. */
export async function pointsEntries(
  stores: Pick<Stores, 'ledger'>,
  memberId: MemberId,
): Promise<readonly PointsEntry[]> {
  const { accountId } = ACCOUNTS.memberPoints(memberId);
  const entries: PointsEntry[] = [];
  for (let offset = 0; ; offset += 500) {
    const page = await stores.ledger.lines({ accountId }, { limit: 500, offset });
    for (const line of page) {
      if (line.transfer.phase === 'pending') continue;
      const expiresAt = line.transfer.detail.expiresAt;
      entries.push({
        kind: line.transfer.reason === 'points_expired' ? 'write_off' : line.amount < 0 ? 'earned' : 'spent',
        points: points(line.amount === 0 ? 0 : -line.amount),
        at: line.transfer.at,
        expiresAt: typeof expiresAt === 'number' ? (expiresAt as EpochMs) : null,
      });
    }
    if (page.length < 500) return entries.sort((a, b) => a.at - b.at);
  }
}
