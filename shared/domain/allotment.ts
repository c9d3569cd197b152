import type { Money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';

/** How long an allotment serves without the hub (SYN-1). */
export const ALLOTMENT_HOURS = 72;

/** What the hub allows one kiosk to rent while it is away (SYN-1). Signed; the units are in escrow: taken from the title until it ends. */
export interface Allotment {
  readonly issuedAt: EpochMs;
  /** Title → units in escrow; null: the title is unlimited. A title that is not named is not rented offline. */
  readonly units: ReadonlyMap<string, number | null>;
  readonly perMember: { readonly rentals: number; readonly money: Money };
  readonly inAll: { readonly rentals: number; readonly money: Money };
}

/** An offline rental that this kiosk made under the allotment and the hub has not yet committed. */
export interface OfflineRental {
  readonly memberToken: string;
  readonly titleId: string;
  /** First period price with what the kiosk held: the money at stake. */
  readonly money: Money;
  readonly open: boolean;
}

export type AllotmentFault = Fault<
  | 'allotment_missing'
  | 'allotment_expired'
  | 'allotment_currency'
  | 'allotment_title'
  | 'allotment_units'
  | 'allotment_member_open'
  | 'allotment_member_rentals'
  | 'allotment_member_money'
  | 'allotment_rentals'
  | 'allotment_money'
>;

/** Until when the allotment may be used; not at that moment any more. */
export const allotmentEnd = (allotment: Allotment): EpochMs =>
  epochMs(allotment.issuedAt + ALLOTMENT_HOURS * 3_600_000);

/**
 * Whether a kiosk without the hub may start this rental (SYN-1): allotment at hand and not older than 72 hours (nor from the future: a clock
 * set back does not prolong it), a unit in escrow, no other open offline rental of the member, number and money per member and in all.
 */
export function mayRentOffline(
  allotment: Allotment | null,
  made: readonly OfflineRental[],
  wanted: Omit<OfflineRental, 'open'>,
  now: EpochMs,
): Result<void, AllotmentFault> {
  if (allotment === null) return fault('allotment_missing', 'the hub has given this kiosk no allotment');
  if (now < allotment.issuedAt || now >= allotmentEnd(allotment))
    return fault('allotment_expired', 'the allotment is not valid now');
  const { perMember, inAll } = allotment;
  const currency = wanted.money.currency;
  const all = [perMember.money, inAll.money, ...made.map((rental) => rental.money)];
  if (all.some((each) => each.currency !== currency))
    return fault('allotment_currency', 'the allotment is in another currency');
  const units = allotment.units.get(wanted.titleId);
  if (units === undefined) return fault('allotment_title', 'the title is not in the allotment');
  const ofTitle = made.filter((rental) => rental.titleId === wanted.titleId);
  if (units !== null && ofTitle.length >= units)
    return fault('allotment_units', 'all units in escrow are taken', { units });
  const mine = made.filter((rental) => rental.memberToken === wanted.memberToken);
  if (mine.some((rental) => rental.open))
    return fault('allotment_member_open', 'the member has an open offline rental');
  if (mine.length >= perMember.rentals)
    return fault('allotment_member_rentals', 'the member has had as many offline rentals as allowed');
  if (worth(mine) + wanted.money.minor > perMember.money.minor)
    return fault('allotment_member_money', 'more money than allowed for one member');
  if (made.length >= inAll.rentals) return fault('allotment_rentals', 'as many offline rentals as allowed');
  if (worth(made) + wanted.money.minor > inAll.money.minor)
    return fault('allotment_money', 'more money than allowed for this kiosk');
  return ok(undefined);
}

const worth = (rentals: readonly OfflineRental[]): number =>
  rentals.reduce((sum, rental) => sum + rental.money.minor, 0);
