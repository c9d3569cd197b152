import { beforeAll, describe, expect, it } from 'vitest';
import { blankChip } from '#firmware-sim/media/controller/blank-chip.ts';
import { type VolatileMemory, volatileMemory } from '#firmware-sim/media/controller/memory.ts';
import { memoryMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { aWrite, bench, memoryRecords } from '#test/support/media-story.ts';
import { aPlayerKey, mediumIdOf } from '#test/support/secure-medium.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { inspectMedium } from '../inspect-medium.ts';
import { writeCopy } from '../write-copy.ts';
import { type Certify, provisionController } from './provision.ts';

const ID = mediumIdOf(7);
let fleet: FleetAuthority;
let other: FleetAuthority;
let kiosk: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  other = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
});

/** The hub's part; `seen` keeps what was asked. */
const certifier =
  (by: FleetAuthority, seen: string[] = []): Certify =>
  async (request) => {
    seen.push(request);
    const validity = milliseconds(3650 * 86_400_000);
    const issued = await by.issueCertificate(request, { id: ID, role: 'medium', validity });
    return issued.ok ? ok(issued.value.chain) : issued;
  };

async function drive(memory: VolatileMemory) {
  const at = bench(fleet.trust, kiosk, 'provision');
  const medium = withChip(memoryMedium('blank'), blankChip(memory));
  await at.drive.insert(medium);
  const make = async (certify: Certify, id: MediumId = ID) => {
    const made = await provisionController({ drive: at.drive, trust: fleet.trust }, id, certify);
    return made.ok ? 'made' : made.error.code;
  };
  const looked = async () => {
    const report = await inspectMedium({ drive: at.drive, trust: fleet.trust });
    return report.ok ? report.value.controllerId : report.error.code;
  };
  return { at, make, looked };
}

describe('a blank secure medium', () => {
  it('SEC-5 MS-33: becomes one of the fleet, proves it after a power cycle, and is written as every secure medium', async () => {
    const { at, make, looked } = await drive(volatileMemory());
    expect(await looked()).toBe('controller_failed');
    const seen: string[] = [];
    expect(await make(certifier(fleet, seen))).toBe('made');
    expect(await looked()).toBe(ID);
    const written = await writeCopy(
      at.deps,
      aWrite(at.random, memoryRecords(), Buffer.from('a film'), {
        mediumClass: 'secure',
        playerKeys: [aPlayerKey().x],
        newMedium: { mediumId: ID, accessKey: 'a'.repeat(43) },
      }),
    );
    expect(written.kind).toBe('written');
    // Ordered once more: it is one already; nothing is certified again.
    expect(await make(certifier(fleet, seen))).toBe('made');
    expect(await make(certifier(fleet, seen), mediumIdOf(8))).toBe('controller_taken');
    expect(seen).toHaveLength(1);
  });

  it('SEC-5 MS-33: stays blank where the hub refuses, or what comes is not its own key’s, not a medium’s, or of another fleet', async () => {
    const { make, looked } = await drive(volatileMemory());
    expect(await make(async () => fault('command_not_allowed', 'nobody ordered it'))).toBe(
      'command_not_allowed',
    );
    const { make: elsewhere } = await drive(volatileMemory());
    let stolen: readonly string[] = [];
    await elsewhere(async (request) => {
      const granted = await certifier(fleet)(request);
      if (granted.ok) stolen = granted.value;
      return granted;
    });
    expect(await make(async () => ok(stolen))).toBe('controller_failed');
    // Another fleet's certificate beside this fleet's root.
    expect(await make(certifier(other))).toBe('controller_failed');
    expect(await looked()).toBe('controller_failed');
    expect(await make(certifier(fleet))).toBe('made');
  });

  it('SEC-5 MS-33: power lost before the certificate came: the same request again, so that the hub gives the same answer', async () => {
    const memory = volatileMemory();
    const seen: string[] = [];
    const first = await drive(memory);
    await first.make(async (request) => {
      seen.push(request);
      return fault('hub_away', 'power was lost here');
    });
    const again = await drive(memory.copy());
    expect(await again.make(certifier(fleet, seen))).toBe('made');
    expect(seen[1]).toBe(seen[0]);
  });

  it('SEC-5 MS-33: a plain medium has nothing to certify', async () => {
    const at = bench(fleet.trust, kiosk, 'plain');
    await at.drive.insert(memoryMedium('plain'));
    const made = await provisionController({ drive: at.drive, trust: fleet.trust }, ID, certifier(fleet));
    expect(made).toMatchObject({ ok: false, error: { code: 'medium_plain' } });
  });
});
