import type { HubDeps } from '#hub/app/deps.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';

const HOUR_MS = 3_600_000;

/** FLT-1: how a terminal was in the last days, until now: for its charts. */
export async function terminalHistoryOf(
  { db, clock }: Pick<HubDeps, 'db' | 'clock'>,
  terminalId: TerminalId,
  days: number,
): Promise<Result<Awaited<ReturnType<typeof read>>, Fault<'terminal_missing'>>> {
  if ((await db.stores.terminals.find({ terminalId })) === null)
    return fault('terminal_missing', 'there is no terminal of this id');
  return ok(await read(db, terminalId, clock.now(), days));
}

async function read(db: HubDeps['db'], terminalId: TerminalId, now: EpochMs, days: number) {
  const until = epochMs(Math.ceil((now + 1) / HOUR_MS) * HOUR_MS);
  const from = epochMs(until - days * 24 * HOUR_MS);
  const rows = await db.stores.terminalHistory.list(
    { terminalId, at: { gte: from } },
    { orderBy: ['at'], limit: 1000 },
  );
  const edges = Array.from({ length: days * 24 + 1 }, (_, at) => epochMs(from + at * HOUR_MS));
  const done = await db.stores.figures.atTerminal(terminalId, edges);
  return {
    from,
    until,
    readings: rows.map(({ at, samples, online, queue, freeBytes, totalBytes, temperature }) => ({
      at,
      online: online / samples,
      queue,
      freeBytes,
      totalBytes,
      temperatureCelsius: temperature === null ? null : temperature / 10,
    })),
    hours: done.map(({ stretch, rentals, returns }) => ({
      at: epochMs(from + stretch * HOUR_MS),
      rentals,
      returns,
    })),
  };
}
