import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { makeVerifier } from '#hub/app/members/verifier.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { fileSecretKeys } from '#hub/pki/secret-keys.ts';
import { openSecrets } from '#hub/secrets.ts';
import type { TerminalRole } from '#shared/edge/identity.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type TerminalId, uuidv7 } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { parseCertificate, sha256Hex, validity } from '#shared/media/certificate.ts';
import { createDeviceKeyAndCsr, signerFromPem } from '#shared/media/device-key.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { Peer, TlsIdentity } from '#shared/tls/peer.ts';
import { enrolDevice, foundFleetToCopy } from '#test/support/test-fleet.ts';
import { quickly } from './quick-signatures.ts';

/** 2028-02-10T00:00:00Z. Worlds begin within 45 days of it: among them a leap day and both sides' change to summer time. */
export const FOUNDED_AT = epochMs(Date.UTC(2028, 1, 10));
const BEGINS_WITHIN_DAYS = 45;
const HOUR = 3_600_000;
/** Days unlike others: both zones' clocks go forward at this moment; a month has a day more. */
export const ODD_DAYS = [
  ['leap day', epochMs(Date.UTC(2028, 1, 29))],
  ['change to summer time', epochMs(Date.UTC(2028, 2, 26, 1))],
] as const;
/** Of so many numbered seeds one goes through each odd day for certain, within its first day; the others begin whenever. */
const ODD_EVERY = 5;

export function beginningOf(seed: string, random: Random): EpochMs {
  const odd = /^\d+$/.test(seed) ? ODD_DAYS[(Number(seed) % ODD_EVERY) - 2] : undefined;
  const [hours, moment] = [random.below(BEGINS_WITHIN_DAYS * 24), random.below(HOUR)];
  return epochMs(
    odd === undefined
      ? FOUNDED_AT + (24 + hours) * HOUR + moment
      : odd[1] - (1 + (hours % 20)) * HOUR + moment,
  );
}

export const HUB_SECRET = '11'.repeat(32);

export interface Device {
  readonly terminalId: TerminalId;
  readonly role: TerminalRole;
  readonly signer: Signer;
  readonly tls: TlsIdentity;
  readonly peer: Peer;
  readonly validFrom: EpochMs;
  readonly validTo: EpochMs;
}

/** What takes long to make and says nothing of a seed: the authority, the devices' keys, the staff's verifier. Made once for all worlds of a process. */
export interface Fixture {
  readonly authority: FleetAuthority;
  readonly devices: readonly Device[];
  readonly staffVerifier: string;
  /** The hub's small key files. */
  readonly home: string;
  /** The moment at which the authority makes certificates from now on. */
  readonly issuing: { at: EpochMs };
  /** The same with an authority of its own, as it was founded: for a world whose keys get successors. */
  withOwnAuthority(): Promise<Fixture>;
  /** Keys of a device for later certificates. Made at the first question, since few worlds ask. */
  spareKeys(terminalId: TerminalId): Promise<readonly SpareKey[]>;
  /** A terminal of the fleet that is in a thief's hands. Made at the first question. */
  stolen(role: TerminalRole): Promise<Device>;
  /** Key and certificate of a secure medium's controller. Made at the first question. */
  chip(number: number): Promise<Signer>;
  /** The key that a blank controller will make for itself. Made at the first question. */
  blankKey(number: number): Promise<string>;
}

/** A key with the request for its certificate, both PEM. */
export interface SpareKey {
  readonly privateKeyPem: string;
  readonly csrPem: string;
}
/** A controller's certificate has no renewal. */
const CHIP_DAYS = 3_650;
/** For one renewal and one new enrolment in a world. */
const SPARE_KEYS = 2;

