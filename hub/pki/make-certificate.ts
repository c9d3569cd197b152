import forge from 'node-forge';

export interface CertificateSpec {
  readonly publicKeyPem: string;
  readonly subject: { readonly commonName: string; readonly unit: string };
  /** True: may sign certificates. False: a device, for signatures and TLS on either side. */
  readonly authority: boolean;
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
    { name: 'basicConstraints', cA: spec.authority, critical: true },
    spec.authority
      ? { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true }
      : { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    ...(spec.authority ? [] : [{ name: 'extKeyUsage', serverAuth: true, clientAuth: true }]),
    ...(spec.authority
      ? []
      : [{ name: 'subjectAltName', altNames: [{ type: 2, value: spec.subject.commonName }] }]),
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(issuer.key), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

/** forge wants a Date; the time itself was given. */
const dateOf = (epoch: number): Date => {
  const date = forge.asn1.generalizedTimeToDate('19700101000000Z');
  date.setTime(Math.floor(epoch / 1000) * 1000);
  return date;
};
