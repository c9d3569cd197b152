import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
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
