import type { HubDeps } from '#hub/app/deps.ts';
import type { CertificateRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { parseCertificate, roleAndName, sha256Hex, validity } from '#shared/media/certificate.ts';
import { type FleetTrust, verifyDevice } from '#shared/media/signing.ts';
import { newId } from '#shared/ports/random.ts';
import type { EnrolmentAuthority, TerminalRole } from './authority.ts';
import { certificateRow } from './registry.ts';
import { isOver, type LostSpan, lostSpans } from './restored.ts';

/**
 * What became of a certificate that the registry lacks. `taken`: it is in the registry from now on. `terminal_unknown`: the authority gave it out in the lost time, to a terminal that
 * this hub does not know. `refused`: everything else.
 */
export interface Adopted {
  readonly outcome: 'taken' | 'terminal_unknown' | 'refused';
  /** Whom it names, where it is of this fleet. */
  readonly terminalId: TerminalId | null;
}

/**
 * Certificates that the fleet's own authority gave out and a restored hub has forgotten (SYN-6, SEC-1): renewals and new enrolments since the backup. They enter the registry again when their terminal comes
 * with them, or when something arrives that was signed with them.
 */
export interface Adoption {
  /** False where this hub lacks nothing: nobody asks any further then. */
  open(): boolean;
  /** The chain in DER, its own first; of which TLS or a signature has proven that its holder has the key. `within`: as for `ensure`. */
  take(chain: readonly Uint8Array[], within: Stores | null): Promise<Adopted>;
  /**
   * Looks into the registry, and takes it where it is not there. `within`: the stores of the transaction that is under way, so that nothing beside it waits for it, and it for that; null: none is.
   */
  ensure(fingerprint: string, chain: () => readonly Uint8Array[], within: Stores | null): Promise<void>;
}

export type AdoptionDeps = HubDeps & {
  readonly trust: FleetTrust;
  readonly authority: Pick<EnrolmentAuthority, 'gaveOutAt'>;
};

/** Clocks of hubs differ; certificates count whole seconds. */
const TOLERANCE_MS = 10 * 60_000;
const REMEMBERED = 20_000;
const STRANGER: Adopted = { outcome: 'refused', terminalId: null };

/** Reads once what this hub lacks: a restore is told at the start. */
export async function openAdoption(deps: AdoptionDeps): Promise<Adoption> {
  const { db, clock } = deps;
  const spans = await lostSpans(db.stores, clock.now());
  const known = new Set<string>();
  const open = (): boolean => spans.some((span) => !isOver(span, clock.now()));
  const take: Adoption['take'] = async (chain, within) => {
    const shown = open() ? terminalOf(chain, deps.trust) : null;
    if (shown === null) return STRANGER;
    const { terminalId } = shown;
    const givenAt = await deps.authority.gaveOutAt(chain);
    if (givenAt === null || !isLost(spans, givenAt, clock.now())) return { outcome: 'refused', terminalId };
    const row = { ...shown, givenAt };
    const recorded = (stores: Stores) => record(deps, stores, row);
    const outcome = await (within === null ? db.transaction(recorded) : recorded(within));
    return { outcome, terminalId };
  };
  return {
    open,
    take,
    async ensure(fingerprint, chain, within) {
      if (!open() || known.has(fingerprint)) return;
      const there = (await (within ?? db.stores).certificates.find({ fingerprint })) !== null;
      if (!there && (await take(chain(), within)).outcome !== 'taken') return;
      // What a transaction has seen or taken may be undone with it.
      if (within !== null) return;
      if (known.size >= REMEMBERED) known.clear();
      known.add(fingerprint);
    },
  };
}

const isLost = (spans: readonly LostSpan[], at: EpochMs, now: EpochMs): boolean =>
  spans.some(
    (span) => !isOver(span, now) && at >= span.from - TOLERANCE_MS && at <= span.until + TOLERANCE_MS,
  );

interface Shown {
  readonly terminalId: TerminalId;
  readonly role: TerminalRole;
  readonly chain: readonly string[];
  readonly serial: string;
  readonly fingerprint: string;
  readonly validFrom: EpochMs;
  readonly validTo: EpochMs;
}

/** Whose certificate this is; null: not a terminal's of this fleet. */
function terminalOf(chain: readonly Uint8Array[], trust: FleetTrust): Shown | null {
  const parsed = chain.map(parseCertificate);
  const [own] = parsed;
  // By the moment at which it began: what was signed with it may be older than its end, and the gate judges that by itself.
  if (!own || !verifyDevice(chain, trust, null).ok) return null;
  const named = roleAndName(own);
  if (named === null || (named.role !== 'kiosk' && named.role !== 'return-terminal')) return null;
  const { from, to } = validity(own);
  return {
    terminalId: named.id as TerminalId,
    role: named.role,
    chain: parsed.map(String),
    serial: own.serialNumber.toLowerCase(),
    fingerprint: sha256Hex(own.raw),
    validFrom: epochMs(from),
    validTo: epochMs(to),
  };
}

/**
 * As it stood in the registry before: `issued`, so that its first connection ends the one before it; or `superseded` where a later one was used already. What the backup knows as ended never comes
 * here, since it is in the registry; a terminal that is revoked or gone has nothing taken.
 */
async function record(
  { clock, random }: HubDeps,
  stores: Stores,
  { givenAt, ...shown }: Shown & { readonly givenAt: EpochMs },
): Promise<Adopted['outcome']> {
  const { terminalId, role, fingerprint } = shown;
  const terminal = await stores.terminals.findForUpdate({ terminalId });
  if (terminal === null) return 'terminal_unknown';
  if (terminal.role !== role || (terminal.state !== 'active' && terminal.state !== 'enrolling'))
    return 'refused';
  const now = clock.now();
  const [successor] = await stores.certificates.list(
    { terminalId, issuedAt: { gt: givenAt }, firstConnectedAt: { not: null } },
    { orderBy: ['issuedAt'], limit: 1 },
  );
  const superseded: Partial<CertificateRow> =
    successor === undefined ? {} : { state: 'superseded', supersededAt: successor.firstConnectedAt };
  const row = { ...certificateRow({ terminalId, role }, shown, givenAt), ...superseded };
  if ((await stores.certificates.insert(row)) === 'exists') return 'taken';
  await stores.audit.append({
    at: now,
    actor: 'hub',
    action: 'terminal.certificate_recorded_again',
    subject: terminalId,
    detail: { fingerprint, givenAt, validTo: shown.validTo, state: row.state },
  });
  await stores.alerts.raise(
    newId<string>(clock, random),
    {
      code: 'certificate_recorded_again',
      subject: terminalId,
      severity: 'warning',
      message: `${terminalId} uses a certificate that this hub forgot with its backup: its own authority gave it out at ${new Date(givenAt).toISOString()}. It counts again. If nobody renewed or enrolled ${terminalId} then, revoke it.`,
      terminalId,
      rentalId: null,
    },
    now,
  );
  return 'taken';
}
