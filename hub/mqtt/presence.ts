import type { HubDatabase } from '#hub/ports/database.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Presence } from '#shared/protocol/envelope.ts';
import type { Rejection } from '#shared/protocol/version.ts';
import { grouped } from './grouped.ts';
import { NO_STANDING, type StandingDeps, standingsOf, type TerminalStanding } from './standings.ts';

/** For how long a terminal's row is believed without asking again: a revocation acts within that time (SEC-1). */
const BELIEVED_MS = 5000;

interface Known {
  readonly row: TerminalRow;
  readonly readAt: number;
}

/** Who is there, in which session (PR-6, FLT-1). The database has the truth; this remembers it for moments. */
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
  return {
    /** Null: the message is of this terminal's present session. */
    async admit(terminalId: TerminalId, claimed: TerminalId, session: string): Promise<Rejection | null> {
      if (claimed !== terminalId) return 'identity_mismatch';
      const row = await read(terminalId);
      const refused = refusalOf(row);
      if (refused !== null) return refused;
      if (row?.session === session) return null;
      // Another hub may have heard the birth: what is remembered here may be old.
      book.delete(terminalId);
      return (await read(terminalId))?.session === session ? null : 'session_stale';
    },
    epochOf: (terminalId: TerminalId): string | null => book.get(terminalId)?.row.epoch ?? null,
    /** As its row stands now. */
    known(row: TerminalRow): void {
      book.set(row.terminalId, { row, readAt: clock.monotonic() });
    },
  };
}

/** What became of a birth, a will or a good-bye. */
export type PresenceOutcome = 'born' | 'gone' | 'ignored' | Rejection;
export type TakenPresence = TerminalStanding & { readonly outcome: PresenceOutcome };

interface Said {
  readonly told: Presence;
  readonly at: EpochMs;
}
interface Judged {
  readonly outcome: PresenceOutcome;
  /** Null: nothing of it changes. */
  readonly row: TerminalRow | null;
}

/**
 * Births, wills and good-byes, taken together: when all lines of a fleet were cut, ten thousand are said within moments. One of a terminal at a time; each is judged by
 * the row as it stands, locked, so that of two hubs that hear the same terminal one is the last.
 */
export function createPresences(deps: StandingDeps, book: { known(row: TerminalRow): void }) {
  return grouped<Said, TakenPresence>(async (all) => {
    const heard = await deps.db.transaction(async (stores) => {
      const places = all.map(({ told }) => ({ terminalId: told.terminal }));
      const rows = await stores.terminals.among(places, 'for update');
      const byId = new Map(rows.map((row) => [row.terminalId, row]));
      const judgements = all.map((said) => ({
        ...said,
        ...judged(byId.get(said.told.terminal) ?? null, said),
      }));
      await stores.terminals.putMany(
        judgements.flatMap(({ row }) => row ?? []),
        CHANGED,
      );
      for (const { told, at, outcome } of judgements) {
        const before = byId.get(told.terminal)?.epoch ?? null;
        if (outcome === 'born' && before !== null && before !== told.epoch)
          await epochChanged(stores, told, before, at);
      }
      return judgements;
    });
    for (const { row } of heard) if (row !== null) book.known(row);
    const born = heard.filter(({ outcome }) => outcome === 'born');
    const behind = born.flatMap(({ row }) =>
      row?.configDesired != null && row.configDesired.version > row.configReported ? row.terminalId : [],
    );
    const of = born.map(({ told }) => ({ terminalId: told.terminal, epoch: told.epoch }));
    const standings = await standingsOf(deps, of, behind);
    return heard.map(({ told, outcome }) => ({
      ...(standings.get(told.terminal) ?? NO_STANDING),
      outcome,
    }));
  });
}

const CHANGED = [
  ...(['session', 'epoch', 'software', 'online', 'onlineChangedAt'] as const),
  ...(['lastContactAt', 'state'] as const),
];

/** A birth opens the session; a will or good-bye counts only for the session it belongs to (PR-6). */
function judged(row: TerminalRow | null, { told, at }: Said): Judged {
  const refused = refusalOf(row);
  if (row === null || refused !== null) return { outcome: refused ?? 'unknown_terminal', row: null };
  if (!told.online) {
    if (row.session !== told.session || !row.online) return { outcome: 'ignored', row: null };
    return { outcome: 'gone', row: { ...row, online: false, onlineChangedAt: at } };
  }
  const { session, epoch, software } = told;
  const since = row.online ? row.onlineChangedAt : at;
  // Enrolled terminals are part of the fleet from their first connection on.
  const state = row.state === 'enrolling' ? 'active' : row.state;
  const said = { session, epoch, software, state, lastContactAt: at };
  return { outcome: 'born', row: { ...row, ...said, online: true, onlineChangedAt: since } };
}

function refusalOf(row: TerminalRow | null): Rejection | null {
  if (row === null) return 'unknown_terminal';
  return row.state === 'revoked' || row.state === 'decommissioned' ? 'revoked_terminal' : null;
}

/** SYN-3, SYN-6: a terminal that lost its store or found a conflict begins a new epoch; staff hear of it. */
async function epochChanged(
  stores: Pick<Stores, 'alerts'>,
  told: Presence,
  before: string,
  at: EpochMs,
): Promise<void> {
  await stores.alerts.raise(
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
