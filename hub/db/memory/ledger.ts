import {
  correctsOf,
  draftEntries,
  entriesDiffer,
  fingerprint,
  invalid,
  pendingOf,
  sameButEntries,
  withinReserved,
  writtenFirst,
} from '#hub/db/ledger-rules.ts';
import { accounts, entries, transfers } from '#hub/db/schema/index.ts';
import {
  type Balance,
  type LedgerLine,
  type LedgerStore,
  type LineMark,
  type LineMatch,
  type LineOrder,
  NEWEST_BOOKING,
  type PostResult,
  type TransferDraft,
} from '#hub/ports/ledger.ts';
import { compare as compareValues, listed, matches } from '#hub/ports/match.ts';
import type { AccountRow, EntryRow, TransferRow } from '#hub/ports/rows/index.ts';
import type { Match } from '#hub/ports/table.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Heaps } from './heaps.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Whether a line comes after a mark: newest first, within a transfer by place. */
function follows({ transfer, line }: LedgerLine, after: LineMark, { by, descending }: LineOrder): boolean {
  const byTime = transfer[by] - after.value || compareValues(transfer.transferId, after.transferId);
  return byTime === 0 ? line > after.line : descending ? byTime < 0 : byTime > 0;
}

/** The ledger of LED-1 in memory: the same vocabulary, row by row. */
export function memoryLedger(heaps: Heaps): LedgerStore {
  const heap = { accounts: heaps(accounts), entries: heaps(entries), transfers: heaps(transfers) };
  /** Transfers by the pending one that they resolve, and by what they are asked for: the schema's unique index and indexes. */
  const transfersWhere = (match: Partial<TransferRow>): TransferRow[] =>
    heap.transfers.select(match as Fields).map((row) => ({ ...row }) as unknown as TransferRow);
  const transfer = (transferId: string): TransferRow | null =>
    (heap.transfers.find({ transferId }) as TransferRow | null) ?? null;
  const entriesOf = (transferId: string): readonly EntryRow[] =>
    listed(heap.entries.select({ transferId }) as unknown as EntryRow[], { limit: Infinity }, ['line']);
  const resolutionOf = (pendingId: string): TransferRow | null => transfersWhere({ pendingId })[0] ?? null;
  const open = (rows: readonly TransferRow[]): TransferRow[] =>
    rows.filter((row) => row.phase === 'pending' && resolutionOf(row.transferId) === null);
  const byExpiry = (rows: readonly TransferRow[], limit: number): readonly TransferRow[] =>
    listed(rows, { orderBy: ['expiresAt', 'transferId'], limit }, ['transferId']);

  const compare = (draft: TransferDraft, row: TransferRow): PostResult =>
    sameButEntries(draft, row) ?? entriesDiffer(draft, entriesOf(row.transferId));
  const resolvable = (draft: TransferDraft): PostResult | null => {
    const pendingId = pendingOf(draft);
    if (pendingId === null) return null;
    const pending = transfer(pendingId);
    if (pending === null) return 'pending_unknown';
    if (pending.phase !== 'pending') return 'pending_not_pending';
    const resolved = resolutionOf(pendingId);
    if (resolved !== null) return `pending_already_${resolved.phase}` as PostResult;
    if (draft.phase !== 'posted') return null;
    return withinReserved(draft.entries, entriesOf(pendingId)) ? null : 'pending_amount_exceeded';
  };
  const write = (draft: TransferDraft, bookedAt: EpochMs): void => {
    const lines = draftEntries(draft);
    for (const { account } of lines) heap.accounts.insert({ ...account, createdAt: bookedAt });
    heap.transfers.insert({
      ...draft,
      pendingId: pendingOf(draft),
      correctsId: correctsOf(draft),
      bookedAt,
      expiresAt: draft.phase === 'pending' ? draft.expiresAt : null,
      lines: lines.length,
      fingerprint: fingerprint(draft),
    });
    for (const [line, { account, amount }] of lines.entries())
      heap.entries.insert({
        transferId: draft.transferId,
        line,
        accountId: account.accountId,
        unit: account.unit,
        amount,
      });
  };
  const post = (draft: TransferDraft, bookedAt: EpochMs): PostResult => {
    const wrong = invalid(draft);
    if (wrong !== null) return wrong;
    const present = transfer(draft.transferId);
    if (present !== null) return compare(draft, present);
    const corrects = correctsOf(draft);
    if (corrects !== null && transfer(corrects) === null) return 'corrected_unknown';
    const refusal = resolvable(draft);
    if (refusal !== null) return refusal;
    write(draft, bookedAt);
    return 'created';
  };

  const linesOf = (match: LineMatch, { by, descending }: LineOrder = NEWEST_BOOKING): LedgerLine[] => {
    const { accountId, anyOf, ...ofTransfer } = match;
    const wanted = Object.fromEntries(Object.entries(ofTransfer).filter(([, id]) => id !== undefined));
    const ofAccount =
      accountId === undefined
        ? null
        : new Set(heap.entries.select({ accountId }).map((row) => row.transferId));
    const found =
      ofAccount === null
        ? transfersWhere(wanted)
        : [...ofAccount].flatMap((transferId) => {
            const row = transfer(transferId as string);
            return row !== null && matches(row as object, wanted) ? [row] : [];
          });
    const sought =
      anyOf === undefined || anyOf.length === 0
        ? found
        : found.filter((row) => anyOf.some((one) => matches<object>(row, one as Match<object>)));
    return listed(sought, { orderBy: [by, 'transferId'], descending, limit: Infinity }, []).flatMap((row) =>
      entriesOf(row.transferId)
        .filter((entry) => accountId === undefined || entry.accountId === accountId)
        .map((entry) => ({
          transfer: row,
          line: entry.line,
          amount: entry.amount,
          unit: entry.unit,
          accountId: entry.accountId,
        })),
    );
  };

  return {
    async post(drafts, bookedAt) {
      // In the order of the real ones, so that the log over the books has one order too.
      const created = new Set(writtenFirst(drafts).filter((draft) => post(draft, bookedAt) === 'created'));
      return drafts.map((draft) => (created.has(draft) ? 'created' : post(draft, bookedAt)));
    },
    // Transactions follow one another here: whoever is in one holds every lock.
    lockAccount: async () => {},
    balances: async (accountIds) => {
      const found = new Map<string, Balance>();
      for (const accountId of new Set(accountIds)) {
        let [posted, pending] = [0, 0];
        for (const { transferId, amount } of heap.entries.select({ accountId })) {
          const { phase } = transfer(transferId as string) as TransferRow;
          if (phase !== 'pending') posted += amount as number;
          else if (resolutionOf(transferId as string) === null) pending += amount as number;
        }
        found.set(accountId, { posted, pending });
      }
      return found;
    },
    transfer: async (transferId) => transfer(transferId),
    entriesOf: async (transferId) => entriesOf(transferId),
    contents: async (transferIds) =>
      [...new Set(transferIds)].flatMap((transferId) => {
        const found = transfer(transferId);
        return found === null ? [] : [{ transfer: found, entries: entriesOf(transferId) }];
      }),
    countTransfers: async () => heap.transfers.select({}).length,
    transfersOf: async (rentalIds) =>
      rentalIds.flatMap((rentalId) => transfersWhere({ rentalId }).map((row) => row.transferId)),
    resolutionsOf: async (pendingIds) => pendingIds.flatMap((pendingId) => transfersWhere({ pendingId })),
    resolutionOf: async (pendingId) => resolutionOf(pendingId),
    openPending: async (match) =>
      byExpiry(
        open(transfersWhere(Object.fromEntries(Object.entries(match).filter(([, id]) => id !== undefined)))),
        1000,
      ),
    expiredPending: async (now, limit) =>
      byExpiry(
        open(transfersWhere({ phase: 'pending' })).filter(
          (row) => row.expiresAt !== null && row.expiresAt <= now,
        ),
        limit,
      ),
    lines: async (match, page) => {
      const { after = null, order = NEWEST_BOOKING } = page;
      const all = linesOf(match, order);
      const behind = after === null ? all : all.filter((one) => follows(one, after, order));
      const start = page.offset ?? 0;
      return behind.slice(start, start + page.limit);
    },
    countLines: async (match, most) => Math.min(linesOf(match).length, most),
    accounts: async (match) => {
      const wanted = Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined));
      const found = heap.accounts.select(wanted) as unknown as AccountRow[];
      return listed(found, { limit: Infinity }, ['accountId']);
    },
    async journal(from, until, page) {
      const found = (heap.transfers.select({}) as unknown as TransferRow[])
        .filter(({ at, phase }) => at >= from && at < until && phase !== 'pending')
        .toSorted((a, b) => a.at - b.at || compareValues(a.transferId, b.transferId));
      return found
        .flatMap((row) =>
          entriesOf(row.transferId).map(({ line, amount, unit, accountId }) => ({
            transfer: { ...row },
            line,
            amount,
            unit,
            accountId,
          })),
        )
        .slice(page.offset, page.offset + page.limit);
    },
    trialBalance: async (before) => {
      const sums = new Map<string, { accountId: string; unit: string; posted: number }>();
      for (const entry of heap.entries.select({}) as unknown as EntryRow[]) {
        const whole = transfer(entry.transferId);
        if (whole === null || whole.phase === 'pending') continue;
        if (before !== undefined && whole.at >= before) continue;
        const { accountId, unit } = entry;
        const sum = sums.get(accountId) ?? { accountId, unit, posted: 0 };
        sums.set(accountId, { ...sum, posted: sum.posted + entry.amount });
      }
      return listed([...sums.values()], { limit: Infinity }, ['accountId']);
    },
  };
}
