import type { HubDeps } from '#hub/app/deps.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { KeyEncryption, WrappedKey } from '#hub/ports/key-encryption.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { LIMITS } from '#shared/protocol/limits.ts';

export interface LeasedKey {
  /** 32 bytes, base64url: for the kiosk's memory. */
  readonly key: string;
  /** The same key as the kiosk may keep it on its disk: only the hub opens it, and only for this kiosk. */
  readonly wrapped: WrappedKey;
}
export interface ContentLease extends LeasedKey {
  /** After a rotation: what the kiosk goes over to. */
  readonly next: LeasedKey | null;
  readonly grantedAt: EpochMs;
  readonly validUntil: EpochMs;
}

const HOUR_MS = 3_600_000;
const KEY_BYTES = 32;

/**
 * CNT-1, SEC-3: the key under which a kiosk holds content, for 72 h. The hub keeps none of these keys: the kiosk brings its own back, wrapped,
 * and gets it opened as long as it belongs to the fleet. Faults: `lease_key_unknown`, the kiosk begins its cache anew.
 */
export async function grantLease(
  deps: Pick<HubDeps, 'clock' | 'random'> & { readonly keys: KeyEncryption; readonly alarm: SecurityAlarm },
  terminal: Pick<TerminalRow, 'terminalId' | 'role'>,
  held: WrappedKey | null,
): Promise<Result<ContentLease, Fault<'terminal_role_wrong' | 'lease_key_unknown'>>> {
  const { keys, clock, random } = deps;
  const { terminalId } = terminal;
  /** Somebody brings a key that is not this terminal's own: it comes from the disk of another. */
  const foreign = (): Promise<void> =>
    deps.alarm.raise({
      code: 'security_lease_refused',
      subject: terminalId,
      message: `${terminalId} asked for the content key of another kiosk: that kiosk's disk may be in wrong hands.`,
      severity: 'critical',
      terminalId,
    });
  if (terminal.role !== 'kiosk') {
    if (held !== null) await foreign();
    return fault('terminal_role_wrong', 'only kiosks hold content');
  }
  const context = `kiosk ${terminalId}`;
  const fresh = async (): Promise<LeasedKey> => {
    const key = random.bytes(KEY_BYTES);
    const made = { key: textOf(key), wrapped: await keys.wrap('cache', context, key) };
    key.fill(0);
    return made;
  };
  const grantedAt = clock.now();
  const span = { grantedAt, validUntil: epochMs(grantedAt + LIMITS.offlineHours * HOUR_MS) };
  if (held === null) return ok({ ...(await fresh()), next: null, ...span });
  const opened = await keys.unwrap('cache', context, held);
  if (!opened.ok && opened.error.code === 'key_foreign') await foreign();
  if (!opened.ok) return fault('lease_key_unknown', 'this key is not, or no longer, one of the hub’s');
  const [newest] = await keys.generations('cache');
  const next = newest?.generation === held.generation ? null : await fresh();
  const answer = { key: textOf(opened.value), wrapped: held, next, ...span };
  opened.value.fill(0);
  return ok(answer);
}

const textOf = (key: Uint8Array): string => Buffer.from(key).toString('base64url');
