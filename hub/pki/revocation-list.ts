import forge from 'node-forge';
import type { EpochMs } from '#shared/kernel/time.ts';
import { forgeSigner } from '#shared/media/forge-signer.ts';

export interface RevokedCertificate {
  /** Hex, as in the certificate. */
  readonly serial: string;
  readonly revokedAt: EpochMs;
}

const { asn1 } = forge;
type Node = forge.asn1.Asn1;

/**
 * A certificate revocation list (RFC 5280 §5, version 2, PEM) of one issuing authority: what a broker of its own reads to refuse revoked terminals. `number` only grows.
 * Its next update lies far ahead: OpenSSL refuses everybody once that moment has passed, and the hub writes a new list whenever something changes.
 */
export function makeRevocationList(
  issuer: { readonly keyPem: string; readonly certificatePem: string },
  list: {
    readonly revoked: readonly RevokedCertificate[];
    readonly number: number;
    readonly from: EpochMs;
    readonly to: EpochMs;
  },
): string {
  const certificate = forge.pki.certificateFromPem(issuer.certificatePem);
  const algorithm = sequence([
    objectId(forge.pki.oids.sha256WithRSAEncryption ?? ''),
    primitive(asn1.Type.NULL, ''),
  ]);
  const tbs = sequence([
    integer(1),
    algorithm,
    forge.pki.distinguishedNameToAsn1(certificate.subject),
    time(list.from),
    time(list.to),
    ...(list.revoked.length === 0
      ? []
      : [
          sequence(
            list.revoked.map(({ serial, revokedAt }) =>
              sequence([
                primitive(asn1.Type.INTEGER, forge.util.hexToBytes(evenHex(serial))),
                time(revokedAt),
              ]),
            ),
          ),
        ]),
    extensions(list.number),
  ]);
  const digest = forge.md.sha256.create().update(asn1.toDer(tbs).getBytes());
  const signature = forgeSigner(issuer.keyPem).sign(digest);
  const whole = sequence([tbs, algorithm, primitive(asn1.Type.BITSTRING, `\0${signature}`)]);
  return forge.pem.encode({ type: 'X509 CRL', body: asn1.toDer(whole).getBytes() });
}

/** cRLNumber, which RFC 5280 §5.2.3 demands. */
const extensions = (number: number): Node =>
  asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, [
    sequence([
      sequence([
        objectId('2.5.29.20'),
        primitive(asn1.Type.OCTETSTRING, asn1.toDer(integer(number)).getBytes()),
      ]),
    ]),
  ]);

const sequence = (parts: Node[]): Node => asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, parts);
const primitive = (type: forge.asn1.Type, value: string): Node =>
  asn1.create(asn1.Class.UNIVERSAL, type, false, value);
const objectId = (id: string): Node => primitive(asn1.Type.OID, asn1.oidToDer(id).getBytes());
/** A positive INTEGER: a set highest bit would make it negative. */
const integer = (value: number): Node => {
  const hex = evenHex(value.toString(16));
  return primitive(asn1.Type.INTEGER, forge.util.hexToBytes(/^[89a-f]/.test(hex) ? `00${hex}` : hex));
};
const evenHex = (hex: string): string => (hex.length % 2 === 0 ? hex : `0${hex}`);

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §5.1.2.4). */
function time(at: EpochMs): Node {
  const date = new Date(Math.floor(at / 1000) * 1000);
  return date.getUTCFullYear() < 2050
    ? primitive(asn1.Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(asn1.Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}
