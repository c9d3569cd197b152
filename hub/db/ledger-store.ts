import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, lte, ne, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import {
  type Balance,
  type LedgerStore,
  type LineMark,
  type LineMatch,
  type LineOrder,
  NEWEST_BOOKING,
  type PostResult,
  type TransferDraft,
} from '#hub/ports/ledger.ts';
import { type Db, query, whole } from './drizzle.ts';
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
} from './ledger-rules.ts';
import { accounts, entries, transfers } from './schema/index.ts';
import { atomically } from './transaction-life.ts';
import { guarded } from './trouble.ts';
import { atPlaces } from './whole-sets.ts';

type TransferRowRead = typeof transfers.$inferSelect;

/** The ledger of LED-1 over both databases. What is balanced, append-only and resolved once is also held by triggers. */
export function ledgerStore(db: Db, scope: 'autonomous' | 'within'): LedgerStore {
  // Entries follow their transfer in a second statement, so outside a transaction posting needs one of its own.
  if (scope === 'autonomous') {
    return {
      ...ledgerStore(db, 'within'),
      post: (drafts, bookedAt) =>
        guarded(() => atomically(db, (tx) => ledgerStore(tx, 'within').post(drafts, bookedAt))),
    };
  }
  const rowsById = async (ids: readonly string[]): Promise<Map<string, TransferRowRead>> => {
    if (ids.length === 0) return new Map();
    const found = await guarded(() =>
      db
        .select()
        .from(transfers)
        .where(inArray(transfers.transferId, [...ids])),
    );
    return new Map(found.map((row) => [row.transferId, row]));
  };
  const entriesOf = async (transferId: string) =>
    guarded(() =>
      db.select().from(entries).where(eq(entries.transferId, transferId)).orderBy(asc(entries.line)),
    );

  /** Why an id that was taken is not simply a repetition. */
  const compare = async (draft: TransferDraft, row: TransferRowRead): Promise<PostResult> => {
    return sameButEntries(draft, row) ?? entriesDiffer(draft, await entriesOf(row.transferId));
  };

  /** Whether a pending transfer may be resolved by this draft; null: yes. */
  const resolvable = async (draft: TransferDraft): Promise<PostResult | null> => {
    const pendingId = pendingOf(draft);
    if (pendingId === null) return null;
    const pending = (await rowsById([pendingId])).get(pendingId);
    if (pending === undefined) return 'pending_unknown';
    if (pending.phase !== 'pending') return 'pending_not_pending';
    const resolved = await resolutionOf(pendingId);
    if (resolved !== null) return `pending_already_${resolved.phase}` as PostResult;
    if (draft.phase !== 'posted') return null;
    return withinReserved(draft.entries, await entriesOf(pendingId)) ? null : 'pending_amount_exceeded';
  };

  const resolutionOf = async (pendingId: string): Promise<TransferRowRead | null> => {
    const found = await guarded(() => db.select().from(transfers).where(eq(transfers.pendingId, pendingId)));
    return found[0] ?? null;
  };

  /** Accounts and transfers in one statement, then the entries of those transfers that were new. */
  const insert = async (drafts: readonly TransferDraft[], bookedAt: number): Promise<ReadonlySet<string>> => {
    const refs = new Map(
      drafts.flatMap((draft) => draftEntries(draft).map((entry) => [entry.account.accountId, entry.account])),
    );
    const accountRows = [...refs.values()]
      .sort((a, b) => (a.accountId < b.accountId ? -1 : 1))
      .map((ref) => ({ account_id: ref.accountId, kind: ref.kind, owner_id: ref.ownerId, unit: ref.unit }));
    const transferRows = drafts.map((draft) => ({
      transfer_id: draft.transferId,
      phase: draft.phase,
      reason: draft.reason,
      pending_id: pendingOf(draft),
      corrects_id: correctsOf(draft),
      rental_id: draft.rentalId,
      return_id: draft.returnId,
      member_id: draft.memberId,
      site_id: draft.siteId,
      at: draft.at,
      expires_at: draft.phase === 'pending' ? draft.expiresAt : null,
      lines: draftEntries(draft).length,
      fingerprint: fingerprint(draft),
      detail: draft.detail,
    }));
    const made = await query(
      db,
      sql`with made_accounts as (
        insert into accounts (account_id, kind, owner_id, unit, created_at)
        select account_id, kind, owner_id, unit, ${bookedAt}::bigint
        from json_to_recordset(${JSON.stringify(accountRows)}::json)
          as a(account_id text, kind text, owner_id text, unit text)
        on conflict do nothing)
      insert into transfers (transfer_id, phase, reason, pending_id, corrects_id, rental_id, return_id, member_id, site_id,
        at, booked_at, expires_at, lines, fingerprint, detail)
      select transfer_id, phase, reason, pending_id, corrects_id, rental_id, return_id, member_id, site_id,
        at, ${bookedAt}::bigint, expires_at, lines, fingerprint, detail
      from json_to_recordset(${JSON.stringify(transferRows)}::json)
        as t(transfer_id text, phase text, reason text, pending_id text, corrects_id text, rental_id text, return_id text,
          member_id text, site_id text, at bigint, expires_at bigint, lines int, fingerprint text, detail jsonb)
      on conflict do nothing returning transfer_id`,
    );
    const created = new Set(made.map((row) => String(row.transfer_id)));
    const entryRows = drafts
      .filter((draft) => created.has(draft.transferId))
      .flatMap((draft) =>
        draftEntries(draft).map((entry, line) => ({
          transfer_id: draft.transferId,
          line,
          account_id: entry.account.accountId,
          amount: entry.amount,
          unit: entry.account.unit,
        })),
      );
    if (entryRows.length > 0) {
      await query(
        db,
        sql`insert into entries (transfer_id, line, account_id, amount, unit)
        select transfer_id, line, account_id, amount, unit from json_to_recordset(${JSON.stringify(entryRows)}::json)
          as e(transfer_id text, line int, account_id text, amount bigint, unit text)`,
      );
    }
    return created;
  };

  const postOne = async (draft: TransferDraft, bookedAt: number): Promise<PostResult> => {
    const wrong = invalid(draft);
    if (wrong !== null) return wrong;
    const known = await rowsById([draft.transferId, correctsOf(draft) ?? draft.transferId]);
    const same = known.get(draft.transferId);
    if (same !== undefined) return compare(draft, same);
    const corrects = correctsOf(draft);
    if (corrects !== null && !known.has(corrects)) return 'corrected_unknown';
    const refusal = await resolvable(draft);
    if (refusal !== null) return refusal;
    if ((await insert([draft], bookedAt)).has(draft.transferId)) return 'created';
    // Another connection was faster: what it left says which answer is true.
    const taken = (await rowsById([draft.transferId])).get(draft.transferId);
    return taken === undefined ? ((await resolvable(draft)) ?? 'pending_unknown') : compare(draft, taken);
  };

  return {
    async post(drafts, bookedAt) {
      const results: PostResult[] = [];
      const atOnce = writtenFirst(drafts);
      const created = atOnce.length === 0 ? new Set<string>() : await insert(atOnce, bookedAt);
      for (const draft of drafts) {
        results.push(created.has(draft.transferId) ? 'created' : await postOne(draft, bookedAt));
      }
      return results;
    },
    async lockAccount(account) {
      await query(db, sql`select pg_advisory_xact_lock(hashtextextended(${account.accountId}, 7301))`);
    },
    async balances(accountIds) {
      const balances = new Map<string, Balance>(
        accountIds.map((accountId) => [accountId, { posted: 0, pending: 0 }]),
      );
      if (accountIds.length === 0) return balances;
      const found = await query(
        db,
        sql`select e.account_id,
          coalesce(sum(e.amount) filter (where t.phase <> 'pending'), 0) as posted,
          coalesce(sum(e.amount) filter (where t.phase = 'pending' and r.transfer_id is null), 0) as pending
        from entries e join transfers t using (transfer_id) left join transfers r on r.pending_id = t.transfer_id
        where e.account_id in ${[...accountIds]} group by e.account_id`,
      );
      for (const row of found)
        balances.set(String(row.account_id), { posted: whole(row.posted), pending: whole(row.pending) });
      return balances;
    },
    transfer: async (transferId) => (await rowsById([transferId])).get(transferId) ?? null,
    entriesOf,
    async contents(transferIds) {
      if (transferIds.length === 0) return [];
      const found = await rowsById(transferIds);
      const lines = await guarded(() =>
        db
          .select()
          .from(entries)
          .where(inArray(entries.transferId, [...transferIds]))
          .orderBy(asc(entries.transferId), asc(entries.line)),
      );
      const byTransfer = new Map<string, typeof lines>();
      for (const line of lines)
        byTransfer.set(line.transferId, [...(byTransfer.get(line.transferId) ?? []), line]);
      return [...found.values()].map((transfer) => ({
        transfer,
        entries: byTransfer.get(transfer.transferId) ?? [],
      }));
    },
    async countTransfers() {
      const [row] = await query(db, sql`select count(*) as n from transfers`);
      return whole(row?.n);
    },
    async transfersOf(rentalIds) {
      if (rentalIds.length === 0) return [];
      const of = atPlaces(
        [['rentalId', transfers.rentalId]],
        rentalIds.map((rentalId) => ({ rentalId })),
      );
      const found = await guarded(() => db.select({ id: transfers.transferId }).from(transfers).where(of));
      return found.map(({ id }) => id);
    },
    async resolutionsOf(pendingIds) {
      if (pendingIds.length === 0) return [];
      const of = atPlaces(
        [['pendingId', transfers.pendingId]],
        pendingIds.map((pendingId) => ({ pendingId })),
      );
      return guarded(() => db.select().from(transfers).where(of));
    },
    resolutionOf,
    async openPending(match) {
      const conditions: SQL[] = [];
      if (match.rentalId !== undefined) conditions.push(eq(transfers.rentalId, match.rentalId));
      if (match.returnId !== undefined) conditions.push(eq(transfers.returnId, match.returnId));
      return openPending(db, and(...conditions), 1000);
    },
    expiredPending: (now, limit) => openPending(db, lte(transfers.expiresAt, now), limit),
    async lines(match, page) {
      const order = page.order ?? NEWEST_BOOKING;
      const direction = order.descending ? desc : asc;
      const found = await guarded(() =>
        db
          .select({
            transfer: transfers,
            line: entries.line,
            amount: entries.amount,
            unit: entries.unit,
            accountId: entries.accountId,
          })
          .from(entries)
          .innerJoin(transfers, eq(entries.transferId, transfers.transferId))
          .where(and(...ofLines(match), behindLine(order, page.after ?? null)))
          .orderBy(direction(transfers[order.by]), direction(transfers.transferId), asc(entries.line))
          .limit(page.limit)
          .offset(page.offset ?? 0),
      );
      return found;
    },
    async countLines(match, most) {
      const within = db
        .select({ one: sql`1`.as('one') })
        .from(entries)
        .innerJoin(transfers, eq(entries.transferId, transfers.transferId))
        .where(and(...ofLines(match)))
        .limit(most)
        .as('within');
      const [row] = await guarded(() => db.select({ n: sql`count(*)` }).from(within));
      return whole(row?.n);
    },
    async accounts(match) {
      const conditions: SQL[] = [];
      if (match.ownerId !== undefined) conditions.push(eq(accounts.ownerId, match.ownerId));
      if (match.kind !== undefined) conditions.push(eq(accounts.kind, match.kind));
      return guarded(() =>
        db
          .select()
          .from(accounts)
          .where(and(...conditions))
          .orderBy(asc(accounts.accountId)),
      );
    },
    async journal(from, until, page) {
      return guarded(() =>
        db
          .select({
            transfer: transfers,
            line: entries.line,
            amount: entries.amount,
            unit: entries.unit,
            accountId: entries.accountId,
          })
          .from(entries)
          .innerJoin(transfers, eq(entries.transferId, transfers.transferId))
          .where(and(gte(transfers.at, from), lt(transfers.at, until), ne(transfers.phase, 'pending')))
          .orderBy(asc(transfers.at), asc(transfers.transferId), asc(entries.line))
          .limit(page.limit)
          .offset(page.offset),
      );
    },
    async trialBalance(before) {
      const found = await query(
        db,
        sql`select e.account_id, e.unit, sum(e.amount) as posted from entries e join transfers t using (transfer_id)
        where t.phase <> 'pending' ${before === undefined ? sql`` : sql`and t.at < ${before}::bigint`} group by e.account_id, e.unit order by e.account_id`,
      );
      return found.map((row) => ({
        accountId: String(row.account_id),
        unit: String(row.unit),
        posted: whole(row.posted),
      }));
    },
  };
}

