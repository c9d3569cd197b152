import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { openAuthority } from '#hub/open-authority.ts';
import { openSecrets } from '#hub/secrets.ts';
import { signJws, verifyJws } from '#shared/media/signing.ts';
import { value } from '#test/support/media-story.ts';
import { enrol, FOUNDED, foundFleet, memoryKeys } from '#test/support/test-fleet.ts';
import { type FleetAuthority, openFleetAuthority } from './authority.ts';
import { fileKeyProvider, type KeyProvider } from './key-provider.ts';

const clock = { now: () => FOUNDED };
const random = seededRandom(1);

const holds = async (fleet: FleetAuthority, jws: string): Promise<boolean> => {
  const options = { type: 'keyturn-quote', schema: z.object({}), roles: ['hub', 'kiosk'] } as const;
  return (await verifyJws(jws, fleet.trust, { ...options, validAt: FOUNDED, maxBytes: 20_000 })).ok;
};

describe('rotation of the authority', () => {
  it('SEC-3: documents of former and new generations hold, at the hub that rotated and at one that trusts the root alone', async () => {
    const fleet = await foundFleet();
    const old = await enrol(fleet, 'kiosk-one', 'kiosk');
    const before = [
      await signJws('keyturn-quote', {}, fleet.hubSigner, FOUNDED),
      await signJws('keyturn-quote', {}, old, FOUNDED),
    ];
    const server = await fleet.serverIdentity('hub');
    const chainBefore = fleet.hubSigner.certificateChain;
    expect(value(await fleet.rotate('issuing')).generation).toBe(2);
    expect(value(await fleet.rotate('hub-signing')).generation).toBe(2);
    expect(fleet.hubSigner.certificateChain).not.toEqual(chainBefore);
    const fresh = await enrol(fleet, 'kiosk-two', 'kiosk');
    expect(fresh.certificateChain[1]).not.toEqual(old.certificateChain[1]);
    expect(fresh.certificateChain[1]).toEqual(fleet.hubSigner.certificateChain[1]);
    for (const signer of [fleet.hubSigner, old, fresh])
      before.push(await signJws('keyturn-quote', {}, signer, FOUNDED));
    for (const jws of before) expect(await holds(fleet, jws)).toBe(true);
    expect((await fleet.serverIdentity('hub')).fingerprint).toBe(server.fingerprint);
    expect((await fleet.revocationLists([])).match(/BEGIN X509 CRL/g)).toHaveLength(2);
    expect(await fleet.issuers()).toHaveLength(2);
  });

  it('SEC-3: another hub of the same files issues under the new generation without a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyturn-pki-'));
    const deps = { keys: memoryKeys(), clock, random };
    const [one, other] = [await openFleetAuthority(deps, folder), await openFleetAuthority(deps, folder)];
    value(await one.rotate('issuing'));
    const [here, there] = [await enrol(one, 'k-one', 'kiosk'), await enrol(other, 'k-two', 'kiosk')];
    expect(there.certificateChain[1]).toEqual(here.certificateChain[1]);
  });

  it('SEC-3: a rotation that stopped between key and certificate goes on with that key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyturn-pki-'));
    const keys = memoryKeys();
    let stops = true;
    const made: string[] = [];
    const stopping: KeyProvider = {
      load: keys.load,
      create: async (name) => {
        const key = await keys.create(name);
        made.push(name);
        if (stops && name.endsWith('.2')) throw new Error('power cut');
        return key;
      },
    };
    const fleet = await openFleetAuthority({ keys: stopping, clock, random }, folder);
    for (const role of ['issuing', 'hub-signing'] as const) {
      stops = true;
      await expect(fleet.rotate(role)).rejects.toThrow('power cut');
      stops = false;
      const again = await openFleetAuthority({ keys: stopping, clock, random }, folder);
      expect(value(await again.rotate(role)).generation).toBe(2);
      expect(made.filter((name) => name === `${role}.2`)).toHaveLength(1);
      expect(await holds(again, await signJws('keyturn-quote', {}, again.hubSigner, FOUNDED))).toBe(true);
    }
  });

  it('SEC-3: without the root’s key and passphrase the hub starts and issues; only a rotation needs both, and says which one is missing', async () => {
    const home = await mkdtemp(join(tmpdir(), 'keyturn-pki-'));
    const secrets = await openSecrets('', home, random);
    const open = async (passphrase = '') =>
      value(await openAuthority({ clock, random }, secrets, join(home, 'authority'), passphrase));
    const founded = await open('the passphrase of the root');
    const [root, away] = [join(home, 'authority', 'keys', 'root.key.pem'), join(home, 'away')];
    await rename(root, away);
    const served = await open();
    expect(served.rootFingerprint).toBe(founded.rootFingerprint);
    await enrol(served, 'kiosk-one', 'kiosk');
    expect(await served.rotate('issuing')).toMatchObject({ error: { code: 'root_key_missing' } });
    expect((await served.rotate('hub-signing')).ok).toBe(true);
    await rename(away, root);
    for (const wrong of ['', 'another passphrase', secrets.authorityPassphrase])
      expect(await (await open(wrong)).rotate('issuing')).toMatchObject({
        error: { code: 'root_key_locked' },
      });
    expect((await served.issuers()).length).toBe(1);
    expect(value(await (await open('the passphrase of the root')).rotate('issuing')).generation).toBe(2);
  });

  it('SEC-3: where nobody says a passphrase, the hub makes one that the rotation finds again', async () => {
    const home = await mkdtemp(join(tmpdir(), 'keyturn-pki-'));
    const secrets = await openSecrets('', home, random);
    const open = async () => value(await openAuthority({ clock, random }, secrets, join(home, 'authority')));
    await open();
    expect((await (await open()).rotate('issuing')).ok).toBe(true);
    await rm(join(home, 'root-passphrase'));
    expect(await (await open()).rotate('issuing')).toMatchObject({ error: { code: 'root_key_locked' } });
  });

  it('SEC-3: a fleet whose root lay under the common passphrase goes on, and its root gets a passphrase of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyturn-pki-'));
    const open = (root?: string | null) =>
      openFleetAuthority(
        { keys: fileKeyProvider(folder, 'the common passphrase', root), clock, random },
        folder,
      );
    await open();
    expect((await (await open(null)).rotate('issuing')).ok).toBe(true);
    expect((await (await open('the passphrase of the root')).rotate('issuing')).ok).toBe(true);
    expect(await (await open()).rotate('issuing')).toMatchObject({ error: { code: 'root_key_locked' } });
  });
});
