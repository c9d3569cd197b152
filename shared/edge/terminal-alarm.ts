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

const ALARMS = new WeakMap<object, TerminalAlarm>();

/** A medium that would lead a terminal to other files than its own (links, pipes, devices; MED-4) is told to staff; other troubles are not. */
export function tellHostileMedium(
  runtime: Pick<TerminalRuntime, 'record' | 'clock' | 'identity' | 'log'>,
  trouble: { readonly code: string },
): void {
  if (trouble.code !== 'medium_path_refused') return;
  const alarm = ALARMS.get(runtime) ?? terminalAlarm(runtime);
  ALARMS.set(runtime, alarm);
  alarm(
    'security_medium_refused',
    'A medium with links or devices in place of files was put in; it was refused and nothing was read or written through them.',
  );
}
