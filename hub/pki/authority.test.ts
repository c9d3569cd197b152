import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import {
  codeDigest,
  codeMatches,
  makeEnrolmentCode,
  readEnrolmentCode,
} from '#shared/media/enrolment-code.ts';
import { signJws } from '#shared/media/signing.ts';
import { value } from '#test/support/media-story.ts';
import { FOUNDED, foundFleet } from '#test/support/test-fleet.ts';
import { openFleetAuthority } from './authority.ts';
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
    for (const name of ['root', 'issuing', 'hub'])
      expect(await readFile(join(folder, `${name}.key.pem`), 'utf8')).toMatch(
        /^-----BEGIN ENCRYPTED PRIVATE KEY-----/,
      );
    await expect(open('another passphrase')).rejects.toThrow();
    await rm(join(folder, 'root.key.pem'));
    await expect(open('correct horse battery')).rejects.toThrow(/root/);
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
