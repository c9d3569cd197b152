import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { deviceSeal, openDeviceSecret } from '#shared/edge/drivers/device-secret.ts';
import { readAttempt, removeAttempt, writeAttempt } from '#shared/edge/drivers/enrolment-files.ts';
import { readIdentity, writeIdentity } from '#shared/edge/drivers/identity-files.ts';
import { beginEnrolment, type EnrolmentDeps, enrol } from '#shared/edge/enrolment.ts';
import type { HttpTransport } from '#shared/edge/http-transport.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { makeEnrolmentCode } from '#shared/media/enrolment-code.ts';
import { enrolRequest } from '#shared/protocol/terminal-api.ts';
import { foundFleet } from '#test/support/test-fleet.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-identity-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const seal = deviceSeal(new Uint8Array(32).fill(7));
const kiosk = { terminalId: 'kiosk-1' as TerminalId, role: 'kiosk' as const };

/** A hub that enrols with a real authority. */
async function aHub(role: 'kiosk' | 'return-terminal' = 'kiosk') {
  const fleet = await foundFleet();
  const transport: HttpTransport = {
    request: async ({ url, body }) => {
      expect(url).toBe('https://hub.example/terminal/v1/enrol');
      const request = enrolRequest.parse(JSON.parse(body ?? ''));
      const issued = await fleet.issueCertificate(request.certificateRequest, {
        id: kiosk.terminalId,
        role,
        validity: milliseconds(86_400_000),
      });
      if (!issued.ok) throw new Error(issued.error.code);
      const answer = {
        terminalId: kiosk.terminalId,
        role,
        fleetId: fleet.trust.fleetId,
        siteId: '0199d0c8-1c00-7000-8000-000000000001',
        certificateChain: issued.value.chain,
        rootCertificate: fleet.rootPem,
        mqttUrl: 'mqtts://broker.example:7301',
      };
      return ok({ status: 200, header: () => null, body: Buffer.from(JSON.stringify(answer)) });
    },
  };
  const deps: EnrolmentDeps = {
    shownRoot: async () => ok(new Uint8Array(fleet.trust.root.raw)),
    transport: () => transport,
    hubUrl: 'https://hub.example',
    software: 'test',
    hardwareSerial: 'SN-1',
    clock: { sleep: async () => {} },
    random: seededRandom(1),
    waiting: () => {},
  };
  return { fleet, deps, code: makeEnrolmentCode(seededRandom(1), fleet.rootFingerprint) };
}

const asks = async (deps: EnrolmentDeps, code: string) =>
  enrol(deps, await beginEnrolment(code, kiosk.terminalId), kiosk);
const digest = 'd'.repeat(64);

