import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Signer } from '#shared/ports/signer.ts';

export type TerminalRole = 'kiosk' | 'return-terminal';

/** Who this terminal is, from its enrolment on (SEC-1). Read from files by `drivers/identity-files.ts`. */
export interface TerminalIdentity {
  readonly terminalId: TerminalId;
  readonly role: TerminalRole;
  readonly fleetId: string;
  readonly siteId: SiteId;
  /** Password of the terminal for broker and hub. Never logged, never shown. */
  readonly secret: string;
  readonly mqttUrl: string;
  /** The fleet's root: what signatures of others are verified against. */
  readonly trust: FleetTrust;
  /** Signs receipts, licences and states with the terminal's own key. */
  readonly signer: Signer;
}
