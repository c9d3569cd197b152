import { beforeAll, describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { bench, NOON } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { LIMITS, REVOCATIONS_FILE } from './layout.ts';
import {
  leaveRevocations,
  type RevocationList,
  readRevocationList,
  revocationsOn,
  revokedBy,
} from './revocation-list.ts';
import { signJws } from './signing.ts';

const HEX = 'ab'.repeat(32);
const THUMBPRINT = Buffer.from(HEX, 'hex').toString('base64url');
let fleet: FleetAuthority;
let other: FleetAuthority;
let kiosk: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  other = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
});

const list = (later: number, change: Partial<RevocationList> = {}): RevocationList => ({
  version: 1,
  fleetId: fleet.trust.fleetId,
  madeAt: epochMs(NOON + later),
  revoked: [[THUMBPRINT, NOON]],
  ...change,
});
const signed = (of: RevocationList, signer: Signer = fleet.hubSigner, at = of.madeAt): Promise<string> =>
  signJws('keyturn-revocations', of, signer, at);
const codeOf = async (jws: string): Promise<string> => {
  const read = await readRevocationList(jws, fleet.trust);
  return read.ok ? 'good' : read.error.code;
};

describe('the list of revoked terminals', () => {
  it('MS-32 SEC-1: only the hub of this fleet makes one, dated by its signature; what a terminal signs is none', async () => {
    expect(await codeOf(await signed(list(0)))).toBe('good');
    expect(await codeOf(await signed(list(0), kiosk))).toBe('wrong_role');
    expect(await codeOf(await signed(list(0), other.hubSigner))).toBe('certificate_foreign');
    expect(await codeOf(await signed(list(0, { fleetId: other.trust.fleetId })))).toBe('malformed');
    // A date in the list that is not the signature's: an old list that says it is new.
    expect(await codeOf(await signed(list(9000), fleet.hubSigner, NOON))).toBe('malformed');
    const good = await signed(list(0));
    expect(await codeOf(`${good.slice(0, -2)}${good.endsWith('AA') ? 'BB' : 'AA'}`)).toBe(
      'signature_invalid',
    );
    const licence = await signJws('keyturn-licence', list(0), fleet.hubSigner, NOON);
    expect(await codeOf(licence)).toBe('malformed');
  });

  it('MS-3 MS-32: names 512 certificates and not one more, within its place on the medium', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (): RevocationList['revoked'][number] => [THUMBPRINT, NOON]);
    const full = await signed(list(0, { revoked: many(LIMITS.revocations) }));
    expect(await codeOf(full)).toBe('good');
    expect(full.length).toBeLessThan(LIMITS.revocationsBytes);
    expect(await codeOf(await signed(list(0, { revoked: many(LIMITS.revocations + 1) })))).toBe('malformed');
  });

  it('MS-32: what is left on a medium is never replaced by an older list, always where it is no list', async () => {
    const { drive } = bench(fleet.trust, kiosk, 'list');
    const medium = memoryMedium('stick');
    await drive.insert(medium);
    const mounted = drive.current();
    if (mounted === null) throw new Error('inserted');
    const leave = async (jws: string) => {
      const left = await leaveRevocations({ trust: fleet.trust }, mounted, jws);
      return left.ok ? (await revocationsOn(mounted)) === jws : left.error.code;
    };
    const [first, second] = [await signed(list(0)), await signed(list(1000))];
    medium.files.set(REVOCATIONS_FILE, Buffer.from('no list'));
    expect(await leave(first)).toBe(true);
    expect(await leave(second)).toBe(true);
    expect(await leave(first)).toBe(false);
    expect(await revocationsOn(mounted)).toBe(second);
    expect(await leave(await signed(list(5000), kiosk))).toBe('wrong_role');
    medium.files.set(REVOCATIONS_FILE, Buffer.from(await signed(list(9000), kiosk)));
    expect(await leave(first)).toBe(true);
  });

  it('MS-32: says since when each is out, and nothing of others', () => {
    const revokedAt = revokedBy(list(0));
    expect([revokedAt(HEX), revokedAt('cd'.repeat(32)), revokedBy(null)(HEX)]).toEqual([NOON, null, null]);
  });
});
