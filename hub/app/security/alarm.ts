import type { HubDeps } from '#hub/app/deps.ts';
import { isPassing } from '#hub/ports/database.ts';
import type { AlertDraft } from '#hub/ports/stores.ts';
import type { RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';

export interface SecurityAlert {
  /** Stable; the console has words for it. What is no attack for certain, but may come as fast as one, has a name of its own. */
  readonly code: `security_${string}` | 'messages_dropped';
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
  /** Never fails: what a full or lost database does not take is written when it does again, the attack is refused either way. */
  raise(alert: SecurityAlert): Promise<void>;
}

/** The hub's own, which ends with it. */
export interface OpenSecurityAlarm extends SecurityAlarm {
  /** Writes what is owed, if that is possible now; nothing is tried again afterwards. */
  stop(): Promise<void>;
}

/** One write per code and subject in this time: an attack is cheap, a write is not. */
export const ALARM_QUIET: Milliseconds = milliseconds(5_000);
/** More subjects than this within the quiet time are told as one, so that made-up names cannot fill the database. */
export const ALARM_SUBJECTS = 200;
const MANY = 'many';

export function openSecurityAlarm({ db, clock, random, log }: HubDeps): OpenSecurityAlarm {
  const told = new Map<string, number>();
  /** Not written yet, oldest first: as many as may be told in the quiet time, so that an attack cannot fill the memory either. */
  const owed = new Map<string, { readonly draft: AlertDraft; readonly at: EpochMs }>();
  let cancel: (() => void) | null = null;
  let stopped = false;
  const forget = (now: number): void => {
    for (const [key, at] of told) if (now < at || now - at >= ALARM_QUIET) told.delete(key);
  };
  const write = async (key: string, draft: AlertDraft, at: EpochMs): Promise<boolean> => {
    try {
      await db.stores.alerts.raise(newId<string>(clock, random), draft, at);
      owed.delete(key);
      return true;
    } catch (error) {
      told.delete(key);
      if (isPassing(error)) {
        if (owed.has(key) || owed.size <= ALARM_SUBJECTS) owed.set(key, { draft, at });
        log.warn({ code: draft.code, error: String(error) }, 'a security alert waits for the database');
      } else {
        owed.delete(key);
        log.error({ code: draft.code, error: String(error) }, 'a security alert could not be written');
      }
      return false;
    }
  };
  const settle = async (): Promise<void> => {
    for (const [key, { draft, at }] of [...owed]) if (!(await write(key, draft, at)) && owed.has(key)) break;
  };
  const settleLater = (): void => {
    if (stopped || cancel !== null || owed.size === 0) return;
    cancel = clock.after(ALARM_QUIET, () => {
      void settle().finally(() => {
        cancel = null;
        settleLater();
      });
    });
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
      const attack = alert.code.startsWith('security_');
      log.warn({ code: alert.code, subject }, attack ? 'attack refused' : 'staff are told');
      const draft: AlertDraft = {
        code: alert.code,
        subject,
        severity: alert.severity ?? 'warning',
        message: alert.message,
        terminalId: alert.terminalId ?? null,
        rentalId: alert.rentalId ?? null,
      };
      await write(key, draft, now);
      settleLater();
    },
    async stop() {
      stopped = true;
      cancel?.();
      await settle();
    },
  };
}
