import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { REVOCATIONS_FILE } from '#shared/media/layout.ts';
import { signJws } from '#shared/media/signing.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { aWrite, bench, memoryRecords, NOON } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { createPlayer } from './player.ts';

const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'keyturn-player-'));
let fleet: FleetAuthority;
let other: FleetAuthority;
let kiosk: Signer;
let thief: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  other = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  thief = await enrol(fleet, 'kiosk-stolen', 'kiosk');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A player at home with a memory of its own; the same name is the same player, started again. */
async function aPlayer(name: string) {
  const { drive, clock, random } = bench(fleet.trust, kiosk, name);
  const player = await createPlayer({
    ...{ drive, clock, random, trust: fleet.trust, log: silentLog, hub: null, name },
    ...{ folder: join(folder, name), uiFolder: folder, host: '127.0.0.1', port: 0 },
  });
  return {
    drive,
    shelf: () => player.shelf(),
    open: async (copyId: CopyId) => {
      const opened = await player.open(copyId);
      return opened.ok ? 'opens' : opened.error.code;
    },
  };
}

async function rented(medium: MemoryMedium, signer: Signer = kiosk): Promise<CopyId> {
  const at = bench(fleet.trust, signer, `kiosk ${medium.label} ${medium.files.size}`);
  await at.drive.insert(medium);
  const written = await writeCopy(at.deps, aWrite(at.random, memoryRecords(), Buffer.from('a film')));
  if (written.kind !== 'written') throw new Error(`the test's copy was not written: ${written.kind}`);
  return written.commit.copyId;
}

const thumbprint = (signer: Signer): string =>
  createHash('sha256')
    .update(signer.certificateChain[0] ?? '')
    .digest('base64url');
const list = (
  madeAt: number,
  revoked: readonly (readonly [Signer, number])[],
  by: Signer = fleet.hubSigner,
): Promise<string> => {
  const named = revoked.map(([signer, at]) => [thumbprint(signer), at]);
  const payload = { version: 1, fleetId: fleet.trust.fleetId, madeAt, revoked: named };
  return signJws('keyturn-revocations', payload, by, epochMs(madeAt));
};
const put = (on: MemoryMedium, jws: string) => on.files.set(REVOCATIONS_FILE, Buffer.from(jws, 'ascii'));

describe('terminals that were revoked', () => {
  it('SEC-1 MS-32: what a terminal signed after its revocation does not open where the list was seen; what it signed before does', async () => {
    const medium = memoryMedium('stick');
    // The identity is an honest kiosk's; the thief writes a copy onto it afterwards.
    const [honest, stolen] = [await rented(medium), await rented(medium, thief)];
    const home = await aPlayer('one');
    await home.drive.insert(medium);
    expect(await home.open(stolen)).toBe('opens');
    put(medium, await list(NOON + 1000, [[thief, NOON - HOUR]]));
    expect(await home.open(stolen)).toBe('copy_signer_revoked');
    expect(await home.open(honest)).toBe('opens');
    const { copies } = await home.shelf();
    expect(copies.find(({ copyId }) => copyId === stolen)?.refusal).toBe('copy_signer_revoked');
    put(medium, await list(NOON + 2000, [[thief, NOON + HOUR]]));
    expect(await home.open(stolen)).toBe('opens');
  });

  it('SEC-1 MS-32: a player that saw the list keeps it: no medium without it, with an older, forged or foreign one takes it away, nor a restart', async () => {
    const [told, medium] = [memoryMedium('told'), memoryMedium('stick')];
    await rented(told);
    put(told, await list(NOON + 1000, [[thief, NOON - HOUR]]));
    const home = await aPlayer('two');
    await home.drive.insert(told);
    await home.shelf();
    await rented(medium);
    const stolen = await rented(medium, thief);
    await home.drive.insert(medium);
    expect(await home.open(stolen)).toBe('copy_signer_revoked');
    const lists = [
      await list(NOON, []),
      await list(NOON + 9000, [], thief),
      await list(NOON + 9000, [], other.hubSigner),
      'nonsense',
    ];
    for (const jws of lists) {
      put(medium, jws);
      expect(await home.open(stolen)).toBe('copy_signer_revoked');
    }
    medium.files.delete(REVOCATIONS_FILE);
    const again = await aPlayer('two');
    await again.drive.insert(medium);
    expect(await again.open(stolen)).toBe('copy_signer_revoked');
    // One that never saw the list cannot know.
    const elsewhere = await aPlayer('three');
    await elsewhere.drive.insert(medium);
    expect(await elsewhere.open(stolen)).toBe('opens');
  });
});
