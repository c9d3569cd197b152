import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { parseCertificate, sha256Hex, validity } from '#shared/media/certificate.ts';
import { signerFromPem } from '#shared/media/device-key.ts';
import { type FleetTrust, fleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer, SignerRole } from '#shared/ports/signer.ts';
import { type RequestFault, readRequest } from './certificate-request.ts';
import {
  dueForRenewal,
  everyCertificate,
  everyGeneration,
  type Generation,
  makeNext,
  newest,
} from './generations.ts';
import type { AuthorityKeyRole, KeyProvider } from './key-provider.ts';
import { type CertificateUse, makeCertificate } from './make-certificate.ts';
import { makeRevocationList, type RevokedCertificate } from './revocation-list.ts';

const DAY = 86_400_000;
const YEARS = 365 * DAY;

/** Life of certificates: root 20 years, issuing 10, the hub's own 2; devices as asked (90 days by default at the caller). */
export const LIFE = { root: 20 * YEARS, issuing: 10 * YEARS, hub: 2 * YEARS, device: 90 * DAY } as const;
export const DEVICE_LIFE = milliseconds(LIFE.device);
/** Clocks of terminals may be behind by this much when they first see their certificate. */
const BACKDATED = 5 * 60_000;
/** The same of the root and of issuing certificates. */
const ISSUERS_BACKDATED = DAY;

export type IssueFault = RequestFault;

/** What staff can rotate (SEC-3). The root cannot be: a new root is a new fleet. */
export const ROTATED_ROLES = ['issuing', 'hub-signing'] as const;
export type RotatedRole = (typeof ROTATED_ROLES)[number];
export type RotationFault = Fault<'root_key_missing' | 'root_key_locked'>;

export interface RotatedKey {
  readonly generation: number;
  /** SHA-256 of its certificate, hex. */
  readonly fingerprint: string;
  readonly validTo: EpochMs;
}

export interface IssuedCertificate {
  /** PEM, device first, then issuing. */
  readonly chain: readonly [string, string];
  readonly serial: string;
  /** SHA-256 of the device certificate, hex: what signatures name as their signer. */
  readonly fingerprint: string;
  readonly validFrom: EpochMs;
  readonly validTo: EpochMs;
}

/** Key and certificates for one end of a TLS connection. */
export interface TlsIdentity {
  readonly keyPem: string;
  /** PEM, the own certificate first, then issuing, then the root, which an enrolling terminal compares to its code. */
  readonly chainPem: string;
  /** SHA-256 of the own certificate, hex: changes when it was renewed. */
  readonly fingerprint: string;
  readonly validTo: EpochMs;
}

/** The fleet's certificate authority (DESIGN §5). Opened once at the hub's start by `openFleetAuthority`. */
export interface FleetAuthority {
  readonly trust: FleetTrust;
  readonly rootPem: string;
  /** SHA-256 of the root certificate, hex: what an enrolment code carries. */
  readonly rootFingerprint: string;
  /** Signs quotes, configuration and licences without end; a certificate of its own without any use in TLS. Follows a rotation. */
  readonly hubSigner: Signer;
  /**
   * A certificate for a terminal's request. Id and role are the hub's decision; the request must name the same id (CN), be signed by
   * its own key, and that key must be RSA of 2048 bits or more. Good for TLS as a client and for documents, never as a server.
   */
  issueCertificate(
    csrPem: string,
    device: { readonly id: string; readonly role: SignerRole; readonly validity: Milliseconds },
  ): Promise<Result<IssuedCertificate, IssueFault>>;
  /** Whether `issueCertificate` would grant it; answers the SHA-256 of the key that asks (SPKI, hex), for people to compare. */
  checkRequest(
    csrPem: string,
    device: { readonly id: string; readonly role: SignerRole },
  ): Result<string, IssueFault>;
  /** TLS server `hub` (HTTP) or `broker`: the name stands in CN and SAN. A new one, with a new key, once two thirds of its life are over. */
  serverIdentity(name: 'hub' | 'broker'): Promise<TlsIdentity>;
  /**
   * The hub as a TLS client (CN `hub`) of a broker that is not its own. The certificate signs itself: the broker's listener for hubs knows this one
   * alone, and no other certificate of the fleet opens it. The broker's files are written anew after it was renewed.
   */
  clientIdentity(): Promise<TlsIdentity>;
  /**
   * A new key and certificate, from now on used for everything new; what was made under the one before stays good until it ends (SEC-3).
   * `issuing` needs the root's key: `root_key_missing` where it was moved away, `root_key_locked` where the passphrase is not its own. A
   * rotation that was interrupted goes on with the key that is there.
   */
  rotate(role: RotatedRole): Promise<Result<RotatedKey, RotationFault>>;
  /**
   * When it gave out this certificate (DER, its own first, then the issuing one), by its beginning; null where its issuing certificate is none of this authority's, or had a successor by
   * then: who stole a former issuing key makes no certificate that counts. Whether the signatures in it hold is the caller's question.
   */
  gaveOutAt(chain: readonly Uint8Array[]): Promise<EpochMs | null>;
  /** SHA-256 of every issuing certificate, hex, oldest first: changes when another hub of the same files has rotated. */
  issuers(): Promise<readonly string[]>;
  /** Revocation lists of every issuing generation (PEM, one after the other), for a broker that is not the hub's own. */
  revocationLists(revoked: readonly RevokedCertificate[]): Promise<string>;
}

