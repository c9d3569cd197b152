import forge from 'node-forge';
import { forgeSigner } from '#shared/media/forge-signer.ts';

/** What a certificate may be used for: each a purpose of its own (RFC 5280 §4.2.1.12), so that none serves two ends. */
export type CertificateUse = 'tls-client' | 'tls-server' | 'documents';

/** forge's names of the uses; document signing (RFC 9336) is one that it has no name for. */
const USES: Readonly<Record<CertificateUse, string>> = {
  'tls-server': 'serverAuth',
  'tls-client': 'clientAuth',
  documents: '1.3.6.1.5.5.7.3.36',
};

export interface CertificateSpec {
  readonly publicKeyPem: string;
  readonly subject: { readonly commonName: string; readonly unit: string };
  /** `authority` may sign certificates and nothing else. */
  readonly use: CertificateUse | 'authority';
  /** Hex. */
  readonly serial: string;
  /** Epoch milliseconds; certificates know whole seconds only. */
  readonly from: number;
  readonly to: number;
}

export interface Issuer {
  readonly key: string;
  /** Null: the certificate signs itself. */
  readonly certificate: string | null;
}

/** Makes one RSA certificate (PEM, sha256WithRSAEncryption). The only place where forge makes what others verify with node:crypto. */
export function makeCertificate(spec: CertificateSpec, issuer: Issuer): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(spec.publicKeyPem);
  certificate.serialNumber = spec.serial;
  certificate.validity.notBefore = dateOf(spec.from);
  certificate.validity.notAfter = dateOf(spec.to);
  const subject = [
    { name: 'commonName', value: spec.subject.commonName },
    { shortName: 'OU', value: spec.subject.unit },
  ];
  const issuing = issuer.certificate === null ? null : forge.pki.certificateFromPem(issuer.certificate);
  certificate.setSubject(subject);
  certificate.setIssuer(issuing === null ? subject : issuing.subject.attributes);
  certificate.setExtensions([
    ...(spec.use === 'authority' ? authorityExtensions : leafExtensions(spec.use, spec.subject.commonName)),
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(forgeSigner(issuer.key), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

const authorityExtensions = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
];

const leafExtensions = (use: CertificateUse, commonName: string) => [
  { name: 'basicConstraints', cA: false, critical: true },
  { name: 'keyUsage', digitalSignature: true, critical: true },
  { name: 'extKeyUsage', [USES[use]]: true },
  { name: 'subjectAltName', altNames: [{ type: 2, value: commonName }] },
];

/** forge wants a Date; the time itself was given. */
const dateOf = (epoch: number): Date => {
  const date = forge.asn1.generalizedTimeToDate('19700101000000Z');
  date.setTime(Math.floor(epoch / 1000) * 1000);
  return date;
};
