import { createHmac, scryptSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MediumId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { aBundle, aTitle, NOON } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, type TestKiosk } from '#test/support/kiosk/a-kiosk.ts';
import { TOKEN } from '#test/support/kiosk/fake-hub.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import type { MediumFacts } from '../session/state.ts';
import { signIn } from './sign-in.ts';
import { forgetMedia, knownMedia, PIN_COST, pinTries, signInOffline } from './verifier.ts';

const DAY = 86_400_000;
const fleet = await foundFleet();
const signer = await enrol(fleet, 'kiosk-1', 'kiosk');
const MEDIUM = '01890000-0009-7000-8000-000000000001' as MediumId;
const ACCESS_KEY = Buffer.alloc(32, 5).toString('base64url');
const stick: MediumFacts = {
  mediumId: MEDIUM,
  accessKey: ACCESS_KEY,
  mediumClass: 'plain',
  controllerId: null,
  controllerRevoked: false,
  fileSystem: 'vfat',
  freeBytes: 1e9,
  totalBytes: 1e9,
  largestFileBytes: 1e9,
  players: [],
  titles: [],
  unsettled: 0,
  recommendations: [],
  settled: [],
};

let kiosk: TestKiosk;
const newKiosk = (store?: TestKiosk['store']): TestKiosk =>
  aKiosk({
    trust: fleet.trust,
    signer,
    bundle: aBundle([aTitle(0)]),
    ...(store === undefined ? {} : { store }),
  });
const attempt = async (pin: string, at = kiosk, medium: MediumFacts = stick): Promise<string> => {
  const answer = await signIn(at.deps, { medium, memberNumber: null, pin });
  return answer.ok ? `in${answer.value.offline ? ' offline' : ''}` : answer.error.code;
};

beforeEach(async () => {
  kiosk = newKiosk();
  kiosk.hub.known.set(MEDIUM, TOKEN);
  expect(await attempt(kiosk.hub.pin)).toBe('in');
  kiosk.hub.away = true;
});

describe('PINs at a kiosk without the hub', () => {
  it('MED-5, SEC-6: what lies on the disk has nothing that a PIN could be tried against', () => {
    const row = kiosk.store.get(knownMedia, MEDIUM);
    if (row === null) throw new Error('the kiosk remembers the medium');
    expect(Object.keys(row).sort()).toEqual(
      ['ageYears', 'amountDue', 'cost', 'currency', 'heldRental', 'mediumId', 'memberToken'].concat([
        'players',
        'salt',
        'seenAt',
        'verifier',
      ]),
    );
    // A thief of the disk knows salt, cost, terminal, and even the PIN: without the medium's access key it cannot be confirmed.
    const slow = scryptSync(kiosk.hub.pin, Buffer.from(row.salt, 'hex'), 32, row.cost);
    const made = (key: string) =>
      createHmac('sha256', key).update('keyturn/offline-pin/1:kiosk-1:').update(slow).digest('hex');
    const onDisk = [row.mediumId, row.memberToken, row.salt, row.verifier, 'kiosk-1', ''];
    for (const key of onDisk) expect(made(key)).not.toBe(row.verifier);
    expect(made(ACCESS_KEY)).toBe(row.verifier);
    expect(JSON.stringify(row)).not.toContain(ACCESS_KEY);
    // OWASP's cost: N x r x p of scrypt.
    expect(PIN_COST).toEqual({ N: 32_768, r: 8, p: 3 });
  });

  it('MED-5: five wrong tries lock, with the power taken away after each of them', async () => {
    const codes: string[] = [];
    for (let time = 0; time < 6; time += 1) {
      const restarted = newKiosk(kiosk.store);
      restarted.hub.away = true;
      codes.push(await attempt('0000', restarted));
    }
    expect(codes).toEqual(['pin_wrong', 'pin_wrong', 'pin_wrong', 'pin_wrong', 'pin_locked', 'pin_locked']);
    const last = newKiosk(kiosk.store);
    last.hub.away = true;
    expect(await attempt(kiosk.hub.pin, last)).toBe('pin_locked');
  });

  it('MED-5: a try counts before the PIN is looked at: pulling the plug in between gives none back', async () => {
    const trying = signInOffline(kiosk.deps.runtime, { mediumId: MEDIUM, accessKey: ACCESS_KEY }, '0000');
    // The plug is pulled here: the try is on the disk, no answer was given, nothing was reported.
    expect(kiosk.store.get(pinTries, TOKEN)?.tries).toBe(1);
    expect(kiosk.events()).toEqual([]);
    await trying;
  });

  it('MED-5: twenty tries at once are five', async () => {
    const codes = await Promise.all(Array.from({ length: 20 }, () => attempt('0000')));
    expect(codes.filter((code) => code === 'pin_wrong')).toHaveLength(4);
    expect(codes.filter((code) => code === 'pin_locked')).toHaveLength(16);
    expect(kiosk.events().filter(({ kind }) => kind === 'pin.refused')).toHaveLength(5);
  });

  it('MED-5: each wrong try is reported to the hub, a right one takes the local count back', async () => {
    expect([await attempt('0000'), await attempt('0001'), await attempt(kiosk.hub.pin)]).toEqual([
      'pin_wrong',
      'pin_wrong',
      'in offline',
    ]);
    expect(kiosk.store.get(pinTries, TOKEN)).toBeNull();
    expect(kiosk.events()).toEqual([
      { kind: 'pin.refused', data: { memberToken: TOKEN, at: NOON } },
      { kind: 'pin.refused', data: { memberToken: TOKEN, at: NOON } },
    ]);
  });

  it('MED-5: another access key under the same medium id is no way in', async () => {
    const copied = { ...stick, accessKey: Buffer.alloc(32, 6).toString('base64url') };
    expect(await attempt(kiosk.hub.pin, kiosk, copied)).toBe('pin_wrong');
  });

  it('MED-5: a PIN that is new, locked or withdrawn at the hub is forgotten with the next bundle, and everybody after thirty days', async () => {
    const { runtime } = kiosk.deps;
    forgetMedia(runtime, aBundle([], { pinsChanged: [{ memberToken: TOKEN, at: epochMs(NOON - 1) }] }));
    expect(await attempt(kiosk.hub.pin)).toBe('in offline');
    forgetMedia(runtime, aBundle([], { pinsChanged: [{ memberToken: TOKEN, at: epochMs(NOON + 1) }] }));
    expect(await attempt(kiosk.hub.pin)).toBe('offline_member_unknown');
    kiosk.hub.away = false;
    await attempt(kiosk.hub.pin);
    kiosk.hub.away = true;
    kiosk.clock.jump(epochMs(NOON + 29 * DAY));
    forgetMedia(runtime, aBundle([]));
    expect(await attempt(kiosk.hub.pin)).toBe('in offline');
    kiosk.clock.jump(epochMs(NOON + 31 * DAY));
    forgetMedia(runtime, aBundle([]));
    expect(await attempt(kiosk.hub.pin)).toBe('offline_member_unknown');
  });
});
