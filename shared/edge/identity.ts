import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';

export type TerminalRole = 'kiosk' | 'return-terminal';

/** Who this terminal is, from its enrolment on (SEC-1). Read from files by `drivers/identity-files.ts`. */
export interface TerminalIdentity {
  readonly terminalId: TerminalId;
  readonly role: TerminalRole;
  readonly fleetId: string;
  readonly siteId: SiteId;
  /** Key and chain with which this terminal proves itself to hub and broker (SEC-2). The key is never logged and never leaves this machine. */
  readonly tls: TlsIdentity;
  readonly mqttUrl: string;
  /** The fleet's root: what signatures of others are verified against. */
  readonly trust: FleetTrust;
  /** Signs receipts, licences and states with the terminal's own key. */
  readonly signer: Signer;
}

/** The identity on the disk and its renewal (SEC-1): every step is durable before it counts, and a start goes on where a former one ended. */
export interface IdentityKeeper {
  /** What is in use; key, certificate and signer are those of the newest identity, also for whoever holds this object since before. */
  readonly identity: TerminalIdentity;
  /** Life of the certificate in use. */
  validity(): { readonly from: EpochMs; readonly to: EpochMs };
  /** The next key's request, and whether its certificate is here; null: no renewal is under way. */
  next(): { readonly certificateRequest: string; readonly granted: boolean } | null;
  /** Makes the next key. */
  begin(): Promise<void>;
  /** Keeps the certificate of the next key; refused where it is not this terminal's, of this fleet and for that key. */
  grant(chain: readonly string[]): Result<void, Fault<'certificate_unfit'>>;
  /** The next key and its certificate become the identity. */
  promote(): void;
  /** Forgets the next key. */
  discard(): void;
}
