import { constants, createPrivateKey, privateEncrypt } from 'node:crypto';
import type forge from 'node-forge';

/** DER of a DigestInfo of SHA-256 up to the digest itself (RFC 8017 §9.2, note 1). */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * A private RSA key (PKCS#8 PEM) with which forge signs what it has made: sha256WithRSAEncryption (RFC 8017 §8.2) by node:crypto, in a hundredth of
 * the time of forge's own arithmetic. Only for SHA-256.
 */
export function forgeSigner(keyPem: string): forge.pki.rsa.PrivateKey {
  const key = createPrivateKey(keyPem);
  const sign = (digest: forge.md.MessageDigest): string =>
    privateEncrypt(
      { key, padding: constants.RSA_PKCS1_PADDING },
      Buffer.concat([SHA256_INFO, Buffer.from(digest.digest().getBytes(), 'binary')]),
    ).toString('binary');
  return { sign } as Pick<forge.pki.rsa.PrivateKey, 'sign'> as forge.pki.rsa.PrivateKey;
}
