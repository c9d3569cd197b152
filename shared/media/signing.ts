import { constants, createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { base64url } from 'jose';
import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Signer, SignerRole } from '#shared/ports/signer.ts';
import {
  issuedBy,
  parseCertificate,
  publicKeyOf,
  roleAndName,
  sha256Hex,
  signsDocuments,
  validity,
} from './certificate.ts';
import { readCompact, readJson } from './compact-jws.ts';

/** What a document is: stands in the JWS header `typ`, so that one kind never passes for another (MS-4). */
export const DOCUMENT_TYPES = [
  'keyturn-licence',
  'keyturn-medium',
  'keyturn-state',
  'keyturn-journal',
  'keyturn-receipt',
  'keyturn-checkpoint',
  'keyturn-quote',
  'keyturn-config',
  'keyturn-purse',
  'keyturn-catalogue',
  'keyturn-recommendations',
  'keyturn-history',
  'keyturn-extras',
  'keyturn-revoked-players',
  'keyturn-revocations',
  'keyturn-player-answer',
  'keyturn-purge',
  'keyturn-audit',
  'keyturn-wipe',
] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

export type SignatureFaultCode =
  | 'signature_invalid'
  | 'certificate_foreign'
  | 'certificate_expired'
  | 'certificate_revoked'
  | 'wrong_role'
  | 'malformed';
export type SignatureFault = Fault<SignatureFaultCode>;

/** The root that this fleet's certificates go back to. Made by `fleetTrust`. */
export interface FleetTrust {
  /** First 32 hex digits of the root certificate's SHA-256. */
  readonly fleetId: string;
  readonly root: X509Certificate;
  /** Since when the certificate with this SHA-256 (hex) is revoked; null: it is not, as far as is known here. */
  revokedAt(fingerprint: string): EpochMs | null;
}

/** The same trust, with what is known of revocations: asked anew for every document. */
export const withRevocations = (trust: FleetTrust, revokedAt: FleetTrust['revokedAt']): FleetTrust => ({
  ...trust,
  revokedAt,
});

export interface SignatureBy {
  readonly id: string;
  readonly role: SignerRole;
  /** SHA-256 of the device certificate, hex. */
  readonly fingerprint: string;
  readonly serial: string;
  /** When the signer says it signed. */
  readonly signedAt: EpochMs;
}

export interface Verified<T> {
  readonly payload: T;
  readonly signer: SignatureBy;
}

export interface VerifyOptions<T> {
  readonly type: DocumentType;
  readonly schema: z.ZodType<T>;
  /** Who may sign this kind of document; empty is a mistake of the caller. */
  readonly roles: readonly SignerRole[];
  /**
   * When the certificates must have been valid: `signed-at` for documents that outlive certificates (licence, receipt, state),
   * a moment for statements that are only good now (a quote).
   */
  readonly validAt: EpochMs | 'signed-at';
  readonly maxBytes: number;
}

/**
 * Reads a root certificate (PEM) into the trust that everything is verified against. `malformed` when it is no certificate or
 * does not sign itself.
 */
export function fleetTrust(rootPem: string): Result<FleetTrust, SignatureFault> {
  try {
    const root = new X509Certificate(rootPem);
    if (!root.ca || !root.verify(root.publicKey)) return fault('malformed', 'not a self-signed authority');
    return ok({ fleetId: sha256Hex(root.raw).slice(0, 32), root, revokedAt: () => null });
  } catch {
    return fault('malformed', 'the root is no certificate');
  }
}

/**
 * Signs a document as compact JWS (PS256) with the signer's chain in `x5c`, its fingerprint in `x5t#S256`, the kind in `typ` and
 * the signing time in `signedAt`. `payload` must be plain JSON.
 */
export async function signJws(
  type: DocumentType,
  payload: object,
  signer: Signer,
  at: EpochMs,
): Promise<string> {
  const header = {
    ...protectedHeader(type, signer, at),
    x5c: signer.certificateChain.map((der) => Buffer.from(der).toString('base64')),
  };
  const signingInput = `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(payload))}`;
  const signature = await signer.sign(Buffer.from(signingInput, 'ascii'));
  return `${signingInput}.${base64url.encode(signature)}`;
}

/**
 * Verifies a compact JWS made by `signJws`: signature, chain to this fleet's root, validity, role, kind, then the payload's shape.
 * Never throws on any text. Rule MS-4.
 */
