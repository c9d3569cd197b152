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
