import type { MemberId, RentalId, ReturnId, SiteId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** Accounts are made when first used; the id says kind, owner and unit (`hub/domain/accounts.ts`). */
export interface AccountRow {
  readonly accountId: string;
  readonly kind: string;
  /** Member, site or provider; null for the house's own. */
  readonly ownerId: string | null;
  /** ISO 4217 code, or `PTS` for points: never mixed in one account. */
  readonly unit: string;
  readonly createdAt: EpochMs;
}

/**
 * One balanced posting (LED-1). `pending` reserves; `posted`, `voided` and `expired` resolve exactly one pending (unique index below);
 * `single` books at once. Rows are never changed or removed: triggers refuse it.
 */
export interface TransferRow {
  readonly transferId: string;
  readonly phase: 'single' | 'pending' | 'posted' | 'voided' | 'expired';
  /** Why, as a stable code. */
  readonly reason: string;
  /** The pending transfer that this one resolves. */
  readonly pendingId: string | null;
  /** The transfer that this one corrects. */
  readonly correctsId: string | null;
  readonly rentalId: RentalId | null;
  readonly returnId: ReturnId | null;
  readonly memberId: MemberId | null;
  readonly siteId: SiteId | null;
  /** When the fact happened; `bookedAt`: when it was posted. */
  readonly at: EpochMs;
  readonly bookedAt: EpochMs;
  /** Only for `pending`: when it may be expired. */
  readonly expiresAt: EpochMs | null;
  /** Number of entries: the balance trigger also counts them, so that nothing is added to a transfer afterwards. */
  readonly lines: number;
  /** SHA-256 over the contents: the same id with other contents is recognised. */
  readonly fingerprint: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Debits are positive, credits negative; per transfer and unit they add up to 0 (deferred constraint trigger). */
export interface EntryRow {
  readonly transferId: string;
  readonly line: number;
  readonly accountId: string;
  readonly amount: number;
  readonly unit: string;
}
