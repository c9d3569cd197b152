import { createHash, X509Certificate } from 'node:crypto';
import { base64url, compactVerify } from 'jose';
import type { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { SIGNER_ROLES, type Signer, type SignerRole } from '#shared/ports/signer.ts';

/** What a document is: stands in the JWS header `typ`, so that one kind never passes for another (MS-4). */
export const DOCUMENT_TYPES = [
  'keyturn-licence',
  'keyturn-medium',
  'keyturn-state',
  'keyturn-journal',
  'keyturn-receipt',
  'keyturn-quote',
  'keyturn-config',
  'keyturn-purse',
  'keyturn-catalogue',
] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

export type SignatureFaultCode =
  | 'signature_invalid'
  | 'certificate_foreign'
  | 'certificate_expired'
  | 'wrong_role'
  | 'malformed';
export type SignatureFault = Fault<SignatureFaultCode>;

/** The root that this fleet's certificates go back to. Made by `fleetTrust`. */
export interface FleetTrust {
  /** First 32 hex digits of the root certificate's SHA-256. */
  readonly fleetId: string;
  readonly root: X509Certificate;
}

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
    return ok({ fleetId: sha256Hex(root.raw).slice(0, 32), root });
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
