import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** Notices when numbers and PINs are tried out at one terminal: each account locks by itself, but a guesser walks on to the next. */
export interface SignInGuard {
  /** Whole seconds until numbers are heard again at this terminal; 0: now. */
  pausedFor(terminalId: TerminalId): number;
  /** One refused sign-in by number. `pause`: it was one too many, just now. */
  refused(terminalId: TerminalId): 'counted' | 'pause';
}

/** More than any shop's honest customers mistype; with it a guesser gets 80 tries an hour out of 10⁷ numbers × 10⁴ PINs. */
export const REFUSALS = 20;
export const WINDOW_MS = 15 * 60_000;

/** In this hub's memory, by the monotonic clock: bounded by the number of terminals and `REFUSALS`. A restart forgets it, the accounts' locks stay. */
export function signInGuard(clock: Pick<Clock, 'monotonic'>): SignInGuard {
  const times = new Map<TerminalId, number[]>();
  const recent = (terminalId: TerminalId): number[] => {
    const since = clock.monotonic() - WINDOW_MS;
    return (times.get(terminalId) ?? []).filter((at) => at > since);
  };
  return {
    pausedFor: (terminalId) => {
      const all = recent(terminalId);
      const [first] = all;
      if (all.length < REFUSALS || first === undefined) return 0;
      return Math.max(1, Math.ceil((first + WINDOW_MS - clock.monotonic()) / 1000));
    },
    refused: (terminalId) => {
      const all = [...recent(terminalId), clock.monotonic()];
      times.set(terminalId, all.slice(-REFUSALS));
      return all.length === REFUSALS ? 'pause' : 'counted';
    },
  };
}