export async function verifyJws<T>(
  jws: string,
  trust: FleetTrust,
  options: VerifyOptions<T>,
): Promise<Result<Verified<T>, SignatureFault>> {
  if (jws.length > options.maxBytes) return fault('malformed', 'document too long');
  const header = decodeHeader(jws.slice(0, jws.indexOf('.')));
  if (header === null || header.x5c === undefined) return fault('malformed', 'no readable JWS header');
  const chain = header.x5c.map((text) => Buffer.from(text, 'base64'));
  return verifyParts(jws, header, chain, trust, options);
}

/** A signed document in parts: what the packed form (state records, journal) carries as bytes. The chain stands outside the JWS. */
export interface SignedParts {
  readonly protectedHeader: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly chain: readonly Uint8Array[];
}

/** As `signJws`, without `x5c` in the header: for places of fixed size where a twice encoded chain would not fit. */
export async function signParts(
  type: DocumentType,
  payload: object,
  signer: Signer,
  at: EpochMs,
): Promise<SignedParts> {
  const header = Buffer.from(JSON.stringify(protectedHeader(type, signer, at)));
  const body = Buffer.from(JSON.stringify(payload));
  const chain = signer.certificateChain;
  const signature = await signer.sign(
    Buffer.from(`${base64url.encode(header)}.${base64url.encode(body)}`, 'ascii'),
  );
  return { protectedHeader: header, payload: body, signature, chain };
}

/** Verifies what `signParts` made, by the same rules as `verifyJws`. */
export async function verifySignedParts<T>(
  parts: SignedParts,
  trust: FleetTrust,
  options: VerifyOptions<T>,
): Promise<Result<Verified<T>, SignatureFault>> {
  const encoded = base64url.encode(parts.protectedHeader);
  const header = decodeHeader(encoded);
  if (header === null) return fault('malformed', 'no readable JWS header');
  const jws = `${encoded}.${base64url.encode(parts.payload)}.${base64url.encode(parts.signature)}`;
  return verifyParts(jws, header, parts.chain, trust, options);
}

/** The chain that a JWS names as its signer's (DER, its own first); empty: not readable. Says nothing about whether it holds. */
export function chainIn(jws: string): readonly Uint8Array[] {
  const header = decodeHeader(jws.slice(0, jws.indexOf('.')));
  return header?.x5c?.map((text) => Buffer.from(text, 'base64')) ?? [];
}

/** The last moment of the certificate that a JWS names as its signer's; null: not readable. Says nothing about whether it holds. */
export function certificateEnd(jws: string): EpochMs | null {
  const certificate = parseCertificate(chainIn(jws)[0] ?? new Uint8Array());
  return certificate === null ? null : (validity(certificate).to as EpochMs);
}

async function verifyParts<T>(
  jws: string,
  header: Header,
  chain: readonly Uint8Array[],
  trust: FleetTrust,
  options: VerifyOptions<T>,
): Promise<Result<Verified<T>, SignatureFault>> {
  assert(options.roles.length > 0, 'say who may sign');
  if (header.typ !== options.type) return fault('malformed', `a ${header.typ}, not a ${options.type}`);
  const signedAt = header.signedAt as EpochMs;
  const device = verifyChain(chain, trust, options.validAt === 'signed-at' ? signedAt : options.validAt);
  if (!device.ok) return device;
  const fingerprint = sha256Hex(device.value.raw);
  if (Buffer.from(header['x5t#S256'], 'base64url').toString('hex') !== fingerprint)
    return fault('signature_invalid', 'the header names another certificate');
  if (!signatureFits(jws, device.value)) return fault('signature_invalid', 'the signature does not fit');
  const named = roleAndName(device.value);
  if (named === null || !options.roles.includes(named.role) || !signsDocuments(device.value, named.role))
    return fault('wrong_role', 'this signer may not sign this kind of document');
  const revokedAt = trust.revokedAt(fingerprint);
  if (revokedAt !== null && signedAt >= revokedAt)
    return fault('certificate_revoked', 'the signer was no longer part of the fleet when it signed');
  const payload = decodePayload(jws.slice(jws.indexOf('.') + 1, jws.lastIndexOf('.')), options.schema);
  if (!payload.ok) return payload;
  const serial = device.value.serialNumber;
  return ok({ payload: payload.value, signer: { ...named, fingerprint, serial, signedAt } });
}

