import type { HubDeps } from '#hub/app/deps.ts';
import type { AlertDraft } from '#hub/ports/stores.ts';
import type { RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';

export interface SecurityAlert {
  /** Stable; the console has words for it. */
  readonly code: `security_${string}`;
  /** What was attacked or who attacked: terminal, copy, account. */
  readonly subject: string;
  /** In a clerk's words. */
  readonly message: string;
  readonly severity?: AlertDraft['severity'];
  readonly terminalId?: TerminalId | null;
  readonly rentalId?: RentalId | null;
}

/** Tells staff of a refused or detected attack (SEC-8), however fast somebody repeats it. */
export interface SecurityAlarm {
  /** Never fails: what cannot be written is logged, the attack is refused either way. */
  raise(alert: SecurityAlert): Promise<void>;
}

/** One write per code and subject in this time: an attack is cheap, a write is not. */
export const ALARM_QUIET: Milliseconds = milliseconds(5_000);
/** More subjects than this within the quiet time are told as one, so that made-up names cannot fill the database. */
export const ALARM_SUBJECTS = 200;
const MANY = 'many';

export function openSecurityAlarm({ db, clock, random, log }: HubDeps): SecurityAlarm {
  const told = new Map<string, number>();
  const forget = (now: number): void => {
    for (const [key, at] of told) if (now < at || now - at >= ALARM_QUIET) told.delete(key);
  };
  return {
    async raise(alert) {
      const now = clock.now();
      forget(now);
      const own = `${alert.code}:${alert.subject}`;
      const subject = told.size >= ALARM_SUBJECTS && !told.has(own) ? MANY : alert.subject.slice(0, 200);
      const key = subject === MANY ? `${alert.code}:${MANY}` : own;
      if (told.has(key)) return;
      told.set(key, now);
      log.warn({ code: alert.code, subject }, 'attack refused');
      const draft: AlertDraft = {
        code: alert.code,
        subject,
        severity: alert.severity ?? 'warning',
        message: alert.message,
        terminalId: alert.terminalId ?? null,
        rentalId: alert.rentalId ?? null,
      };
      try {
        await db.stores.alerts.raise(newId<string>(clock, random), draft, now);
      } catch (error) {
        told.delete(key);
        log.error({ code: alert.code, error: String(error) }, 'a security alert could not be written');
      }
    },
  };
}
