import { createHash, X509Certificate } from 'node:crypto';
import { TERMINAL_ID_PATTERN, UUID_PATTERN } from '#shared/kernel/ids.ts';
import { SIGNER_ROLES, type SignerRole } from '#shared/ports/signer.ts';

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Id (CN) and role (OU) of a device certificate, or null where either is absent, repeated or not in our form. */
export function roleAndName(certificate: X509Certificate): { id: string; role: SignerRole } | null {
  const lines = certificate.subject.split('\n');
  const only = (name: string): string | null => {
    const found = lines.filter((line) => line.startsWith(`${name}=`));
    return found.length === 1 ? (found[0]?.slice(name.length + 1) ?? null) : null;
  };
  const id = only('CN');
  const role = SIGNER_ROLES.find((known) => known === only('OU'));
  if (id === null || role === undefined) return null;
  return idFits(id, role) ? { id, role } : null;
}

/** A controller is named by its medium's id, everybody else by a terminal id: neither form can pass for the other. */
export const idFits = (id: string, role: SignerRole): boolean =>
  (role === 'medium' ? UUID_PATTERN : TERMINAL_ID_PATTERN).test(id);

/** Parses DER; null for anything that is no certificate. */
export function parseCertificate(der: Uint8Array): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

/** First and last millisecond of validity. */
export const validity = (certificate: X509Certificate): { from: number; to: number } => ({
  from: Date.parse(certificate.validFrom),
  to: Date.parse(certificate.validTo),
});
