import { createHash, X509Certificate } from 'node:crypto';
import type { HubDeps } from '#hub/app/deps.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { EnrolmentDeps, RequestFault } from './authority.ts';
import { CERTIFICATE_LIFE } from './enrolment.ts';
import { certificateRow } from './registry.ts';

export type RenewalFault = RequestFault | Fault<'renewal_too_early' | 'renewal_key_reused'>;

/** Terminals renew at two thirds; nobody has a reason to ask before half of the life is over. */
const EARLIEST = 1 / 2;

/**
 * A certificate for a terminal's next key (SEC-1), asked for over its present one. The present one stays good until the new one connected first. The
 * same key asked for again (a lost answer) gets the certificate that was made for it; the key of a former certificate gets none.
 */
export async function renewCertificate(
  deps: EnrolmentDeps,
  terminal: TerminalRow,
  certificateRequest: string,
): Promise<Result<readonly string[], RenewalFault>> {
  const { terminalId, role } = terminal;
  const asked = deps.authority.check(certificateRequest, terminalId, role);
  if (!asked.ok) return asked;
  const now = deps.clock.now();
  const { stores } = deps.db;
  const given = await stores.certificates.list(
    { terminalId },
    { orderBy: ['issuedAt'], descending: true, limit: 100 },
  );
  const known = given.find(({ chain }) => keyOf(chain[0] ?? '') === asked.value);
  if (known !== undefined)
    return known.state === 'issued' && known.validTo > now
      ? ok(known.chain)
      : fault('renewal_key_reused', 'a renewal brings a new key');
  const present = given.find(({ state }) => state === 'active');
  if (present !== undefined && now < present.validFrom + (present.validTo - present.validFrom) * EARLIEST)
    return fault('renewal_too_early', 'the present certificate is good for a long time yet');
  const issued = await deps.authority.issue(certificateRequest, terminalId, role, CERTIFICATE_LIFE);
  if (!issued.ok) return issued;
  await deps.db.transaction(async (inside) => {
    await inside.certificates.insert(certificateRow(terminal, issued.value, now));
    await inside.audit.append({
      at: now,
      actor: `terminal:${terminalId}`,
      action: 'terminal.certificate_renewed',
      subject: terminalId,
      detail: { fingerprint: issued.value.fingerprint, validTo: issued.value.validTo },
    });
  });
  return ok(issued.value.chain);
}

/** SHA-256 of a certificate's public key (SPKI, hex); null where it cannot be read. */
function keyOf(pem: string): string | null {
  try {
    const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(spki).digest('hex');
  } catch {
    return null;
  }
}

/** A terminal that has not renewed with this much left has something wrong with it. */
const WARN_BEFORE_MS = 15 * 86_400_000;

/** SEC-1: tells staff of certificates that end soon or have ended; answers how many. */
export async function certificatesEnd(deps: HubDeps): Promise<number> {
  const now = deps.clock.now();
  const { stores } = deps.db;
  const ending = await stores.certificates.list(
    { state: 'active', validTo: { lte: epochMs(now + WARN_BEFORE_MS) } },
    { limit: 10_000 },
  );
  for (const { terminalId, validTo } of ending) {
    const over = validTo <= now;
    if (over) await stores.alerts.clear({ code: 'certificate_expiring', subject: terminalId }, 'hub', now);
    await stores.alerts.raise(
      newId<string>(deps.clock, deps.random),
      {
        code: over ? 'certificate_expired' : 'certificate_expiring',
        subject: terminalId,
        severity: over ? 'critical' : 'warning',
        message: over
          ? `The certificate of ${terminalId} has ended: it rents nothing and has to enrol again with a new code.`
          : `The certificate of ${terminalId} ends soon and the terminal has not renewed it: see that it reaches the hub.`,
        terminalId,
        rentalId: null,
      },
      now,
    );
  }
  return ending.length;
}