describe('enrolment', () => {
  it('SEC-1: makes the key here, keeps it for this user alone, and finds it again', async () => {
    const { deps, code, fleet } = await aHub();
    const enrolled = await asks(deps, code);
    if (!enrolled.ok) throw new Error(enrolled.error.code);
    const home = join(folder, 'a');
    const written = writeIdentity(home, enrolled.value, seal, digest);
    if (!written.ok) throw new Error(written.error.message);
    expect(statSync(join(home, 'identity.json')).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    const again = readIdentity(home, seal);
    if (!again.ok || again.value === null) throw new Error('not found again');
    expect(again.value).toMatchObject({ ...kiosk, fleetId: fleet.trust.fleetId });
    expect(again.value.signer.id).toBe('kiosk-1');
  });

  it('SEC-3: the identity on the disk opens with this machine’s secret alone, its key is not there in plain', async () => {
    const { deps, code } = await aHub();
    const enrolled = await asks(deps, code);
    if (!enrolled.ok) throw new Error(enrolled.error.code);
    const home = join(folder, 'sealed');
    writeIdentity(home, enrolled.value, seal, digest);
    const disk = readFileSync(join(home, 'identity.json'), 'utf8');
    const key = createPrivateKey(enrolled.value.privateKeyPem);
    const inner = key.export({ type: 'pkcs8', format: 'der' });
    expect(disk).not.toContain(inner.toString('base64').slice(60, 120));
    expect(disk).not.toContain('BEGIN PRIVATE KEY');
    expect(disk).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    const thief = deviceSeal(new Uint8Array(32).fill(8));
    expect(readIdentity(home, thief)).toMatchObject({ error: { code: 'identity_sealed' } });
    for (const passphrase of ['', 'keyturn', '0'.repeat(64)])
      expect(() => createPrivateKey({ key: JSON.parse(disk).encryptedKeyPem, passphrase })).toThrow();
  });

  it('SEC-3: a device secret is made once where the program chose the place, and never where it was told', () => {
    const file = join(folder, 'device-secret');
    const told = openDeviceSecret({ given: null, file, make: false });
    expect(told).toMatchObject({ error: { code: 'device_secret_unreadable' } });
    const [first, second] = [0, 1].map(() => openDeviceSecret({ given: null, file, make: true }));
    if (!first?.ok || !second?.ok) throw new Error('no secret');
    const sealed = first.value.seal('name', Buffer.from('key'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(second.value.unseal('name', sealed)).toEqual(Buffer.from('key'));
    expect(second.value.unseal('other name', sealed)).toBeNull();
    expect(openDeviceSecret({ given: 'short', file, make: true })).toMatchObject({ ok: false });
  });

  it('SEC-1, SEC-2: a hub with another root than the code’s is not believed, and neither code nor request is sent to it', async () => {
    const { deps } = await aHub();
    const foreign = makeEnrolmentCode(seededRandom(2), 'ab'.repeat(32));
    let asked = 0;
    const transport = () => ({
      request: async () => {
        asked += 1;
        return fault('hub_away', 'played');
      },
    });
    expect(await asks({ ...deps, transport }, foreign)).toMatchObject({
      error: { code: 'enrolment_root_foreign' },
    });
    expect(asked).toBe(0);
  });

  it('SEC-1: a code for another role does not make this program that', async () => {
    const { deps, code } = await aHub('return-terminal');
    expect(await asks(deps, code)).toMatchObject({ error: { code: 'enrolment_role_wrong' } });
  });

  it('SEC-1: nonsense is no code, an absent hub is said as such', async () => {
    const { deps, code } = await aHub();
    expect(await asks(deps, 'KT1-nonsense')).toMatchObject({
      error: { code: 'enrolment_code_malformed' },
    });
    const away = { ...deps, transport: () => ({ request: async () => fault('hub_away', 'played') }) };
    expect(await asks(away, code)).toMatchObject({ error: { code: 'hub_away' } });
  });

  it('SEC-1: asks until staff approved it, also while the hub is away, with the one key that it put on the disk first', async () => {
    const { deps, code } = await aHub();
    const sent: string[] = [];
    const slept: number[] = [];
    let waited = 0;
    const slow: EnrolmentDeps = {
      ...deps,
      transport: (trust) => ({
        request: async (request) => {
          sent.push(request.body ?? '');
          if (sent.length === 2) return fault('hub_away', 'played');
          const answered = await deps.transport(trust).request(request);
          if (sent.length >= 4 || !answered.ok) return answered;
          const { rootCertificate } = JSON.parse(Buffer.from(answered.value.body).toString());
          const body = { pending: true, retryAfterSeconds: 3, rootCertificate };
          return ok({ ...answered.value, body: Buffer.from(JSON.stringify(body)) });
        },
      }),
      clock: {
        sleep: async (duration) => {
          slept.push(duration);
        },
      },
      waiting: () => {
        waited += 1;
      },
    };
    const home = join(folder, 'waiting');
    writeAttempt(home, await beginEnrolment(code, kiosk.terminalId), seal);
    const attempt = readAttempt(home, code, seal);
    if (attempt === null) throw new Error('the attempt is on the disk');
    expect(readAttempt(home, makeEnrolmentCode(seededRandom(9), 'ab'.repeat(32)), seal)).toBeNull();
    const enrolled = await enrol(slow, attempt, kiosk);
    expect(enrolled).toMatchObject({ ok: true, value: { privateKeyPem: attempt.privateKeyPem } });
    expect(new Set(sent).size).toBe(1);
    expect([slept.length, waited]).toEqual([3, 1]);
    expect(slept.every((span, index) => index === 0 || span > (slept[index - 1] ?? 0) / 2)).toBe(true);
    removeAttempt(home);
    expect(readAttempt(home, code, seal)).toBeNull();
  });

  it('SEC-1: before enrolment there is no identity; a damaged one is not replaced silently', () => {
    expect(readIdentity(join(folder, 'none'), seal)).toEqual({ ok: true, value: null });
    writeFileSync(
      join(folder, 'identity.json'),
      readFileSync(join(folder, 'a', 'identity.json')).subarray(0, 500),
    );
    expect(readIdentity(folder, seal)).toMatchObject({ error: { code: 'identity_damaged' } });
  });
});
