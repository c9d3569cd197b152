import {
  type Currency,
  type Money,
  money,
  multiplyDivide,
  type Points,
  points,
} from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs, type Milliseconds } from '#shared/kernel/time.ts';
import type { Tariff } from './tariff.ts';

/**
 * Points (RWD-1): earned for a rating once per rental, for a reservation made at return (taken back if cancelled unused), and per rental by
 * tariff. A grant has a key that the points ledger keeps unique: the same reason never earns twice.
 */
export interface RewardRules {
  readonly forRating: Points;
  readonly forReservation: Points;
  /** Published rate: so many points pay for one minor unit of money. */
  readonly pointsPerMinorUnit: number;
  /** How long points last after they were earned; null: for ever. */
  readonly lifetime: Milliseconds | null;
}

export type RewardReason = 'rating' | 'reservation' | 'rental' | 'reservation_taken_back';

export interface PointsGrant {
  /** Unique in the points ledger: a second grant with this key is the same grant. */
  readonly key: string;
  readonly reason: RewardReason;
  /** Negative where points are taken back. */
  readonly points: Points;
  readonly expiresAt: EpochMs | null;
}

const grant = (
  key: string,
  reason: RewardReason,
  value: Points,
  at: EpochMs,
  rules: RewardRules,
): PointsGrant => ({
  key,
  reason,
  points: value,
  expiresAt: rules.lifetime === null ? null : epochMs(at + rules.lifetime),
});

/** Once per rental, however often the rating is changed. */
export const pointsForRating = (rules: RewardRules, rentalId: string, at: EpochMs): PointsGrant =>
  grant(`rating:${rentalId}`, 'rating', rules.forRating, at, rules);

/** Once per rental, when its charge is posted; the number stands in the frozen tariff. */
export const pointsForRental = (
  rules: RewardRules,
  tariff: Tariff,
  rentalId: string,
  at: EpochMs,
): PointsGrant => grant(`rental:${rentalId}`, 'rental', points(tariff.pointsPerRental), at, rules);

/** For a reservation made during a return: once per reservation, and once per return, however many are reserved (RET-5). */
export const pointsForReservation = (rules: RewardRules, returnId: string, at: EpochMs): PointsGrant =>
  grant(`reservation:${returnId}`, 'reservation', rules.forReservation, at, rules);

/** Takes back what a reservation earned when it is cancelled unused; what was granted is named by the same return. */
export const takeBackReservation = (granted: PointsGrant): PointsGrant => ({
  key: `${granted.key}:taken_back`,
  reason: 'reservation_taken_back',
  points: points(granted.points === 0 ? 0 : -granted.points),
  expiresAt: null,
});

/** Whole minor units that `balance` points pay for at most; what is left over stays points. */
export const worthOf = (
  rules: Pick<RewardRules, 'pointsPerMinorUnit'>,
  balance: Points,
  currency: Currency,
): Money => money(Math.max(0, Math.floor(balance / rules.pointsPerMinorUnit)), currency);

/** Points that `amount` costs at the published rate: exact, since the rate is whole. */
export const pointsFor = (rules: Pick<RewardRules, 'pointsPerMinorUnit'>, amount: Money): Points =>
  points(multiplyDivide(amount.minor, rules.pointsPerMinorUnit, 1));

export type RedeemFault = Fault<'points_not_enough' | 'points_amount_invalid'>;

/** Redeems points for a part of a charge (LED-2). */
export function redeem(
  rules: Pick<RewardRules, 'pointsPerMinorUnit'>,
  balance: Points,
  amount: Money,
): Result<Points, RedeemFault> {
  if (amount.minor <= 0) return fault('points_amount_invalid', 'points pay a positive amount');
  const needed = pointsFor(rules, amount);
  if (needed > balance)
    return fault('points_not_enough', 'the member has fewer points than that', { needed, balance });
  return ok(needed);
}

/** One entry of the points ledger; the sign of `points` goes with the kind. */
export interface PointsEntry {
  /** `write_off`: points that had expired and were taken from the books. */
  readonly kind: 'earned' | 'spent' | 'write_off';
  readonly points: Points;
  readonly at: EpochMs;
  /** Only for what was earned; null: for ever. */
  readonly expiresAt: EpochMs | null;
}

/**
 * Spendable points, and expired ones that are still to be written off. Spending uses up what expires first; points are gone from `expiresAt` on. What was
 * taken back beyond the balance is settled from what is earned next.
 */
export function pointsBalance(
  entries: readonly PointsEntry[],
  now: EpochMs,
): { readonly balance: Points; readonly expired: Points } {
  const lots: { left: number; expiresAt: number }[] = [];
  let debt = 0;
  let writtenOff = 0;
  for (const entry of [...entries].sort((a, b) => a.at - b.at)) {
    if (entry.kind === 'write_off') {
      writtenOff -= entry.points;
    } else if (entry.points >= 0) {
      const covered = Math.min(debt, entry.points);
      debt -= covered;
      lots.push({ left: entry.points - covered, expiresAt: entry.expiresAt ?? Number.POSITIVE_INFINITY });
    } else {
      debt += useUp(lots, -entry.points, entry.at);
    }
  }
  const sum = (chosen: typeof lots) => chosen.reduce((total, lot) => total + lot.left, 0);
  const valid = sum(lots.filter((lot) => lot.expiresAt > now));
  return { balance: points(valid - debt), expired: points(sum(lots) - valid - writtenOff) };
}

/** Takes `wanted` points from the lots, what expires first first; answers what they could not give. */
function useUp(lots: { left: number; expiresAt: number }[], wanted: number, at: EpochMs): number {
  let open = wanted;
  lots.sort((a, b) => a.expiresAt - b.expiresAt);
  for (const lot of lots) {
    if (lot.expiresAt <= at) continue;
    const part = Math.min(lot.left, open);
    lot.left -= part;
    open -= part;
  }
  return open;
}
