/** An account as the chart names it (`accounts.ts`). */
export interface AccountRef {
  readonly accountId: string;
  readonly kind: string;
  readonly ownerId: string | null;
  readonly unit: string;
}

/** Debit positive, credit negative, never 0; whole minor units or points of the account's unit. */
export interface EntryDraft {
  readonly account: AccountRef;
  readonly amount: number;
}