export interface AuthorityDeps {
  readonly keys: KeyProvider;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'bytes'>;
}

/**
 * Opens the authority stored in `folder`, making root, issuing key and the hub's own key at the first start. Certificates are
 * plain files, keys come from `keys`. Rejects where a certificate is there and its key is not: nothing is made anew over an old fleet. The root's
 * key alone may be away: it is read only while an issuing certificate is made.
 */
export async function openFleetAuthority(deps: AuthorityDeps, folder: string): Promise<FleetAuthority> {
  const { keys, clock } = deps;
  const rootPem =
    (await everyCertificate(folder, 'root')).at(-1) ??
    (await makeNext(keys, folder, 'root', (key) => authority(deps, 'Keyturn fleet root', key, null)))
      .certificatePem;
  const nextIssuing = (root: Issuer): Promise<Generation> =>
    makeNext(keys, folder, 'issuing', (key, number) =>
      // A name of its own for each generation: OpenSSL finds issuers and their revocation lists by name.
      authority(deps, number === 1 ? 'Keyturn issuing' : `Keyturn issuing ${number}`, key, root),
    );
  /** Read anew each time: another hub of the same files may have rotated. */
  const issuingNow = async (): Promise<Generation> => {
    const present = await newest(keys, folder, 'issuing');
    if (present !== null) return present;
    const root = await rootKey(keys, rootPem);
    if (!root.ok) throw new Error(root.error.message);
    return nextIssuing(root.value);
  };
  await issuingNow();
  const trust = fleetTrust(rootPem);
  assert(trust.ok, 'the stored root certificate is not an authority');

  const leaf = (
    issuing: Generation,
    publicKeyPem: string,
    subject: { commonName: string; unit: string },
    use: CertificateUse,
    life: number,
  ): string => {
    const now = clock.now();
    const serial = serialNumber(deps.random);
    const spec = { publicKeyPem, subject, use, serial, from: now - BACKDATED, to: now + life };
    return makeCertificate(spec, { key: issuing.keyPem, certificate: issuing.certificatePem });
  };
  const nextOwn = async (role: OwnRole): Promise<Generation> => {
    const { commonName, use } = OWN[role];
    const issuing = await issuingNow();
    return makeNext(keys, folder, role, (key) =>
      [
        leaf(issuing, publicPart(key), { commonName, unit: 'hub' }, use, LIFE.hub),
        issuing.certificatePem,
      ].join(''),
    );
  };
  /** A certificate of the hub itself, as good as new. Calls at the same time share one renewal. */
  const own = shared(async (role: AuthorityKeyRole) => {
    const present = await newest(keys, folder, role);
    if (present !== null && !dueForRenewal(present.certificatePem, clock.now())) return present;
    const { commonName, use } = OWN[role as OwnRole];
    if (role === 'hub-client')
      return makeNext(keys, folder, role, (key) => selfSigned(deps, key, { commonName, unit: 'hub' }, use));
    return nextOwn(role as OwnRole);
  });
  const tls = async (role: OwnRole): Promise<TlsIdentity> => {
    const { keyPem, certificatePem } = await own(role);
    return {
      keyPem,
      chainPem: role === 'hub-client' ? certificatePem : certificatePem + rootPem,
      fingerprint: fingerprintOf(certificatePem),
      validTo: Date.parse(new X509Certificate(certificatePem).validTo) as EpochMs,
    };
  };
  const signerOf = ({ keyPem, certificatePem }: Generation): Signer =>
    signerFromPem(keyPem, splitPem(certificatePem));
  let signer = signerOf(await own('hub-signing'));
  const rotate = shared(async (role: RotatedRole): Promise<Result<RotatedKey, RotationFault>> => {
    if (role === 'hub-signing') {
      const made = await nextOwn(role);
      signer = signerOf(made);
      return ok(rotated(made));
    }
    const root = await rootKey(keys, rootPem);
    return root.ok ? ok(rotated(await nextIssuing(root.value))) : root;
  });

  return {
    trust: trust.value,
    rootPem,
    rootFingerprint: fingerprintOf(rootPem),
    hubSigner: {
      id: signer.id,
      role: signer.role,
      get certificateChain() {
        return signer.certificateChain;
      },
      sign: (bytes) => signer.sign(bytes),
    },
    rotate,
    issuers: async () => (await everyCertificate(folder, 'issuing')).map(fingerprintOf),
    async gaveOutAt([own, issuing]) {
      const certificate = own === undefined ? null : parseCertificate(own);
      if (certificate === null || issuing === undefined) return null;
      const issuers = await everyCertificate(folder, 'issuing');
      const at = issuers.map(fingerprintOf).indexOf(sha256Hex(issuing));
      if (at < 0) return null;
      const given = validity(certificate).from + BACKDATED;
      const successor = issuers[at + 1];
      const madeAt =
        successor === undefined
          ? Number.POSITIVE_INFINITY
          : Date.parse(new X509Certificate(successor).validFrom) + ISSUERS_BACKDATED;
      // Certificates count whole seconds.
      return given <= madeAt + 1_000 ? epochMs(given) : null;
    },
    async issueCertificate(csrPem, device) {
      const request = readRequest(csrPem, device.id, device.role);
      if (!request.ok) return request;
      const subject = { commonName: device.id, unit: device.role };
      const use = device.role === 'hub' || device.role === 'medium' ? 'documents' : 'tls-client';
      const issuing = await issuingNow();
      return ok(
        describe(leaf(issuing, request.value, subject, use, device.validity), issuing.certificatePem),
      );
    },
    checkRequest(csrPem, device) {
      const request = readRequest(csrPem, device.id, device.role);
      if (!request.ok) return request;
      const spki = createPublicKey(request.value).export({ type: 'spki', format: 'der' });
      return ok(createHash('sha256').update(spki).digest('hex'));
    },
    serverIdentity: (name) => tls(`${name}-tls`),
    clientIdentity: () => tls('hub-client'),
    async revocationLists(revoked) {
      const from = epochMs(clock.now() - DAY);
      const list = { revoked, number: clock.now(), from, to: epochMs(from + LIFE.issuing) };
      const issuers = await everyGeneration(keys, folder, 'issuing');
      return issuers.map((issuer) => makeRevocationList(issuer, list)).join('');
    },
  };
}

