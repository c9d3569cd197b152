import type { TerminalRuntime } from './terminal.ts';

/** Reports of one code come to the hub at most this often: attacking is cheap, the outbox is not. */
export const TERMINAL_ALARM_QUIET_MS = 60_000;

/**
 * Tells staff of an attack that this terminal refused (SEC-8), through the outbox, so also after hours without the hub. The subject is the
 * terminal; `message` is in a clerk's words.
 */
export type TerminalAlarm = (code: `security_${string}`, message: string) => void;

export function terminalAlarm({
  record,
  clock,
  identity,
  log,
}: Pick<TerminalRuntime, 'record' | 'clock' | 'identity' | 'log'>): TerminalAlarm {
  const told = new Map<string, number>();
  return (code, message) => {
    const passed = clock.monotonic() - (told.get(code) ?? Number.NEGATIVE_INFINITY);
    if (passed < TERMINAL_ALARM_QUIET_MS) return;
    told.set(code, clock.monotonic());
    log.warn({ code }, 'attack refused');
    record((tx) =>
      tx.emit({
        kind: 'alert.raised',
        data: { code, subject: identity.terminalId, message, at: clock.now() },
      }),
    );
  };
}
