import type { HubDatabase } from '#hub/ports/database.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Presence } from '#shared/protocol/envelope.ts';
import type { Rejection } from '#shared/protocol/version.ts';

/** For how long a terminal's row is believed without asking again: a revocation acts within that time (SEC-1). */
const BELIEVED_MS = 5000;

interface Known {
  row: TerminalRow;
  readAt: number;
}

/** Who is there, in which session: births, wills, heartbeats (PR-6, FLT-1). The database has the truth; this remembers it for moments. */
export function createPresenceBook(db: HubDatabase, clock: Clock) {
  const book = new Map<TerminalId, Known>();

  const read = async (terminalId: TerminalId): Promise<TerminalRow | null> => {
    const known = book.get(terminalId);
    if (known !== undefined && clock.monotonic() - known.readAt < BELIEVED_MS) return known.row;
    const row = await db.stores.terminals.find({ terminalId });
    if (row === null) book.delete(terminalId);
    else book.set(terminalId, { row, readAt: clock.monotonic() });
    return row;
  };
  const change = async (
    terminalId: TerminalId,
    fields: Partial<Omit<TerminalRow, 'terminalId'>>,
  ): Promise<void> => {
    await db.stores.terminals.patch({ terminalId }, fields);
    const known = book.get(terminalId);
    if (known !== undefined) known.row = { ...known.row, ...fields };
  };
  const standing = (row: TerminalRow | null): Rejection | null => {
    if (row === null) return 'unknown_terminal';
    return row.state === 'revoked' || row.state === 'decommissioned' ? 'revoked_terminal' : null;
  };

  return {
    /** Null: the message is of this terminal's present session. */
    async admit(terminalId: TerminalId, claimed: TerminalId, session: string): Promise<Rejection | null> {
      if (claimed !== terminalId) return 'identity_mismatch';
      const row = await read(terminalId);
      const refused = standing(row);
      if (refused !== null) return refused;
      if (row?.session === session) return null;
      // Another hub may have heard the birth: what is remembered here may be old.
      book.delete(terminalId);
      return (await read(terminalId))?.session === session ? null : 'session_stale';
    },
    epochOf: (terminalId: TerminalId): string | null => book.get(terminalId)?.row.epoch ?? null,
    /** A birth opens the session; a will or good-bye counts only for the session it belongs to (PR-6). */
    async tell(told: Presence, at: EpochMs): Promise<'born' | 'gone' | 'ignored' | Rejection> {
      const row = await read(told.terminal);
      const refused = standing(row);
      if (refused !== null || row === null) return refused ?? 'unknown_terminal';
      if (!told.online) {
        if (row.session !== told.session || !row.online) return 'ignored';
        await change(told.terminal, { online: false, onlineChangedAt: at });
        return 'gone';
      }
      if (row.epoch !== null && row.epoch !== told.epoch) await epochChanged(db, told, row.epoch, at);
      await change(told.terminal, {
        session: told.session,
        epoch: told.epoch,
        software: told.software,
        online: true,
        onlineChangedAt: row.online ? row.onlineChangedAt : at,
        lastContactAt: at,
        // Enrolled terminals are part of the fleet from their first connection on.
        ...(row.state === 'enrolling' ? { state: 'active' as const } : {}),
      });
      return 'born';
    },
    /** Its heartbeat is in the database (`heartbeats.ts`). */
    heard(terminalId: TerminalId): void {
      const known = book.get(terminalId);
      if (known !== undefined) known.row = { ...known.row, online: true };
    },
  };
}

/** SYN-3, SYN-6: a terminal that lost its store or found a conflict begins a new epoch; staff hear of it. */
async function epochChanged(db: HubDatabase, told: Presence, before: string, at: EpochMs): Promise<void> {
  await db.stores.alerts.raise(
    `epoch:${told.terminal}:${told.epoch}`,
    {
      code: 'epoch_changed',
      subject: told.terminal,
      severity: 'warning',
      message: `${told.terminal} began epoch ${told.epoch} after ${before}`,
      terminalId: told.terminal,
      rentalId: null,
    },
    at,
  );
}
