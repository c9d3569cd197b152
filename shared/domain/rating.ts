import { assert } from '#shared/kernel/assert.ts';
import { multiplyDivide } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { RentalStatus } from './rental.ts';

/** Ratings (RAT-1): 1 to 5 stars for a rental that really took place. */
export type Stars = 1 | 2 | 3 | 4 | 5;

/** Votes that a title is thought to have had before the first real one: `votes` of `mean` hundredths of a star. */
export interface RatingPrior {
  readonly votes: number;
  readonly meanHundredths: number;
}

/** Ten votes of 3.40: a single 5 shows 3.55, so one vote cannot top the list. */
export const RATING_PRIOR: RatingPrior = { votes: 10, meanHundredths: 340 };

export interface RatingTally {
  readonly count: number;
  /** Sum of stars, whole. */
  readonly sum: number;
}

/** The public figure in hundredths of a star, rounded half up; null while nobody has rated (RAT-1). */
export function dampedMean(tally: RatingTally, prior: RatingPrior = RATING_PRIOR): number | null {
  assert(Number.isSafeInteger(tally.count) && tally.count >= 0, 'a tally counts whole votes');
  assert(tally.sum >= tally.count && tally.sum <= tally.count * 5, 'each vote is 1 to 5 stars');
  if (tally.count === 0) return null;
  const votes = prior.votes + tally.count;
  return multiplyDivide(prior.votes * prior.meanHundredths + tally.sum * 100, 1, votes);
}

/** The tally after a member's rating of a title changed from `before` (null: none) to `after`. */
export const retally = (tally: RatingTally, before: Stars | null, after: Stars): RatingTally => ({
  count: tally.count + (before === null ? 1 : 0),
  sum: tally.sum - (before ?? 0) + after,
});

export interface GivenRating {
  readonly rentalId: string;
  readonly titleId: string;
  readonly stars: Stars;
  readonly at: EpochMs;
}

export type RatingFault = Fault<'rating_out_of_range' | 'rating_rental_not_real' | 'rating_final'>;

/** The states in which a rental really took place. */
const REAL: readonly RentalStatus[] = ['active', 'returning', 'closed', 'kept', 'lost'];

export interface RateInput {
  readonly rating: {
    readonly rentalId: string;
    readonly titleId: string;
    readonly stars: number;
    readonly at: EpochMs;
  };
  readonly rentalStatus: RentalStatus | null;
  /** All ratings of this member, any order. */
  readonly earlier: readonly GivenRating[];
}

/**
 * Takes a rating: out of 1 to 5 is `rating_out_of_range`; of a rental that never ran `rating_rental_not_real`; a rating can be changed
 * until the member rates another rental, afterwards it is `rating_final`. `changes` names the rating that this one replaces.
 */
export function rate(
  input: RateInput,
): Result<{ readonly rating: GivenRating; readonly changes: GivenRating | null }, RatingFault> {
  const { rating, rentalStatus, earlier } = input;
  const stars = asStars(rating.stars);
  if (stars === null) return fault('rating_out_of_range', 'a rating is 1 to 5 stars');
  if (rentalStatus === null || !REAL.includes(rentalStatus))
    return fault('rating_rental_not_real', 'only a rental that took place can be rated');
  const mine = earlier.find((other) => other.rentalId === rating.rentalId) ?? null;
  if (mine !== null && earlier.some((other) => other.rentalId !== mine.rentalId && other.at > mine.at))
    return fault('rating_final', 'a later rating was given, so this one stays');
  return ok({ rating: { ...rating, stars }, changes: mine });
}

const asStars = (value: number): Stars | null =>
  Number.isInteger(value) && value >= 1 && value <= 5 ? (value as Stars) : null;