/** What a device is by its key and certificate (PEM, its own first). */
export function deviceOf(keyPem: string, chain: readonly string[]): Device {
  const signer = signerFromPem(keyPem, chain);
  const certificate = parseCertificate(signer.certificateChain[0] ?? new Uint8Array());
  assert(certificate !== null, 'a device has its certificate');
  const { from, to } = validity(certificate);
  const terminalId = signer.id as TerminalId;
  const role = signer.role as TerminalRole;
  const fingerprint = sha256Hex(certificate.raw);
  return {
    ...{ terminalId, role, signer: quickly(signer), tls: { keyPem, chainPem: chain.join('\n') } },
    peer: {
      ...{ id: terminalId, role, fingerprint, serial: certificate.serialNumber },
      chain: () => signer.certificateChain,
    },
    validFrom: from as EpochMs,
    validTo: to as EpochMs,
  };
}

/** Half of the devices are kiosks. `certificateDays`: how long their certificates are good. */
export async function makeFixture(devices: number, certificateDays = 90): Promise<Fixture> {
  const issuing = { at: FOUNDED_AT };
  const founded = await foundFleetToCopy({ now: () => issuing.at });
  const authority = signingQuickly(founded.fleet);
  const made: Device[] = [];
  for (let at = 0; at < devices; at += 1) {
    const role = at % 2 === 0 ? 'kiosk' : 'return-terminal';
    const terminalId = `${role === 'kiosk' ? 'kiosk' : 'return'}-${at >> 1}` as TerminalId;
    const { tls, chain } = await enrolDevice(authority, terminalId, role, certificateDays);
    made.push(deviceOf(tls.keyPem, chain));
  }
  const spare = new Map<TerminalId, Promise<readonly SpareKey[]>>();
  const spareKeys = (terminalId: TerminalId): Promise<readonly SpareKey[]> => {
    const known =
      spare.get(terminalId) ??
      Promise.all(Array.from({ length: SPARE_KEYS }, () => createDeviceKeyAndCsr(terminalId)));
    spare.set(terminalId, known);
    return known;
  };
  const stolen = new Map<TerminalRole, Promise<Device>>();
  const chips = new Map<number, Promise<Signer>>();
  const blankKeys = new Map<number, Promise<string>>();
  const home = mkdtempSync(join(tmpdir(), 'keyturn-sim-'));
  // Made here, so that the first world of a process draws the same chance as all others.
  const folder = join(home, 'hub');
  const secrets = await openSecrets(HUB_SECRET, folder, seededRandom('secret'));
  await fileSecretKeys(join(folder, 'keys'), secrets.keyRingKey, secrets.firstKeys, {
    clock: { now: () => FOUNDED_AT },
    random: seededRandom('key rings'),
  });
  const fixture: Fixture = {
    authority,
    devices: made,
    staffVerifier: await makeVerifier('staff of the simulation', seededRandom('staff'), {
      N: 16,
      r: 8,
      p: 1,
    }),
    home,
    issuing,
    spareKeys,
    stolen(role) {
      const make = async (): Promise<Device> => {
        issuing.at = FOUNDED_AT;
        const { tls, chain } = await enrolDevice(authority, `stolen-${role}`, role, certificateDays);
        return deviceOf(tls.keyPem, chain);
      };
      const known = stolen.get(role) ?? make();
      stolen.set(role, known);
      return known;
    },
    chip(number) {
      const make = async (): Promise<Signer> => {
        issuing.at = FOUNDED_AT;
        const id = uuidv7(FOUNDED_AT, Buffer.from(`chip ${number}`.padStart(10)));
        const { tls, chain } = await enrolDevice(authority, id, 'medium', CHIP_DAYS);
        return quickly(signerFromPem(tls.keyPem, chain));
      };
      const known = chips.get(number) ?? make();
      chips.set(number, known);
      return known;
    },
    blankKey(number) {
      const known =
        blankKeys.get(number) ?? createDeviceKeyAndCsr('blank').then(({ privateKeyPem }) => privateKeyPem);
      blankKeys.set(number, known);
      return known;
    },
    withOwnAuthority: async () => {
      const own = { at: FOUNDED_AT };
      const copied = await founded.copy({ now: () => own.at });
      return { ...fixture, authority: signingQuickly(copied), issuing: own };
    },
  };
  return fixture;
}

const signingQuickly = (authority: FleetAuthority): FleetAuthority => ({
  ...authority,
  hubSigner: quickly(authority.hubSigner),
});
