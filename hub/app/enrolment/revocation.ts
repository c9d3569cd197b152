import type { Actor, HubDeps } from '#hub/app/deps.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import type { TerminalGate } from './gate.ts';

type Deps = HubDeps & { readonly gate: Pick<TerminalGate, 'revoked'> };

/**
 * Takes a terminal out of the fleet (SEC-1): every certificate it has, and an enrolment that waits, are worth nothing from now on; open
 * connections end. What it signed before stays good, what it delivers from now on goes to staff. Twice is once.
 */
export async function revokeTerminal(
  deps: Deps,
  actor: Actor,
  terminalId: TerminalId,
  reason: string,
): Promise<Result<void, Fault<'terminal_missing'>>> {
  const done = await deps.db.transaction(async (stores) => {
    const terminal = await stores.terminals.findForUpdate({ terminalId });
    if (terminal === null) return fault('terminal_missing', 'there is no terminal of this id');
    if (terminal.state === 'revoked' || terminal.state === 'decommissioned') return ok(undefined);
    const now = deps.clock.now();
    const certificates = await revokeCertificates(stores, terminalId, reason, now);
    await stores.terminals.patch({ terminalId }, { state: 'revoked', revokedAt: now, online: false });
    await stores.enrolmentCodes.patchWhere(
      { terminalId, decidedAt: null },
      { decidedAt: now, decidedBy: actor, approved: false },
    );
    await stores.audit.append({
      at: now,
      actor,
      action: 'terminal.revoked',
      subject: terminalId,
      detail: { reason, certificates },
    });
    return ok(undefined);
  });
  if (done.ok) deps.gate.revoked(terminalId);
  return done;
}

/** Inside a transaction; answers how many were still good. */
export const revokeCertificates = (
  stores: Pick<Stores, 'certificates'>,
  terminalId: TerminalId,
  revocationReason: string,
  revokedAt: EpochMs,
): Promise<number> =>
  stores.certificates.patchWhere(
    { terminalId, state: ['issued', 'active', 'superseded'] },
    { state: 'revoked', revokedAt, revocationReason },
  );

/** More are not told to terminals: the newest count. */
const TOLD = 10_000;

/** What terminals are told, so that nobody takes what a revoked certificate signs (SEC-1). */
export async function revocations(stores: Pick<Stores, 'certificates'>): Promise<Bundle['revoked']> {
  const rows = await stores.certificates.list(
    { state: 'revoked' },
    { orderBy: ['revokedAt', 'fingerprint'], descending: true, limit: TOLD },
  );
  return rows.map(({ terminalId, fingerprint, revokedAt, issuedAt }) => ({
    terminalId,
    fingerprint,
    revokedAt: revokedAt ?? issuedAt,
  }));
}
