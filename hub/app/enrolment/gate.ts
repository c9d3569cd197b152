import type { HubDeps } from '#hub/app/deps.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { CertificateRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Adoption } from './adoption.ts';
import { type RegistryEntry, registryReader } from './registry-reader.ts';

export type GateFault = Fault<
  'terminal_unknown' | 'terminal_revoked' | 'certificate_expired' | 'certificate_superseded'
>;

export interface TerminalGate {
  /**
   * The terminal behind a certificate whose chain TLS has verified, by its SHA-256 (hex). The first connection makes terminal and certificate
   * `active` and the former certificate `superseded` (SEC-1). What it read is believed for ten seconds. `shown`: the chain itself, for a hub that came back with less than it had (SYN-6).
   */
  admitCertificate(
    fingerprint: string,
    now: EpochMs,
    shown?: () => readonly Uint8Array[],
  ): Promise<Result<TerminalRow, GateFault>>;
  /** Called with each terminal that is no longer admitted: revoked, decommissioned or expired, here or at another hub. Returns how to stop. */
  onRevoked(listener: (terminalId: TerminalId) => void): () => void;
  /** Forgets what is believed of a terminal and tells the listeners: a revocation acts at once at the hub where it was made. */
  revoked(terminalId: TerminalId): void;
  /** Looks for revocations of other hubs and for certificates that ended, every fifteen seconds until `stop`. */
  start(): void;
  stop(): Promise<void>;
}

const BELIEVED_MS = 10_000;
const LOOK_EVERY = milliseconds(15_000);
/** More than a hub has connections, or they would push each other out. */
const REMEMBERED = 20_000;
/** Hubs' clocks differ, and a revocation is seen only after its commit. */
const OVERLAP_MS = 120_000;
/** A terminal that goes over to its next certificate may have begun something with the former one: its longest handshake is over by then. */
const CROSSING_MS = 60_000;

interface Believed extends RegistryEntry {
  readonly readAt: number;
}

/**
 * Who may come in (SEC-1, SEC-2), for HTTP and broker alike. The registry is asked once in ten seconds for each certificate, since a kiosk
 * fetches content in thousands of ranges.
 */
