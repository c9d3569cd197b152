import type { CertificateRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** A certificate that was made just now; `chain` is PEM, the terminal's own first. */
export interface GrantedCertificate {
  readonly chain: readonly string[];
  /** Serial number, hex. */
  readonly serial: string;
  /** SHA-256, hex. */
  readonly fingerprint: string;
  readonly validFrom: EpochMs;
  readonly validTo: EpochMs;
}

/** A fresh certificate as the registry keeps it. */
export const certificateRow = (
  { terminalId, role }: Pick<TerminalRow, 'terminalId' | 'role'>,
  granted: GrantedCertificate,
  now: EpochMs,
): CertificateRow => ({
  ...granted,
  chain: [...granted.chain],
  terminalId,
  role,
  issuedAt: now,
  state: 'issued',
  firstConnectedAt: null,
  supersededAt: null,
  revokedAt: null,
  revocationReason: null,
});
