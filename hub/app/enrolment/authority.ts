import type { HubDeps } from '#hub/app/deps.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import type { MediumId, TerminalId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs, Milliseconds } from '#shared/kernel/time.ts';
import type { GrantedCertificate } from './registry.ts';

export type TerminalRole = TerminalRow['role'];

export type RequestFault = Fault<
  'request_malformed' | 'request_signature_invalid' | 'request_name_mismatch' | 'request_key_weak'
>;

/** What enrolment needs of the fleet's authority (`hub/pki`): the smallest part of it. */
export interface EnrolmentAuthority {
  readonly fleetId: string;
  readonly rootPem: string;
  makeCode(): string;
  codeDigest(code: string): string;
  codeReadable(code: string): boolean;
  /** Whether `issue` would grant it; answers the SHA-256 of the key that asks, hex. */
  check(certificateRequest: string, terminalId: TerminalId, role: TerminalRole): Result<string, RequestFault>;
  issue(
    certificateRequest: string,
    terminalId: TerminalId,
    role: TerminalRole,
    validity: Milliseconds,
  ): Promise<Result<GrantedCertificate, RequestFault>>;
  /** When it gave this certificate out (DER, its own first, then the issuing one); null where it did not make certificates with that issuing key then. */
  gaveOutAt(chain: readonly Uint8Array[]): Promise<EpochMs | null>;
  /** A certificate for the controller of a secure medium: good for signing deletions, not for TLS (SEC-5). */
  certifyController(
    certificateRequest: string,
    mediumId: MediumId,
    validity: Milliseconds,
  ): Promise<Result<GrantedCertificate, RequestFault>>;
}

export type EnrolmentDeps = HubDeps & { readonly authority: EnrolmentAuthority };
