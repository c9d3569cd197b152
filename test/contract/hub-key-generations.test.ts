import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBundle } from '#hub/app/fleet/bundle.ts';
import { FORMER_READ_KEYS, readKeys } from '#hub/app/keys/read-keys.ts';
import { ROTATED_KEYS, type RotatedKey } from '#hub/app/keys/rotation.ts';
import { sealText } from '#hub/app/keys/sealed-text.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { totpCode } from '#hub/app/staff/totp.ts';
import { keyList } from '#hub/http/contract/keys.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { openRecommendations } from '#shared/media/recommendations.ts';
import { sealDocument } from '#shared/media/sealed-document.ts';

import * as api from '#shared/protocol/terminal-api.ts';
import { startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';

const DAY = 86_400_000;

describe('generations of the hub’s keys', () => {
  let hub: TestHub;
  let kiosk: TestTerminal;
  beforeAll(async () => {
    hub = await startTestHub();
    kiosk = await hub.terminal('kiosk', 'kiosk-one');
    await hub.signInStaff();
  });
  afterAll(() => hub.close());

  const inside = () => hub.hub.inside();
  const rotate = async (key: RotatedKey): Promise<void> =>
    expect((await hub.asTwo(`/keys/${key}/rotate`)).status).toBe(200);
  const later = async (passed: number): Promise<void> => {
    hub.clock.jump(epochMs(hub.clock.now() + passed));
    // Jobs go by the running time.
    await hub.clock.advance(20_000);
    await inside().ticker.tick();
  };
  /** Newest first: what still needs each generation, or when it was retired. */
  const standing = async (key: RotatedKey): Promise<readonly (number | null | 'retired')[]> => {
    await hub.signInStaff();
    const { items } = keyList.parse(await (await hub.staff('/keys')).json());
    const generations = items.find((one) => one.key === key)?.generations ?? [];
    return generations.map(({ retiredAt, uses }) => (retiredAt === null ? uses : 'retired'));
  };
  const registered = async (): Promise<string> => {
    const body = { displayName: 'Ann', birthYear: 1980, pin: '1234', language: 'en' };
    return api.registerAnswer.parse((await hub.ask(kiosk, '/members/register', body)).body).memberNumber;
  };
  const signIn = async (number: string, pin = '1234'): Promise<number> => {
    const asked = { mediumId: null, accessKey: null, memberNumber: number, pin };
    return (await hub.ask(kiosk, '/members/sign-in', asked)).status;
  };

  it('SEC-3, SEC-7: nobody rotates a key alone: another administrator agrees, no manager, and both stand in the trail', async () => {
    const { secretKeys } = inside();
    const before = secretKeys.current('pairing').generation;
    const ask = (path: string, body: unknown = {}) =>
      hub.staff(path, { method: 'POST', body: JSON.stringify(body) });
    expect((await ask('/keys/pairing/rotate')).status).toBe(400);
    const asked = await ask('/keys/pairing/rotate', { reason: 'somebody left' });
    const { requestId } = (await asked.json()) as { requestId: string };
    const approve = () => ask(`/second-person/${requestId}/approve`);
    expect(await (await approve()).json()).toMatchObject({ code: 'second_person_same' });
    await addStaff(inside(), { name: 'mona', role: 'manager', password: 'another long password' });
    await hub.signInStaff('mona', 'another long password');
    expect(await (await approve()).json()).toMatchObject({ code: 'second_person_role' });
    expect((await ask('/keys/pairing/rotate', { reason: 'somebody left' })).status).toBe(403);
    expect(secretKeys.current('pairing').generation).toBe(before);
    await rotate('pairing');
    expect(secretKeys.current('pairing').generation).not.toBe(before);
    const trail = await inside().db.stores.audit.list({ limit: 20 });
    expect(trail.find(({ action }) => action === 'keys.rotated')).toMatchObject({
      actor: 'staff:admin, staff:berta-admin',
      subject: 'pairing',
    });
  });

  it('SEC-3: every key of the hub has a rotation, also twice at once', async () => {
    for (const key of ROTATED_KEYS) await rotate(key);
    const { items } = keyList.parse(await (await hub.staff('/keys')).json());
    expect(items.map(({ key }) => key)).toEqual([...ROTATED_KEYS]);
    for (const { generations } of items) expect(generations.length).toBeGreaterThan(1);
  });

  it('SEC-3, MED-5: PINs of before sign in and are made anew; the former key stays until none needs it, and then opens nothing', async () => {
    const [early, late] = [await registered(), await registered()];
    const { stores } = inside().db;
    const former = (await stores.members.first({ number: early }))?.pinVerifier ?? '';
    const signedIn = await hub.ask(kiosk, '/members/sign-in', {
      ...{ mediumId: null, accessKey: null, memberNumber: late, pin: '1234' },
    });
    const { sessionToken } = api.memberSession.parse(signedIn.body);
    await rotate('pins');
    // Whoever is signed in goes on.
    expect((await hub.ask(kiosk, '/members/session', { sessionToken })).status).toBe(200);
    await later(11 * 60_000);
    expect((await standing('pins')).slice(0, 2)).toEqual([0, 2]);
    expect(await signIn(early, '9999')).toBe(401);
    expect(await signIn(early)).toBe(200);
    expect((await standing('pins')).slice(0, 2)).toEqual([1, 1]);
    await later(30 * DAY);
    // However long it takes: nobody is asked for a new PIN because a key was changed.
    expect((await standing('pins')).slice(0, 2)).toEqual([1, 1]);
    expect(await signIn(late)).toBe(200);
    await later(60_000);
    expect((await standing('pins')).slice(0, 2)).toEqual([2, 'retired']);
    expect([await signIn(early), await signIn(late)]).toEqual([200, 200]);
    // The former verifier, from a stolen backup: its key is gone.
    await stores.members.patchWhere({ number: early }, { pinVerifier: former });
    expect(await signIn(early)).toBe(401);
  });

  it('SEC-3, SEC-7: second factors and sessions of before go on, are sealed anew, and the former key opens nothing after its end', async () => {
    const { staffKeys, db } = inside();
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
    const sealed = staffKeys.seal(secret);
    const browser = staffKeys.deviceToken('somebody');
    const admin = await db.stores.staff.first({ name: 'mona' });
    if (admin === null) throw new Error('made before');
    await db.stores.staff.patch({ staffId: admin.staffId }, { totpSecret: sealed });
    await rotate('staff');
    expect((await hub.staff('/overview')).status).toBe(200);
    expect(staffKeys.unseal(sealed)).toBe(secret);
    await later(60_000);
    const again = (await db.stores.staff.find({ staffId: admin.staffId }))?.totpSecret ?? '';
    expect(again).not.toBe(sealed);
    const opened = staffKeys.unseal(again) ?? '';
    expect(totpCode(opened, hub.clock.now())).toBe(totpCode(secret, hub.clock.now()));
    expect((await standing('staff')).slice(0, 2)).toEqual([1, 0]);
    expect(staffKeys.deviceOf(browser, 'somebody')).not.toBeNull();
    expect(staffKeys.deviceOf(browser, 'somebody else')).toBeNull();
    await later(31 * DAY);
    expect((await standing('staff')).slice(0, 2)).toEqual([1, 'retired']);
    expect([staffKeys.unseal(sealed), staffKeys.deviceOf(browser, 'somebody')]).toEqual([null, null]);
    expect(staffKeys.unseal(again)).toBe(secret);
  });

  it('SEC-3, RET-6: media written under the former reading key are still read, new ones are written under the new one, until it ends', async () => {
    const bundle = async () => {
      const terminal = await inside().db.stores.terminals.find({ terminalId: kiosk.terminalId });
      if (terminal === null) throw new Error('enrolled');
      return makeBundle(inside(), terminal);
    };
    const recipient = await inside().fleet.readRecipient();
    const payload = { version: 1, memberToken: 'mt_0123456789abcdefghijkl', madeAt: hub.clock.now() };
    const written = await sealDocument(
      'keyturn-recommendations',
      { ...payload, terminal: kiosk.terminalId, titles: [] },
      [recipient],
      kiosk.signer,
      hub.clock.now(),
    );
    const former = (await bundle()).fleetReadKey;
    await rotate('media');
    expect(await inside().fleet.readRecipient()).not.toBe(recipient);
    const told = await bundle();
    expect(told.formerReadKeys?.[0]).toBe(former);
    const readBy = async (key: string): Promise<boolean> =>
      (await openRecommendations(written, key, inside().trust)).ok;
    expect([await readBy(told.fleetReadKey), await readBy(told.formerReadKeys?.[0] ?? '')]).toEqual([
      false,
      true,
    ]);
    // Sealed under another key of settings meanwhile: terminals are told the same.
    await rotate('settings');
    await later(60_000);
    expect(await readKeys(inside())).toMatchObject({ newest: told.fleetReadKey });
    expect((await standing('settings'))[1]).toBe(0);
    await later(11 * 60_000);
    expect((await standing('settings'))[1]).toBe('retired');
    expect((await bundle()).formerReadKeys).toContain(former);
    for (let time = 0; time <= FORMER_READ_KEYS; time += 1) await rotate('media');
    await later(60_000);
    expect((await bundle()).formerReadKeys).toHaveLength(FORMER_READ_KEYS);
    expect((await bundle()).formerReadKeys).not.toContain(former);
    await later(401 * DAY);
    expect((await bundle()).formerReadKeys).toBeUndefined();
  });
});

describe('keys of a fleet from before there were generations', () => {
  it('SEC-3: what was sealed, keyed and shown then is still good: the first generation is what the hub’s secret gives', async () => {
    const hub = await startTestHub();
    try {
      const { secretKeys, db, random, clock, staffKeys } = hub.hub.inside();
      for (const purpose of ['staff', 'pins', 'pairing', 'settings'] as const)
        expect(secretKeys.generations(purpose).map(({ generation }) => generation)).toEqual(['1']);
      // The former form of the reading key: one setting, sealed with what is now the first key of settings.
      const identity = `AGE-SECRET-KEY-1${'Q'.repeat(58)}`;
      const bytes = Buffer.from(sealText(secretKeys.current('settings').key, identity, random), 'base64url');
      const value = {
        nonce: bytes.subarray(0, 12).toString('base64url'),
        tag: bytes.subarray(12, 28).toString('base64url'),
        sealed: bytes.subarray(28).toString('base64url'),
      };
      await db.stores.settings.removeWhere({ name: 'fleet.read_keys' });
      await db.stores.settings.insert({ name: 'fleet.read_key', value, updatedAt: clock.now() });
      expect(await readKeys(hub.hub.inside())).toEqual({ newest: identity, former: [] });
      // Sealed texts of then named no generation.
      const now = staffKeys.seal('secret of an app');
      expect(staffKeys.unseal(now.split('.')[1] ?? '')).toBe('secret of an app');
    } finally {
      await hub.close();
    }
  });
});
