import type { HubDatabase } from '#hub/ports/database.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

const DAY = 86_400_000;

/**
 * How long what is removed by itself is kept (SEC-9), in days. Everything else stays as long as the books that it proves (events, rentals,
 * receipts, ledger, audit) or until its member is forgotten; members' sessions end with their hour (`sessions_end`).
 */
export const KEPT_DAYS = {
  /** Log lines that an order collected from a terminal. */
  collectedLogs: 30,
  /** Alerts that staff have settled. */
  clearedAlerts: 400,
  /** Certificates' one-time codes, used or not. */
  enrolmentCodes: 90,
  /** How terminals were, by quarters of an hour. */
  terminalHistory: 8,
} as const;

export async function removeOld({ db, clock }: { db: HubDatabase; clock: Clock }): Promise<number> {
  const { commands, alerts, enrolmentCodes, terminalHistory } = db.stores;
  const before = (days: number) => ({ lte: epochMs(Math.max(0, clock.now() - days * DAY)) });
  return (
    (await commands.patchWhere(
      { updatedAt: before(KEPT_DAYS.collectedLogs), output: { not: null } },
      { output: null },
    )) +
    (await alerts.removeWhere({ clearedAt: before(KEPT_DAYS.clearedAlerts) })) +
    (await enrolmentCodes.removeWhere({ expiresAt: before(KEPT_DAYS.enrolmentCodes) })) +
    (await terminalHistory.removeWhere({ at: before(KEPT_DAYS.terminalHistory) }))
  );
}
