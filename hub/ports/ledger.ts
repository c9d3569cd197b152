import type { AccountRef, EntryDraft } from '#hub/domain/entry.ts';
import type { MemberId, RentalId, ReturnId, SiteId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { AccountRow, EntryRow, TransferRow } from './rows/index.ts';

export type { AccountRef, EntryDraft };

export interface TransferFacts {
  readonly reason: string;
  readonly rentalId: RentalId | null;
  readonly returnId: ReturnId | null;
  readonly memberId: MemberId | null;
  readonly siteId: SiteId | null;
  readonly at: EpochMs;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What may be posted (LED-1). The caller makes `transferId` from what it posts, so that a retry is the same transfer. */
export type TransferDraft = TransferFacts & { readonly transferId: string } & (
    | {
        readonly phase: 'single';
        readonly correctsId: string | null;
        readonly entries: readonly EntryDraft[];
      }
    | { readonly phase: 'pending'; readonly expiresAt: EpochMs; readonly entries: readonly EntryDraft[] }
    /** `entries` may be less than what was reserved, never more. */
    | { readonly phase: 'posted'; readonly pendingId: string; readonly entries: readonly EntryDraft[] }
    | { readonly phase: 'voided' | 'expired'; readonly pendingId: string }
  );

/** Every answer of the posting function, so that a retry is safe by vocabulary. Only `created` changed anything. */
export const POST_RESULTS = [
  'created',
  'exists',
  'exists_with_different_phase',
  'exists_with_different_reason',
  'exists_with_different_pending',
  'exists_with_different_entries',
  'exists_with_different_facts',
  'entries_missing',
  'entries_not_balanced',
  'entries_amount_invalid',
  'entries_unit_differs',
  'pending_unknown',
  'pending_not_pending',
  'pending_already_posted',
  'pending_already_voided',
  'pending_already_expired',
  'pending_amount_exceeded',
  'corrected_unknown',
] as const;
export type PostResult = (typeof POST_RESULTS)[number];

/** A balance: `posted` is the sum of booked entries; `pending` the sum of what is reserved and not yet resolved. */
export interface Balance {
  readonly posted: number;
  readonly pending: number;
}

export interface LineMatch {
  readonly accountId?: string;
  readonly memberId?: MemberId;
  readonly rentalId?: RentalId;
  /** Beside the rest, of one of these members, or of a rental whose number lies in one of these ranges. */
  readonly anyOf?:
    | readonly (
        | { readonly memberId: readonly MemberId[] }
        | { readonly rentalId: { readonly gte: RentalId; readonly lt: RentalId } }
      )[]
    | undefined;
}
/** Lines by when they were booked or by when the fact happened, then by transfer, the same way; lines of a transfer stand as they were posted. */
export interface LineOrder {
  readonly by: 'bookedAt' | 'at';
  readonly descending: boolean;
}
export const NEWEST_BOOKING: LineOrder = { by: 'bookedAt', descending: true };
/** Place of a line in the order of the list. */
export interface LineMark {
  /** What the order goes by. */
  readonly value: EpochMs;
  readonly transferId: string;
  readonly line: number;
}
export interface LedgerLine {
  readonly transfer: TransferRow;
  /** Its place within the transfer. */
  readonly line: number;
  readonly amount: number;
  readonly unit: string;
  readonly accountId: string;
}

export interface LedgerStore {
  /** The one posting function: idempotent, in order, `bookedAt` is the same for all. */
  post(drafts: readonly TransferDraft[], bookedAt: EpochMs): Promise<readonly PostResult[]>;
  /** Locks what the member's spendable balance hangs on until the transaction ends, so that two authorisations queue up. */
  lockAccount(account: AccountRef): Promise<void>;
  balances(accountIds: readonly string[]): Promise<ReadonlyMap<string, Balance>>;
  transfer(transferId: string): Promise<TransferRow | null>;
  entriesOf(transferId: string): Promise<readonly EntryRow[]>;
  /** Many at once, in no order; those that are not there are left out. */
  contents(
    transferIds: readonly string[],
  ): Promise<readonly { readonly transfer: TransferRow; readonly entries: readonly EntryRow[] }[]>;
  countTransfers(): Promise<number>;
  /** The ids of all transfers of these rentals. */
  transfersOf(rentalIds: readonly RentalId[]): Promise<readonly string[]>;
  /** The transfers that resolved these pending ones. */
  resolutionsOf(pendingIds: readonly string[]): Promise<readonly TransferRow[]>;
  /** The transfer that resolved this pending one. */
  resolutionOf(pendingId: string): Promise<TransferRow | null>;
  /** Pending transfers of a return or rental without resolution. */
  openPending(match: {
    readonly rentalId?: RentalId;
    readonly returnId?: ReturnId;
  }): Promise<readonly TransferRow[]>;
  /** Pending transfers whose `expiresAt` has passed, oldest first. */
  expiredPending(now: EpochMs, limit: number): Promise<readonly TransferRow[]>;
  /** In this order (newest booking first where none is named); after a line that was given, those that follow it. */
  lines(
    match: LineMatch,
    page: {
      readonly limit: number;
      readonly offset?: number;
      readonly order?: LineOrder;
      readonly after?: LineMark | null;
    },
  ): Promise<readonly LedgerLine[]>;
  /** Counts, but no further than `most`. */
  countLines(match: LineMatch, most: number): Promise<number>;
  accounts(match: { readonly ownerId?: string; readonly kind?: string }): Promise<readonly AccountRow[]>;
  /** Booked entries by the time of their fact, oldest first: `from` inclusive, `until` exclusive. */
  journal(
    from: EpochMs,
    until: EpochMs,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<readonly LedgerLine[]>;
  /** Every account with its balance, or with what it was before a moment; for reports, checks and tests. */
  trialBalance(
    before?: EpochMs,
  ): Promise<readonly { readonly accountId: string; readonly unit: string; readonly posted: number }[]>;
}