function ofLines(match: LineMatch): SQL[] {
  const conditions: SQL[] = [];
  if (match.accountId !== undefined) conditions.push(eq(entries.accountId, match.accountId));
  if (match.memberId !== undefined) conditions.push(eq(transfers.memberId, match.memberId));
  if (match.rentalId !== undefined) conditions.push(eq(transfers.rentalId, match.rentalId));
  if (match.anyOf !== undefined)
    conditions.push(
      or(
        ...match.anyOf.map((one) =>
          'memberId' in one
            ? one.memberId.length === 0
              ? sql`false`
              : inArray(transfers.memberId, one.memberId)
            : and(gte(transfers.rentalId, one.rentalId.gte), lt(transfers.rentalId, one.rentalId.lt)),
        ),
      ) ?? sql`true`,
    );
  return conditions;
}

/** What follows a line in the order of the list. The first condition is the one that an index can answer. */
function behindLine({ by, descending }: LineOrder, after: LineMark | null): SQL | undefined {
  if (after === null) return undefined;
  const { value, transferId, line } = after;
  const [beyond, sign] = descending ? ([lte, sql`<`] as const) : ([gte, sql`>`] as const);
  return and(
    beyond(transfers[by], value),
    sql`((${transfers[by]}, ${transfers.transferId}) ${sign} (${sql.param(value, transfers[by])}, ${transferId})
      or (${transfers.transferId} = ${transferId} and ${gt(entries.line, line)}))`,
  );
}

function openPending(db: Db, condition: SQL | undefined, limit: number): Promise<TransferRowRead[]> {
  const resolution = alias(transfers, 'resolution');
  return guarded(async () => {
    const found = await db
      .select({ pending: transfers })
      .from(transfers)
      .leftJoin(resolution, eq(resolution.pendingId, transfers.transferId))
      .where(and(eq(transfers.phase, 'pending'), isNull(resolution.transferId), condition))
      .orderBy(asc(transfers.expiresAt), asc(transfers.transferId))
      .limit(limit);
    return found.map((row) => row.pending);
  });
}