type OwnRole = 'hub-signing' | 'hub-tls' | 'broker-tls' | 'hub-client';
const OWN: Readonly<Record<OwnRole, { commonName: string; use: CertificateUse }>> = {
  'hub-signing': { commonName: 'hub', use: 'documents' },
  'hub-tls': { commonName: 'hub', use: 'tls-server' },
  'broker-tls': { commonName: 'broker', use: 'tls-server' },
  'hub-client': { commonName: 'hub', use: 'tls-client' },
};

/** The certificates of a PEM text, one by one. */
export const splitPem = (text: string): readonly string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\r?\n?/g) ?? [];

/** SHA-256 of the first certificate of a PEM text, hex. */
export const fingerprintOf = (pem: string): string =>
  new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

function describe(pem: string, issuingPem: string): IssuedCertificate {
  const certificate = new X509Certificate(pem);
  return {
    chain: [pem, issuingPem],
    serial: certificate.serialNumber.toLowerCase(),
    fingerprint: fingerprintOf(pem),
    validFrom: Date.parse(certificate.validFrom) as EpochMs,
    validTo: Date.parse(certificate.validTo) as EpochMs,
  };
}

interface Issuer {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** The root with its key, for as long as a certificate is being made. */
async function rootKey(keys: KeyProvider, certificatePem: string): Promise<Result<Issuer, RotationFault>> {
  const keyPem = await keys.load('root').catch(() => false as const);
  if (keyPem === null)
    return fault('root_key_missing', 'the root’s key file is not here: put it back beside the other keys');
  if (keyPem === false || !new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem)))
    return fault('root_key_locked', 'the passphrase does not open the root’s key: HUB_ROOT_PASSPHRASE');
  return ok({ keyPem, certificatePem });
}

const rotated = ({ number, certificatePem }: Generation): RotatedKey => ({
  generation: number,
  fingerprint: fingerprintOf(certificatePem),
  validTo: Date.parse(new X509Certificate(certificatePem).validTo) as EpochMs,
});

/** The root signs itself, the issuing authority is signed by the root. */
function authority(deps: AuthorityDeps, commonName: string, keyPem: string, root: Issuer | null): string {
  const now = deps.clock.now();
  return makeCertificate(
    {
      publicKeyPem: publicPart(keyPem),
      subject: { commonName, unit: 'authority' },
      use: 'authority',
      serial: serialNumber(deps.random),
      from: now - ISSUERS_BACKDATED,
      to: now + (root === null ? LIFE.root : LIFE.issuing),
    },
    { key: root?.keyPem ?? keyPem, certificate: root?.certificatePem ?? null },
  );
}

function selfSigned(
  deps: AuthorityDeps,
  keyPem: string,
  subject: { readonly commonName: string; readonly unit: string },
  use: CertificateUse,
): string {
  const now = deps.clock.now();
  const serial = serialNumber(deps.random);
  return makeCertificate(
    { publicKeyPem: publicPart(keyPem), subject, use, serial, from: now - BACKDATED, to: now + LIFE.issuing },
    { key: keyPem, certificate: null },
  );
}

const publicPart = (keyPem: string): string =>
  createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }).toString();

/** 16 random bytes, positive, never zero in front: unique without a register (RFC 5280 allows 20). */
function serialNumber(random: Pick<Random, 'bytes'>): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** Calls with the same argument while one is under way get its answer. */
function shared<K, T>(work: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const running = new Map<K, Promise<T>>();
  return (key) => {
    const present = running.get(key) ?? work(key).finally(() => running.delete(key));
    running.set(key, present);
    return present;
  };
}
