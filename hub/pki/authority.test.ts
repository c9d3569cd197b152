import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr, signerFromPem } from '#shared/media/device-key.ts';
import {
  codeDigest,
  codeMatches,
  makeEnrolmentCode,
  readEnrolmentCode,
} from '#shared/media/enrolment-code.ts';
import { signJws, verifyJws } from '#shared/media/signing.ts';
import { value } from '#test/support/media-story.ts';
import { FOUNDED, foundFleet, memoryKeys } from '#test/support/test-fleet.ts';
import { LIFE, openFleetAuthority, splitPem } from './authority.ts';
import { fileKeyProvider } from './key-provider.ts';

const clock = { now: () => FOUNDED };
const life = milliseconds(86_400_000);

describe('fleet authority', () => {
  it('SEC-1: stays the same fleet over a restart, with its keys encrypted on disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyturn-pki-'));
    const open = (passphrase: string) =>
      openFleetAuthority(
        { keys: fileKeyProvider(folder, passphrase), clock, random: seededRandom(1) },
        folder,
      );
    const first = await open('correct horse battery');
    const again = await open('correct horse battery');
    expect(again.rootFingerprint).toBe(first.rootFingerprint);
    expect(again.trust.fleetId).toBe(first.rootFingerprint.slice(0, 32));
    for (const name of ['root', 'issuing', 'hub-signing'])
      expect(await readFile(join(folder, `${name}.key.pem`), 'utf8')).toMatch(
        /^-----BEGIN ENCRYPTED PRIVATE KEY-----/,
      );
    await expect(open('another passphrase')).rejects.toThrow();
    await rm(join(folder, 'issuing.key.pem'));
    await expect(open('correct horse battery')).rejects.toThrow(/issuing/);
  });

  it('SEC-1: grants a sound request, and the certificate chains to the root for node:crypto', async () => {
    const fleet = await foundFleet();
    const { csrPem } = await createDeviceKeyAndCsr('kiosk-one');
    const issued = value(
      await fleet.issueCertificate(csrPem, { id: 'kiosk-one', role: 'kiosk', validity: life }),
    );
    const [device, issuing] = issued.chain.map((pem) => new X509Certificate(pem));
    const root = new X509Certificate(fleet.rootPem);
    expect(device?.verify(issuing?.publicKey ?? root.publicKey)).toBe(true);
    expect(issuing?.verify(root.publicKey)).toBe(true);
    expect(device?.subject).toContain('OU=kiosk');
    expect(device?.ca).toBe(false);
    expect(device?.checkHost('kiosk-one')).toBe('kiosk-one');
    expect(await signJws('keyturn-quote', {}, fleet.hubSigner, FOUNDED)).toMatch(/^eyJ/);
  });

  it('SEC-1, SEC-2: a terminal is a client only, a TLS server a server only, and neither of them signs as the hub', async () => {
    const fleet = await foundFleet();
    const { csrPem } = await createDeviceKeyAndCsr('kiosk-one');
    const device = value(
      await fleet.issueCertificate(csrPem, { id: 'kiosk-one', role: 'kiosk', validity: life }),
    );
    const uses = (pem: string) => new X509Certificate(pem).keyUsage;
    expect(uses(device.chain[0])).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(new X509Certificate(fleet.hubSigner.certificateChain[0] ?? '').keyUsage).toEqual([
      '1.3.6.1.5.5.7.3.36',
    ]);
    for (const name of ['hub', 'broker'] as const) {
      const server = await fleet.serverIdentity(name);
      const [own, issuing, root] = splitPem(server.chainPem).map((pem) => new X509Certificate(pem));
      expect(uses(server.chainPem)).toEqual(['1.3.6.1.5.5.7.3.1']);
      expect(own?.checkHost(name)).toBe(name);
      expect(own?.checkHost('elsewhere')).toBeUndefined();
      expect(own?.subject).toContain('OU=hub');
      expect([own?.verify((issuing ?? own).publicKey), issuing?.verify((root ?? issuing).publicKey)]).toEqual(
        [true, true],
      );
      expect((await fleet.serverIdentity(name)).fingerprint).toBe(server.fingerprint);
    }
    const client = await fleet.clientIdentity();
    expect(new X509Certificate(client.chainPem).subject).toContain('CN=hub');
    // The hub's client certificate signs itself: it goes back to nobody, so it is no chain at all.
    const stolenKeys = [
      [await fleet.serverIdentity('hub'), 'wrong_role'],
      [client, 'malformed'],
    ] as const;
    for (const [stolen, code] of stolenKeys) {
      const signer = signerFromPem(stolen.keyPem, splitPem(stolen.chainPem).slice(0, 2));
      const forged = await signJws('keyturn-quote', { total: 0 }, signer, FOUNDED);
      const schema = z.object({ total: z.int() });
      const options = {
        type: 'keyturn-quote',
        schema,
        roles: ['hub'],
        validAt: FOUNDED,
        maxBytes: 9000,
      } as const;
      expect(await verifyJws(forged, fleet.trust, options)).toMatchObject({ error: { code } });
      const sound = await signJws('keyturn-quote', { total: 0 }, fleet.hubSigner, FOUNDED);
      expect((await verifyJws(sound, fleet.trust, options)).ok).toBe(true);
    }
  });

  it('SEC-1, SEC-3: the hub renews its own certificates with new keys when two thirds of their life are over', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyturn-pki-'));
    let now = FOUNDED;
    const deps = { keys: memoryKeys(), clock: { now: () => now }, random: seededRandom(1) };
    const fleet = await openFleetAuthority(deps, folder);
    const first = await fleet.serverIdentity('broker');
    now = epochMs(FOUNDED + LIFE.hub * 0.66);
    expect((await fleet.serverIdentity('broker')).fingerprint).toBe(first.fingerprint);
    now = epochMs(FOUNDED + LIFE.hub * 0.67);
    const [second, same] = await Promise.all([
      fleet.serverIdentity('broker'),
      fleet.serverIdentity('broker'),
    ]);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(second.keyPem).not.toBe(first.keyPem);
    expect(same.fingerprint).toBe(second.fingerprint);
    const again = await openFleetAuthority(deps, folder);
    expect((await again.serverIdentity('broker')).fingerprint).toBe(second.fingerprint);
    expect(again.hubSigner.certificateChain[0]).not.toEqual(fleet.hubSigner.certificateChain[0]);
  });

  it('SEC-1: refuses a request for another name, one not signed by its key, and noise', async () => {
    const fleet = await foundFleet();
    const { csrPem } = await createDeviceKeyAndCsr('kiosk-one');
    const ask = async (pem: string, id: string) => {
      const issued = await fleet.issueCertificate(pem, { id, role: 'kiosk', validity: life });
      return issued.ok ? 'granted' : issued.error.code;
    };
    expect(await ask(csrPem, 'kiosk-two')).toBe('request_name_mismatch');
    expect(await ask('noise', 'kiosk-one')).toBe('request_malformed');
    const der = Buffer.from(csrPem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    der[der.length - 5] = (der[der.length - 5] ?? 0) ^ 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(['request_signature_invalid', 'request_malformed']).toContain(await ask(forged, 'kiosk-one'));
  });

  it('SEC-1: an enrolment code carries the root’s fingerprint and is stored as a digest only', () => {
    const fingerprint = 'ab'.repeat(32);
    const code = makeEnrolmentCode(seededRandom(3), fingerprint);
    expect(value(readEnrolmentCode(` ${code}\n`)).rootFingerprint).toBe(fingerprint);
    expect(codeMatches(code, codeDigest(code))).toBe(true);
    expect(codeMatches(makeEnrolmentCode(seededRandom(4), fingerprint), codeDigest(code))).toBe(false);
    expect(readEnrolmentCode(code.slice(1)).ok).toBe(false);
  });
});
