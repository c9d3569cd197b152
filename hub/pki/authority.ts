import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import forge from 'node-forge';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { idFits } from '#shared/media/certificate.ts';
import { createCsr, signerFromPem } from '#shared/media/device-key.ts';
import { type FleetTrust, fleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer, SignerRole } from '#shared/ports/signer.ts';
import { type KeyProvider, writeDurable } from './key-provider.ts';
import { type CertificateSpec, makeCertificate } from './make-certificate.ts';

const DAY = 86_400_000;
const YEARS = 365 * DAY;

/** Life of certificates: root 20 years, issuing 10, the hub's own 2; devices as asked (90 days by default at the caller). */
export const LIFE = { root: 20 * YEARS, issuing: 10 * YEARS, hub: 2 * YEARS, device: 90 * DAY } as const;
export const DEVICE_LIFE = milliseconds(LIFE.device);

export type IssueFault = Fault<
  'request_malformed' | 'request_signature_invalid' | 'request_name_mismatch' | 'request_key_weak'
>;

export interface IssuedCertificate {
  /** PEM, device first, then issuing. */
  readonly chain: readonly [string, string];
  readonly serial: string;
  /** SHA-256 of the device certificate, hex: what signatures name as their signer. */
  readonly fingerprint: string;
  readonly validFrom: EpochMs;
  readonly validTo: EpochMs;
}

/** The fleet's certificate authority (DESIGN §5). Opened once at the hub's start by `openFleetAuthority`. */
export interface FleetAuthority {
  readonly trust: FleetTrust;
  readonly rootPem: string;
  /** SHA-256 of the root certificate, hex: what an enrolment code carries. */
  readonly rootFingerprint: string;
  /** Signs quotes, configuration and licences without end. */
  readonly hubSigner: Signer;
  /**
   * A certificate for a terminal's request. Id and role are the hub's decision; the request must name the same id (CN), be signed by
   * its own key, and that key must be RSA of 2048 bits or more.
   */
  issueCertificate(
    csrPem: string,
    device: { readonly id: string; readonly role: SignerRole; readonly validity: Milliseconds },
  ): Promise<Result<IssuedCertificate, IssueFault>>;
}

/**
 * Opens the authority stored in `folder`, making root, issuing key and the hub's own key at the first start. Certificates are
 * plain files, keys come from `keys`. Rejects where a certificate is there and its key is not: nothing is made anew over an old fleet.
 */
export async function openFleetAuthority(
  deps: {
    readonly keys: KeyProvider;
    readonly clock: Pick<Clock, 'now'>;
    readonly random: Pick<Random, 'bytes'>;
  },
  folder: string,
): Promise<FleetAuthority> {
  const { keys, clock, random } = deps;
  const serial = () => serialNumber(random);
  const rootKey = await keyFor(keys, folder, 'root');
  const rootPem = await stored(join(folder, 'root.pem'), () =>
    makeCertificate(authoritySpec('Keyturn fleet root', rootKey, LIFE.root, clock.now(), serial()), {
      key: rootKey,
      certificate: null,
    }),
  );
  const issuingKey = await keyFor(keys, folder, 'issuing');
  const issuingPem = await stored(join(folder, 'issuing.pem'), () =>
    makeCertificate(authoritySpec('Keyturn issuing', issuingKey, LIFE.issuing, clock.now(), serial()), {
      key: rootKey,
      certificate: rootPem,
    }),
  );
  const trust = fleetTrust(rootPem);
  assert(trust.ok, 'the stored root certificate is not an authority');

  const issue = async (
    csrPem: string,
    device: { id: string; role: SignerRole; validity: Milliseconds },
  ): Promise<Result<IssuedCertificate, IssueFault>> => {
    const request = readRequest(csrPem, device.id, device.role);
    if (!request.ok) return request;
    const pem = makeCertificate(
      {
        publicKeyPem: request.value,
        subject: { commonName: device.id, unit: device.role },
        authority: false,
        serial: serial(),
        from: clock.now() - 5 * 60_000,
        to: clock.now() + device.validity,
      },
      { key: issuingKey, certificate: issuingPem },
    );
    return ok(describe(pem, issuingPem));
  };

  return {
    trust: trust.value,
    rootPem,
    rootFingerprint: fingerprintOf(rootPem),
    hubSigner: await hubSigner(keys, folder, clock, issue),
    issueCertificate: issue,
  };
}

/** The hub's own device certificate, made at the first start and again when two thirds of its life are over. */
async function hubSigner(
  keys: KeyProvider,
  folder: string,
  clock: Pick<Clock, 'now'>,
  issue: FleetAuthority['issueCertificate'],
): Promise<Signer> {
  const path = join(folder, 'hub.pem');
  const key = await keyFor(keys, folder, 'hub');
  const present = await readOrNull(path);
  const expiry = present === null ? 0 : Date.parse(new X509Certificate(present).validTo);
  if (present === null || expiry - clock.now() < LIFE.hub / 3) {
    const issued = await issue(createCsr(key, 'hub'), {
      id: 'hub',
      role: 'hub',
      validity: milliseconds(LIFE.hub),
    });
    assert(issued.ok, 'the hub’s own request is sound');
    await writeDurable(path, issued.value.chain.join(''));
  }
  const chain = splitPem((await readOrNull(path)) ?? '');
  return signerFromPem(key, chain);
}

/** The certificates of a PEM text, one by one. */
export const splitPem = (text: string): readonly string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\r?\n?/g) ?? [];

export const fingerprintOf = (pem: string): string =>
  new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

function describe(pem: string, issuingPem: string): IssuedCertificate {
  const certificate = new X509Certificate(pem);
  return {
    chain: [pem, issuingPem],
    serial: certificate.serialNumber,
    fingerprint: fingerprintOf(pem),
    validFrom: Date.parse(certificate.validFrom) as EpochMs,
    validTo: Date.parse(certificate.validTo) as EpochMs,
  };
}

function readRequest(csrPem: string, id: string, role: SignerRole): Result<string, IssueFault> {
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

function authoritySpec(
  commonName: string,
  keyPem: string,
  life: number,
  now: EpochMs,
  serial: string,
): CertificateSpec {
  const publicKeyPem = createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }).toString();
  const subject = { commonName, unit: 'authority' };
  return { publicKeyPem, subject, authority: true, serial, from: now - 86_400_000, to: now + life };
}

/** 16 random bytes, positive, never zero in front: unique without a register (RFC 5280 allows 20). */
function serialNumber(random: Pick<Random, 'bytes'>): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function keyFor(keys: KeyProvider, folder: string, name: 'root' | 'issuing' | 'hub'): Promise<string> {
  const present = await keys.load(name);
  if (present !== null) return present;
  assert(
    (await readOrNull(join(folder, `${name}.pem`))) === null,
    `the key ${name} is gone, its certificate is not`,
  );
  return keys.create(name);
}

async function stored(path: string, make: () => string): Promise<string> {
  const present = await readOrNull(path);
  if (present !== null) return present;
  const made = make();
  await writeDurable(path, made);
  return made;
}

const readOrNull = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
