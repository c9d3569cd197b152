import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  sign,
  X509Certificate,
} from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { assert } from '#shared/kernel/assert.ts';
import { SIGNER_ROLES, type Signer } from '#shared/ports/signer.ts';
import { roleAndName } from './certificate.ts';
import { forgeSigner } from './forge-signer.ts';

/** A fresh RSA-2048 device key and a request for its certificate (both PEM). The key never leaves the device; OU is set by the hub. */
export async function createDeviceKeyAndCsr(
  id: string,
): Promise<{ readonly privateKeyPem: string; readonly csrPem: string }> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { privateKeyPem, csrPem: createCsr(privateKeyPem, id) };
}

/** A PKCS#10 request for the key, subject CN = id, signed by the key itself. Also used for renewals. */
export function createCsr(privateKeyPem: string, id: string): string {
  const csr = forge.pki.createCertificationRequest();
  csr.publicKey = forge.pki.publicKeyFromPem(
    createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString(),
  );
  csr.setSubject([{ name: 'commonName', value: id }]);
  csr.sign(forgeSigner(privateKeyPem), forge.md.sha256.create());
  return forge.pki.certificationRequestToPem(csr);
}

/**
 * A signer from a key file and the chain the hub answered (PEM, device certificate first). Id and role are read from the certificate;
 * a chain that is not the key's is a mistake of the program and asserts.
 */
export function signerFromPem(privateKeyPem: string, certificateChain: readonly string[]): Signer {
  const key = createPrivateKey(privateKeyPem);
  const chain = certificateChain.map((pem) => new X509Certificate(pem));
  const own = chain[0];
  assert(own !== undefined, 'a signer has a certificate');
  assert(own.checkPrivateKey(key), 'the first certificate must be the key’s');
  const named = roleAndName(own);
  assert(named !== null, `the certificate must name one of ${SIGNER_ROLES.join(', ')} as OU and an id as CN`);
  return {
    id: named.id,
    role: named.role,
    certificateChain: chain.map((certificate) => new Uint8Array(certificate.raw)),
    sign: async (bytes) =>
      sign('sha256', bytes, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      }),
  };
}
