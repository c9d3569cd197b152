import type { LogKind } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { auditLeaf, receiptLeaf, transferLeaf } from '#shared/media/log/leaves.ts';

export interface LogItem {
  readonly kind: LogKind;
  readonly subject: string;
}

/** Hashes of leaves as the tables say now, by `keyOf`; what is not there any more is missing in the answer. */
export async function leafHashes(
  stores: Pick<Stores, 'ledger' | 'receipts' | 'audit'>,
  items: readonly LogItem[],
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  const subjects = (kind: LogKind) =>
    items.filter((item) => item.kind === kind).map(({ subject }) => subject);
  for (const { transfer, entries } of await stores.ledger.contents(subjects('transfer')))
    hashes.set(keyOf({ kind: 'transfer', subject: transfer.transferId }), transferLeaf(transfer, entries));
  const receiptIds = subjects('receipt');
  const receipts = await stores.receipts.list({ receiptId: receiptIds }, { limit: receiptIds.length });
  for (const { receiptId } of receipts)
    hashes.set(keyOf({ kind: 'receipt', subject: receiptId }), receiptLeaf(receiptId));
  for (const subject of subjects('audit')) {
    const [entry] = await stores.audit.list({ limit: 1, before: Number(subject) + 1 });
    if (entry !== undefined && String(entry.sequence) === subject)
      hashes.set(keyOf({ kind: 'audit', subject }), auditLeaf(entry));
  }
  return hashes;
}

export const keyOf = ({ kind, subject }: LogItem): string => `${kind} ${subject}`;
