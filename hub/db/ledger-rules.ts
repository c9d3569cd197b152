import { createHash } from 'node:crypto';
import type { EntryDraft, PostResult, TransferDraft } from '#hub/ports/ledger.ts';

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
