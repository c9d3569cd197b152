import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { type FleetAuthority, openFleetAuthority } from '#hub/pki/authority.ts';
import type { AuthorityKeyName, KeyProvider } from '#hub/pki/key-provider.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type EpochMs, milliseconds } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr, signerFromPem } from '#shared/media/device-key.ts';
import type { Signer, SignerRole } from '#shared/ports/signer.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import { FOUNDED } from './founded.ts';

export { FOUNDED };

/** Keys in memory of 2048 bits: test fleets are founded by the dozen. */
export const memoryKeys = (keys = new Map<AuthorityKeyName, string>()): KeyProvider => ({
  load: async (name) => keys.get(name) ?? null,
  create: async (name) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    keys.set(name, pem);
    return pem;
  },
});

/** A whole new fleet authority in a fresh folder. Real brokers judge certificates by the machine's clock: theirs is founded today. `clock`: when it makes certificates later. */
export async function foundFleet(
  founded: EpochMs = FOUNDED,
  clock: { now(): EpochMs } = { now: () => founded },
): Promise<FleetAuthority> {
  return (await foundFleetToCopy(clock)).fleet;
}

/** As `foundFleet`. `copy`: another authority with the keys and certificates of this moment; what either of them makes later the other does not know. */
export async function foundFleetToCopy(clock: { now(): EpochMs }): Promise<{
  readonly fleet: FleetAuthority;
  copy(clock: { now(): EpochMs }): Promise<FleetAuthority>;
}> {
  const newFolder = () => mkdtemp(join(tmpdir(), 'keyturn-fleet-'));
  const keys = new Map<AuthorityKeyName, string>();
  const folder = await newFolder();
  const random = seededRandom(7);
  return {
    fleet: await openFleetAuthority({ keys: memoryKeys(keys), clock, random }, folder),
    async copy(ofCopy) {
      const elsewhere = await newFolder();
      await cp(folder, elsewhere, { recursive: true });
      const parts = { keys: memoryKeys(new Map(keys)), clock: ofCopy, random: seededRandom(8) };
      return openFleetAuthority(parts, elsewhere);
    },
  };
}

/** A device of the fleet with its own key and certificate. */
export async function enrol(fleet: FleetAuthority, id: string, role: SignerRole): Promise<Signer> {
  return (await enrolDevice(fleet, id, role)).signer;
}

/** As `enrol`, with what its connections show. */
export async function enrolDevice(
  fleet: FleetAuthority,
  id: string,
  role: SignerRole,
  days = 90,
): Promise<{
  readonly signer: Signer;
  readonly tls: TlsIdentity;
  readonly fingerprint: string;
  /** PEM, its own first. */
  readonly chain: readonly string[];
}> {
  const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(id);
  const issued = await fleet.issueCertificate(csrPem, {
    id,
    role,
    validity: milliseconds(days * 86_400_000),
  });
  assert(issued.ok, 'a sound request is granted');
  const { chain, fingerprint } = issued.value;
  return {
    signer: signerFromPem(privateKeyPem, chain),
    tls: { keyPem: privateKeyPem, chainPem: chain.join('\n') },
    fingerprint,
    chain,
  };
}
