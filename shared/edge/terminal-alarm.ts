import type { MediumId } from '#shared/kernel/ids.ts';
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

const alarmOf = (runtime: Parameters<typeof terminalAlarm>[0]): TerminalAlarm => {
  const alarm = ALARMS.get(runtime) ?? terminalAlarm(runtime);
  ALARMS.set(runtime, alarm);
  return alarm;
};

/** What a medium as a whole is refused for and staff should hear of; a mere fault of the device is not among it. */
const HOSTILE: Readonly<Record<string, readonly [code: `security_${string}`, message: string]>> = {
  medium_path_refused: [
    'security_medium_refused',
    'A medium with links or devices in place of files was put in; it was refused and nothing was read or written through them.',
  ],
  medium_foreign: [
    'security_medium_foreign',
    'A medium whose identity another fleet signed was put in; it was refused and left as it was.',
  ],
  medium_counterfeit: [
    'security_medium_counterfeit',
    'A medium could not prove that it is what it says: its controller is not of this fleet, or its files belong to another medium. It was refused.',
  ],
  medium_damaged: [
    'security_medium_forged',
    'A medium whose signed identity does not hold was put in: changed, or broken. It was refused.',
  ],
};

/** A medium that was refused: told to staff where it looks like an attack (MED-4, MED-5, SEC-5). */
export function tellHostileMedium(
  runtime: Parameters<typeof terminalAlarm>[0],
  trouble: { readonly code: string },
): void {
  const hostile = HOSTILE[trouble.code];
  if (hostile !== undefined) alarmOf(runtime)(...hostile);
}

const FORGED: ReadonlySet<string> = new Set([
  'signature_invalid',
  'certificate_foreign',
  'certificate_revoked',
  'wrong_role',
  'malformed',
]);

/** Copies on a medium that is otherwise ours: a document nobody of the fleet may have signed, or a copy made for another medium (SEC-4). */
export function tellForgedCopies(
  runtime: Parameters<typeof terminalAlarm>[0],
  copies: readonly { readonly trouble: { readonly code: string } | null }[],
): void {
  const codes = copies.map(({ trouble }) => trouble?.code ?? '');
  if (codes.some((code) => FORGED.has(code)))
    alarmOf(runtime)(
      'security_copy_forged',
      'A copy whose licence or state nobody of this fleet signed was put in: changed, forged or broken. It does not count.',
    );
  if (codes.includes('copy_of_other_medium'))
    alarmOf(runtime)(
      'security_copy_moved',
      'A copy that was written onto another medium was put in. It does not count here.',
    );
}

/** Recommendations that do not open or that nobody of the fleet signed: they are left aside (RET-6). */
export const tellForgedRecommendations = (runtime: Parameters<typeof terminalAlarm>[0]): void =>
  alarmOf(runtime)(
    'security_recommendation_forged',
    'Recommendations on a medium were not this fleet’s: changed, forged or broken. The kiosk left them aside.',
  );

/** SEC-5: a medium whose controller staff revoked. It is no secure one any more; what stands on it is returned as ever. True: it is one. */
export function tellRevokedController(
  runtime: Parameters<typeof terminalAlarm>[0] & Pick<TerminalRuntime, 'bundle'>,
  controllerId: MediumId | null,
): boolean {
  if (controllerId === null || runtime.bundle()?.revokedControllers?.includes(controllerId) !== true)
    return false;
  alarmOf(runtime)(
    'security_controller_revoked',
    `A secure medium whose controller is revoked was put in (${controllerId}). Nothing that demands a secure medium is written there; returns are taken.`,
  );
  return true;
}