/**
 * The device behind a chain, without a document: who holds the key at the other end of a channel (MS-21). `at` as for documents; null for a controller,
 * whose certificate has no renewal and counts by the moment it was made, as that of a device's maker does (IEEE 802.1AR).
 */
export function verifyDevice(
  chain: readonly Uint8Array[],
  trust: FleetTrust,
  at: EpochMs | null,
): Result<{ readonly id: string; readonly role: SignerRole; readonly publicKey: KeyObject }, SignatureFault> {
  const first = chain[0] === undefined ? null : parseCertificate(chain[0]);
  if (first === null) return fault('malformed', 'a certificate cannot be read');
  const device = verifyChain(chain, trust, at ?? (validity(first).from as EpochMs));
  if (!device.ok) return device;
  const revokedAt = trust.revokedAt(sha256Hex(device.value.raw));
  if (revokedAt !== null && (at === null || at >= revokedAt))
    return fault('certificate_revoked', 'this device is no longer part of the fleet');
  const named = roleAndName(device.value);
  if (named === null) return fault('wrong_role', 'the certificate names no role of the fleet');
  return ok({ ...named, publicKey: device.value.publicKey });
}

/**
 * PS256 (RFC 7518 §3.5): RSASSA-PSS over SHA-256 with a salt as long as the hash, and no key below 2048 bits. Asked of node:crypto in place: WebCrypto, which
 * libraries use, hands each signature to another thread, and that costs several times the verification.
 */
function signatureFits(jws: string, certificate: X509Certificate): boolean {
  const parts = readCompact(jws);
  if (parts === null) return false;
  try {
    const key = publicKeyOf(certificate);
    if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
      return false;
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    return verify('sha256', parts.signed, pss, parts.signature);
  } catch {
    return false;
  }
}

function decodePayload<T>(encoded: string, schema: z.ZodType<T>): Result<T, SignatureFault> {
  try {
    const parsed = schema.safeParse(readJson(encoded));
    return parsed.success ? ok(parsed.data) : fault('malformed', 'the payload has another shape');
  } catch {
    return fault('malformed', 'the payload is no JSON');
  }
}

/**
 * device ← issuing ← root, each link checked by key, name and CA flag. Verification by node:crypto only: forge has had forgeries.
 * Foreign is whatever does not go back to this root, also a chain that says it does.
 */
function verifyChain(
  chain: readonly Uint8Array[],
  trust: FleetTrust,
  at: EpochMs,
): Result<X509Certificate, SignatureFault> {
  const [first, second] = chain;
  if (first === undefined || second === undefined || chain.length !== 2)
    return fault('malformed', 'a chain has two certificates');
  const device = parseCertificate(first);
  const issuing = parseCertificate(second);
  if (device === null || issuing === null) return fault('malformed', 'a certificate cannot be read');
  const linked =
    issuing.ca && !device.ca && trust.root.ca && issuedBy(issuing, trust.root) && issuedBy(device, issuing);
  if (!linked) return fault('certificate_foreign', 'the certificate is not of this fleet');
  // A controller has no clock: it signs at the time of the terminal it stands in, which may be days before its certificate was made (SYN-4).
  const clockless = roleAndName(device)?.role === 'medium';
  for (const certificate of [device, issuing, trust.root]) {
    const { from, to } = validity(certificate);
    if (!((clockless || at >= from) && at <= to))
      return fault('certificate_expired', 'a certificate was not valid at that time');
  }
  return ok(device);
}

const headerSchema = z.object({
  alg: z.literal('PS256'),
  typ: z.enum(DOCUMENT_TYPES),
  'x5t#S256': z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  signedAt: z.int().min(0).max(253_402_300_799_000),
  x5c: z.array(z.string().max(4000)).length(2).optional(),
  // RFC 7515 §4.1.11: extensions that must be understood; there is none that is.
  crit: z.never().optional(),
});
type Header = z.infer<typeof headerSchema>;

function decodeHeader(encoded: string): Header | null {
  try {
    const parsed = headerSchema.safeParse(readJson(encoded));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function protectedHeader(type: DocumentType, signer: Signer, at: EpochMs) {
  const own = signer.certificateChain[0];
  assert(own !== undefined, 'a signer has a certificate');
  const thumbprint = createHash('sha256').update(own).digest('base64url');
  return { alg: 'PS256', typ: type, 'x5t#S256': thumbprint, signedAt: at };
}
