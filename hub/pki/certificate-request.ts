import { createPublicKey } from 'node:crypto';
import forge from 'node-forge';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { idFits } from '#shared/media/certificate.ts';
import type { SignerRole } from '#shared/ports/signer.ts';

export type RequestFault = Fault<
  'request_malformed' | 'request_signature_invalid' | 'request_name_mismatch' | 'request_key_weak'
>;

/** The public key (PEM) of a PKCS#10 request that names `id`, is signed by its own key, and whose key is RSA of 2048 to 4096 bits. */
export function readRequest(csrPem: string, id: string, role: SignerRole): Result<string, RequestFault> {
  assert(idFits(id, role), 'a device id has the form of its role');
  if (csrPem.length > 8000) return fault('request_malformed', 'request too long');
  try {
    const csr = forge.pki.certificationRequestFromPem(csrPem);
    if (!csr.verify()) return fault('request_signature_invalid', 'the request is not signed by its own key');
    if (csr.subject.getField('CN')?.value !== id)
      return fault('request_name_mismatch', 'the request names another device');
    assert(csr.publicKey !== null, 'a verified request has a key');
    const publicKeyPem = forge.pki.publicKeyToPem(csr.publicKey);
    const details = createPublicKey(publicKeyPem).asymmetricKeyDetails;
    if ((details?.modulusLength ?? 0) < 2048 || (details?.modulusLength ?? 0) > 4096)
      return fault('request_key_weak', 'RSA of 2048 to 4096 bits');
    return ok(publicKeyPem);
  } catch {
    return fault('request_malformed', 'this is no certificate request');
  }
}
