import { createHash } from 'node:crypto';
import type { EntryDraft, PostResult, TransferDraft } from '#hub/ports/ledger.ts';
import type { EntryRow, TransferRow } from '#hub/ports/rows/index.ts';

/** What a draft books; nothing where it only ends a reservation. */
export const draftEntries = (draft: TransferDraft): readonly EntryDraft[] =>
  'entries' in draft ? draft.entries : [];
/** The reservation that a draft resolves. */
export const pendingOf = (draft: TransferDraft): string | null =>
  'pendingId' in draft ? draft.pendingId : null;
/** The transfer that a draft corrects. */
export const correctsOf = (draft: TransferDraft): string | null =>
  draft.phase === 'single' ? draft.correctsId : null;

/** SHA-256 over all that makes a transfer what it is; `detail` and the booking time are not part of it. */
export function fingerprint(draft: TransferDraft): string {
  const contents = [
    draft.phase,
    draft.reason,
    pendingOf(draft),
    correctsOf(draft),
    draft.rentalId,
    draft.returnId,
    draft.memberId,
    draft.siteId,
    draft.at,
    draftEntries(draft).map((entry) => [entry.account.accountId, entry.amount]),
  ];
  return createHash('sha256').update(JSON.stringify(contents)).digest('hex');
}

/** What is wrong with a transfer before the database is asked; the database would refuse the same. */
export function invalid(draft: TransferDraft): PostResult | null {
  const lines = draftEntries(draft);
  if (draft.phase === 'voided' || draft.phase === 'expired') return null;
  if (lines.length < 2) return 'entries_missing';
  const sums = new Map<string, number>();
  for (const line of lines) {
    if (!Number.isSafeInteger(line.amount) || line.amount === 0) return 'entries_amount_invalid';
    if (!line.account.accountId.endsWith(`:${line.account.unit}`)) return 'entries_unit_differs';
    sums.set(line.account.unit, (sums.get(line.account.unit) ?? 0) + line.amount);
  }
  return [...sums.values()].every((sum) => sum === 0) ? null : 'entries_not_balanced';
}

/** Drafts that ask nothing of other transfers: a database writes them before the rest of the same call, in one statement. */
export function writtenFirst(drafts: readonly TransferDraft[]): readonly TransferDraft[] {
  const distinct = new Set(drafts.map((draft) => draft.transferId)).size === drafts.length;
  return distinct
    ? drafts.filter(
        (draft) => invalid(draft) === null && pendingOf(draft) === null && correctsOf(draft) === null,
      )
    : [];
}

type Kept = Pick<TransferRow, 'fingerprint' | 'phase' | 'reason' | 'pendingId'>;
type Line = Pick<EntryRow, 'accountId' | 'amount'>;

/** What a draft is beside the transfer that has its id; null: only the entries can say. */
export function sameButEntries(draft: TransferDraft, kept: Kept): PostResult | null {
  if (kept.fingerprint === fingerprint(draft)) return 'exists';
  if (kept.phase !== draft.phase) return 'exists_with_different_phase';
  if (kept.reason !== draft.reason) return 'exists_with_different_reason';
  return kept.pendingId === pendingOf(draft) ? null : 'exists_with_different_pending';
}

/** The rest of that answer. */
export function entriesDiffer(draft: TransferDraft, kept: readonly Line[]): PostResult {
  const had = kept.map((entry) => [entry.accountId, entry.amount]);
  const wants = draftEntries(draft).map((entry) => [entry.account.accountId, entry.amount]);
  return JSON.stringify(had) === JSON.stringify(wants)
    ? 'exists_with_different_facts'
    : 'exists_with_different_entries';
}

/** Whether entries take at most what was reserved, each from a line of its account and sign. */
export const withinReserved = (taken: readonly EntryDraft[], reserved: readonly Line[]): boolean =>
  taken.every((entry) =>
    reserved.some(
      (line) =>
        line.accountId === entry.account.accountId &&
        Math.sign(line.amount) === Math.sign(entry.amount) &&
        Math.abs(entry.amount) <= Math.abs(line.amount),
    ),
  );
