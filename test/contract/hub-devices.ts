import { X509Certificate } from 'node:crypto';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { CertificateRow } from '#hub/ports/rows/index.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { enrol, FOUNDED, foundFleet } from '#test/support/test-fleet.ts';

/** Terminals with real keys and certificates, and the registry in which a hub knows them (SEC-1). */

export interface Devices {
  readonly fleet: FleetAuthority;
  readonly kiosk: Signer;
  readonly returns: Signer;
  readonly otherReturns: Signer;
}
/** Every device of this file: their certificates stand in the registry of each hub that is furnished. */
export const known: Signer[] = [];
export async function register(
  db: HubDatabase,
  signer: Signer,
  change: Partial<CertificateRow> = {},
): Promise<void> {
  const certificate = new X509Certificate(signer.certificateChain[0] ?? new Uint8Array());
  await db.stores.certificates.put({
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    terminalId: signer.id as TerminalId,
    role: signer.role === 'kiosk' ? 'kiosk' : 'return-terminal',
    serial: certificate.serialNumber,
    chain: [],
    issuedAt: epochMs(Date.parse(certificate.validFrom)),
    validFrom: epochMs(Date.parse(certificate.validFrom)),
    validTo: epochMs(Date.parse(certificate.validTo)),
    state: 'active',
    firstConnectedAt: epochMs(FOUNDED),
    supersededAt: null,
    revokedAt: null,
    revocationReason: null,
    ...change,
  });
}

export async function makeDevices(): Promise<Devices> {
  const fleet = await foundFleet();
  const devices = {
    fleet,
    kiosk: await enrol(fleet, 'kiosk-1', 'kiosk'),
    returns: await enrol(fleet, 'return-1', 'return-terminal'),
    otherReturns: await enrol(fleet, 'return-2', 'return-terminal'),
  };
  known.push(devices.kiosk, devices.returns, devices.otherReturns);
  return devices;
}
