import type { TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { RentalRow } from './rows/index.ts';

/** What the catalogue shows of a title beside its own row; a title that is not named has all zero. */
export interface TitleFigures {
  readonly titleId: TitleId;
  /** Rentals that began since the given moment. */
  readonly rentals: number;
  /** Rentals that occupy a unit now: pending, active, returning, held, and kept for ever (RSV-1). */
  readonly occupied: number;
  readonly ratings: number;
  readonly stars: number;
  readonly queue: number;
}

export interface Turnover {
  /** ISO 4217 code, or `PTS`. */
  readonly unit: string;
  /** Sum of booked entries: credits negative. */
  readonly amount: number;
}

/** Sums over many rows, asked in one statement each. Reports are sums of entries and rows, never counters of their own (DESIGN §6). */
export interface ReportStore {
  /** `of`: only of these titles, at the cost of these. */
  titleFigures(since: EpochMs, of?: readonly TitleId[]): Promise<readonly TitleFigures[]>;
  /** Booked entries on accounts of one kind, by the time of the fact: `from` inclusive, `until` exclusive. */
  turnover(kind: string, from: EpochMs, until: EpochMs): Promise<readonly Turnover[]>;
  rentalCounts(): Promise<ReadonlyMap<RentalRow['status'], number>>;
  /** Rentals that began, and rentals that were closed, from `from` until `until`. */
  rentalsBetween(
    from: EpochMs,
    until: EpochMs,
  ): Promise<{ readonly started: number; readonly returned: number }>;
  /** Open rentals whose due moment has passed. */
  overdue(now: EpochMs): Promise<number>;
  /** Owners of accounts of one kind whose booked balance is above 0. */
  ownersAbove(kind: string): Promise<number>;
  /** Grows with whatever the console shows: a page asks it each second and reads again only what changed. */
  pulse(): Promise<
    Readonly<Record<'fleet' | 'rentals' | 'ledger' | 'alerts' | 'deadLetters' | 'catalogue', string>>
  >;
}