export function openTerminalGate(
  deps: HubDeps & {
    readonly alarm: SecurityAlarm;
    /** Absent: what is not in the registry is refused. */
    readonly adoption?: Pick<Adoption, 'take'>;
    /** Default 15 s. */
    readonly lookEvery?: Milliseconds;
  },
): TerminalGate {
  const { stores } = deps.db;
  const { clock, lookEvery = LOOK_EVERY } = deps;
  const entryOf = registryReader(stores);
  const believed = new Map<string, Believed>();
  const listeners = new Set<(terminalId: TerminalId) => void>();
  /** Certificates whose end the listeners have heard of, of the last look: each look overlaps the one before, and nothing older comes again. */
  let ended: ReadonlySet<string> = new Set();
  let lookedAt = clock.now();
  let cancel = (): void => {};
  let looking: Promise<void> = Promise.resolve();
  let stopped = true;

  const forget = (terminalId: TerminalId): void => {
    for (const [fingerprint, one] of believed)
      if (one.terminal.terminalId === terminalId) believed.delete(fingerprint);
    for (const listener of listeners) listener(terminalId);
  };

  const look = async (): Promise<void> => {
    const now = clock.now();
    const range = { gte: epochMs(lookedAt - OVERLAP_MS), lte: now } as const;
    const gone = await Promise.all([
      stores.certificates.list({ revokedAt: range }, { limit: REMEMBERED }),
      stores.certificates.list({ state: 'active', validTo: range }, { limit: REMEMBERED }),
    ]);
    lookedAt = now;
    const heard = ended;
    ended = new Set(gone.flat().map(({ fingerprint }) => fingerprint));
    for (const { fingerprint, terminalId } of gone.flat()) if (!heard.has(fingerprint)) forget(terminalId);
  };
  const again = (): void => {
    cancel = clock.after(lookEvery, () => {
      looking = look()
        .catch((error: unknown) =>
          deps.log.warn({ error: String(error) }, 'revocations could not be read and are read again'),
        )
        .finally(() => {
          if (!stopped) again();
        });
    });
  };

  const read = async (fingerprint: string): Promise<Believed | null> => {
    const present = believed.get(fingerprint);
    if (present !== undefined && clock.monotonic() - present.readAt < BELIEVED_MS) return present;
    believed.delete(fingerprint);
    const entry = await entryOf(fingerprint);
    return entry === null ? null : believe({ ...entry, readAt: clock.monotonic() });
  };
  const believe = (one: Believed): Believed => {
    if (believed.size >= REMEMBERED) believed.clear();
    believed.set(one.certificate.fingerprint, one);
    return one;
  };

  /** Null: it stays unknown, and staff hear of it. */
  const takeUnknown = async (fingerprint: string, chain: readonly Uint8Array[]): Promise<Believed | null> => {
    const taken = await deps.adoption?.take(chain, null);
    if (taken?.outcome === 'taken') return read(fingerprint);
    const name = fingerprint.slice(0, 32);
    await deps.alarm.raise({
      code: 'security_certificate_unknown',
      subject: name,
      severity: 'critical',
      message:
        taken?.outcome === 'terminal_unknown'
          ? `${taken.terminalId} came with a certificate of this fleet (${name}). It may have been enrolled after the backup that this hub came back from: if so, enrol it again with a new code, which keeps what it has to tell.`
          : `Somebody came with a certificate of this fleet that the hub never gave out (${name}).`,
      terminalId: null,
    });
    return null;
  };

  const refuse = async (one: Believed, fingerprint: string, now: EpochMs): Promise<GateFault | null> => {
    const { certificate, terminal } = one;
    const { terminalId } = terminal;
    if (certificate.state === 'revoked' || !['enrolling', 'active'].includes(terminal.state)) {
      await deps.alarm.raise({
        code: 'security_terminal_revoked',
        subject: terminalId,
        severity: 'critical',
        message: `${terminalId} tried to connect with a certificate that was revoked (${fingerprint.slice(0, 16)}).`,
        terminalId,
      });
      return refused('terminal_revoked', 'this terminal is no longer part of the fleet');
    }
    if (certificate.state === 'superseded') {
      const crossing = certificate.supersededAt !== null && now - certificate.supersededAt < CROSSING_MS;
      if (!crossing)
        await deps.alarm.raise({
          code: 'security_certificate_superseded',
          subject: terminalId,
          severity: 'critical',
          message: `Somebody tried to connect as ${terminalId} with a certificate that a newer one has replaced.`,
          terminalId,
        });
      return refused('certificate_superseded', 'a newer certificate has taken the place of this one');
    }
    if (now < certificate.validTo) return null;
    await deps.alarm.raise({
      code: 'security_certificate_expired',
      subject: terminalId,
      message: `${terminalId} tried to connect after its certificate had ended: it has to enrol again with a new code.`,
      terminalId,
    });
    return refused('certificate_expired', 'the certificate of this terminal has ended: enrol it again');
  };

  return {
    async admitCertificate(fingerprint, now, shown) {
      const found = (await read(fingerprint)) ?? (await takeUnknown(fingerprint, shown?.() ?? []));
      if (found === null) return fault('terminal_unknown', 'the hub does not know this certificate');
      const why = await refuse(found, fingerprint, now);
      if (why !== null) return { ok: false, error: why };
      if (found.certificate.state === 'active' && found.terminal.state === 'active')
        return ok(found.terminal);
      const connected = await firstConnection(deps, found.certificate, now);
      if (connected === null) {
        believed.delete(fingerprint);
        return fault('terminal_revoked', 'this terminal is no longer part of the fleet');
      }
      believed.clear();
      return ok(believe({ ...connected, readAt: clock.monotonic() }).terminal);
    },
    onRevoked: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    revoked: forget,
    start: () => {
      stopped = false;
      again();
    },
    stop: async () => {
      stopped = true;
      cancel();
      await looking;
    },
  };
}

/** The terminal has its new certificate and uses it: only now the former one is worth nothing any more (SEC-1). Null: revoked meanwhile. */
async function firstConnection(
  deps: HubDeps,
  certificate: CertificateRow,
  now: EpochMs,
): Promise<Pick<Believed, 'certificate' | 'terminal'> | null> {
  const { terminalId, fingerprint } = certificate;
  return deps.db.transaction(async (stores) => {
    const terminal = await stores.terminals.findForUpdate({ terminalId });
    const fresh = await stores.certificates.findForUpdate({ fingerprint });
    if (terminal === null || fresh === null || fresh.state === 'revoked') return null;
    if (terminal.state !== 'enrolling' && terminal.state !== 'active') return null;
    const active: CertificateRow = {
      ...fresh,
      state: 'active',
      firstConnectedAt: fresh.firstConnectedAt ?? now,
    };
    await stores.certificates.put(active);
    const former = await stores.certificates.patchWhere(
      {
        terminalId,
        state: ['active', 'issued'],
        fingerprint: { not: fingerprint },
        issuedAt: { lte: fresh.issuedAt },
      },
      { state: 'superseded', supersededAt: now },
    );
    await stores.terminals.patch({ terminalId }, { state: 'active' });
    for (const code of ['certificate_expiring', 'certificate_expired'])
      await stores.alerts.clear({ code, subject: terminalId }, 'hub', now);
    await stores.audit.append({
      at: now,
      actor: `terminal:${terminalId}`,
      action: 'terminal.first_connected',
      subject: terminalId,
      detail: { fingerprint, superseded: former },
    });
    return { certificate: active, terminal: { ...terminal, state: 'active' } };
  });
}

const refused = <C extends GateFault['code']>(code: C, message: string): Fault<C> => ({ code, message });
