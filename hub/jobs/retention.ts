import type { HubDatabase } from '#hub/ports/database.ts';
import type { QuoteRow, RentalRow } from '#hub/ports/rows/index.ts';
import type { PageMark } from '#hub/ports/table.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

const DAY = 86_400_000;

/**
 * How long what is removed by itself is kept (SEC-9), in days. Everything else stays as long as the books that it proves (events, rentals,
 * receipts, ledger, audit) or until its member is forgotten; members' sessions end with their hour (`sessions_end`).
 */
export const KEPT_DAYS = {
  /** Log lines that an order collected from a terminal. */
  collectedLogs: 30,
  /** Orders that came to an end. */
  endedCommands: 90,
  /** What a return would cost, from when it ran out, once its rental is over. Twice as long as a terminal that was away may still tell of the return (SYN-6). */
  quotes: 60,
  /** Alerts that staff have settled. */
  clearedAlerts: 400,
  /** Certificates' one-time codes, used or not. */
  enrolmentCodes: 90,
  /** How terminals were, by quarters of an hour. */
  terminalHistory: 8,
} as const;

export async function removeOld({ db, clock }: { db: HubDatabase; clock: Clock }): Promise<number> {
  const { commands, alerts, enrolmentCodes, terminalHistory } = db.stores;
  const since = (days: number): EpochMs => epochMs(Math.max(0, clock.now() - days * DAY));
  const before = (days: number) => ({ lte: since(days) });
  return (
    (await commands.removeWhere({ state: [...ENDED], updatedAt: before(KEPT_DAYS.endedCommands) })) +
    (await commands.patchWhere(
      { updatedAt: before(KEPT_DAYS.collectedLogs), output: { not: null } },
      { output: null },
    )) +
    (await removeQuotes(db, since(KEPT_DAYS.quotes))) +
    (await alerts.removeWhere({ clearedAt: before(KEPT_DAYS.clearedAlerts) })) +
    (await enrolmentCodes.removeWhere({ expiresAt: before(KEPT_DAYS.enrolmentCodes) })) +
    (await terminalHistory.removeWhere({ at: before(KEPT_DAYS.terminalHistory) }))
  );
}

const ENDED = ['done', 'failed', 'expired', 'cancelled'] as const;
/** No return of these is to come any more (RNT-1); a kept copy's torn return may still be finished at the price that was told. */
const OVER: ReadonlySet<RentalRow['status']> = new Set(['closed', 'void']);
const PAGE = 500;

/** Quotes of rentals that are over; what still waits for the proof of its slot keeps the challenge that it was made over (RET-7). */
async function removeQuotes({ stores }: HubDatabase, until: EpochMs): Promise<number> {
  let removed = 0;
  let after: PageMark | null = null;
  for (;;) {
    const page: readonly QuoteRow[] = await stores.quotes.page(
      { validUntil: { lte: until } },
      { by: 'validUntil', descending: false, after, limit: PAGE },
    );
    const last = page.at(-1);
    if (last === undefined) return removed;
    after = { value: last.validUntil, key: last.returnId };
    const rentals = await stores.rentals.among(
      [...new Set(page.map(({ rentalId }) => rentalId))].map((rentalId) => ({ rentalId })),
    );
    const over = new Set(rentals.filter(({ status }) => OVER.has(status)).map(({ rentalId }) => rentalId));
    const waiting = await stores.returns.list(
      { returnId: page.map(({ returnId }) => returnId), proof: 'pending', state: 'destroyed' },
      { limit: PAGE },
    );
    const kept = new Set(waiting.map(({ returnId }) => returnId));
    const gone = page
      .filter(({ returnId, rentalId }) => over.has(rentalId) && !kept.has(returnId))
      .map(({ returnId }) => returnId);
    if (gone.length > 0) removed += await stores.quotes.removeWhere({ returnId: gone });
    if (page.length < PAGE) return removed;
  }
}
