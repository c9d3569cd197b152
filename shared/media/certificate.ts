import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
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

const TLS_SERVER = '1.3.6.1.5.5.7.3.1';
const TLS_CLIENT = '1.3.6.1.5.5.7.3.2';
const DOCUMENTS = '1.3.6.1.5.5.7.3.36';

/**
 * Whether this certificate's holder signs documents: a terminal's does beside TLS as a client; of the hub's certificates only the one for
 * documents (RFC 9336), so that a key taken from a TLS server signs nothing. Certificates of the first fleets carry both uses of TLS.
 */
export function signsDocuments(certificate: X509Certificate, role: SignerRole): boolean {
  // Absent where the certificate names no use at all, whatever the types say.
  const uses = (certificate.keyUsage as readonly string[] | undefined) ?? [];
  if (uses.includes(DOCUMENTS)) return true;
  return uses.includes(TLS_CLIENT) && (role !== 'hub' || uses.includes(TLS_SERVER));
}

/** So many certificates are kept parsed: every document of a terminal brings the same few chains, and a hub hears many terminals in turn. */
const KEPT = 1024;
const parsed = new Map<string, X509Certificate>();

/** Parses DER; null for anything that is no certificate. The same bytes give the same object, as long as it is kept. */
export function parseCertificate(der: Uint8Array): X509Certificate | null {
  const key = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('latin1');
  try {
    const certificate = parsed.get(key) ?? new X509Certificate(der);
    // Last in the row: what was not asked for longest goes first.
    parsed.delete(key);
    parsed.set(key, certificate);
    for (const oldest of parsed.keys()) {
      if (parsed.size <= KEPT) break;
      parsed.delete(oldest);
    }
    return certificate;
  } catch {
    return null;
  }
}

const publicKeys = new WeakMap<X509Certificate, KeyObject>();

/** The certificate's public key, always as the same object: Node reads it anew each time it is asked, and so would all that is prepared for a key. */
export function publicKeyOf(certificate: X509Certificate): KeyObject {
  const known = publicKeys.get(certificate);
  if (known !== undefined) return known;
  const { publicKey } = certificate;
  publicKeys.set(certificate, publicKey);
  return publicKey;
}

const links = new WeakMap<X509Certificate, WeakSet<X509Certificate>>();

/** Whether `issuer` issued and signed `certificate`. What holds is remembered, since neither of them changes; validity in time is no part of it. */
export function issuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  if (links.get(certificate)?.has(issuer) === true) return true;
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return false;
  const known = links.get(certificate) ?? new WeakSet();
  links.set(certificate, known.add(issuer));
  return true;
}

/** First and last millisecond of validity. */
export const validity = (certificate: X509Certificate): { from: number; to: number } => ({
  from: Date.parse(certificate.validFrom),
  to: Date.parse(certificate.validTo),
});
