import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { accessKeyHash } from '#hub/app/members/sign-in.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';

describe('hub: who signs in as a member', () => {
  let hub: TestHub;
  let kiosk: TestTerminal;
  let desk: TestTerminal;
  beforeAll(async () => {
    hub = await startTestHub();
    kiosk = await hub.terminal('kiosk', 'kiosk-one');
    desk = await hub.terminal('return-terminal', 'return-one');
    await hub.signInStaff();
  });
  afterAll(() => hub.close());

  const id = <Id extends string>(): Id => newId<Id>(hub.clock, systemRandom);
  const codeOf = (answer: { body: unknown } | undefined): unknown =>
    (answer?.body as { code?: string } | undefined)?.code;
  const member = async (): Promise<{ number: string }> => {
    const body = { displayName: 'Ann', birthYear: 1980, pin: '1234', language: 'en' };
    const answer = await hub.ask(kiosk, '/members/register', body);
    expect(answer.status).toBe(200);
    return { number: api.registerAnswer.parse(answer.body).memberNumber };
  };
  const staffPost = (path: string, body: unknown) =>
    hub.staff(path, { method: 'POST', body: JSON.stringify(body) });
  const memberIdOf = async (number: string) => {
    const row = await hub.hub.inside().db.stores.members.first({ number });
    if (row === null) throw new Error('the test registered this member');
    return row.memberId;
  };
  const byNumber = (number: string, pin: string, at = kiosk) =>
    hub.ask(at, '/members/sign-in', { mediumId: null, accessKey: null, memberNumber: number, pin });
  /** A stick registered for a member, as a kiosk registers it. */
  const stickOf = async (number: string) => {
    const stick = {
      mediumId: id<MediumId>(),
      accessKey: Buffer.from(systemRandom.bytes(32)).toString('base64url'),
    };
    const { stores } = hub.hub.inside().db;
    await stores.media.insert({
      mediumId: stick.mediumId,
      memberId: await memberIdOf(number),
      mediumClass: 'plain',
      identity: null,
      accessKeyHash: accessKeyHash(stick.accessKey),
      registeredAt: hub.clock.now(),
      lastSeenAt: hub.clock.now(),
    });
    return stick;
  };

  it('MED-5: five wrong PINs lock, wherever they are typed, also for the right one; staff can reset', async () => {
    const { number } = await member();
    const stick = await stickOf(number);
    const other = await hub.terminal('return-terminal', `rt-pin-${number}`);
    const byMedium = (pin: string, at = kiosk) =>
      hub.ask(at, '/members/sign-in', { ...stick, memberNumber: null, pin });
    const tries = [];
    for (let time = 0; time < 5; time += 1)
      tries.push(await byMedium('9999', time % 2 === 0 ? kiosk : other));
    expect(tries.map(codeOf)).toEqual(['pin_wrong', 'pin_wrong', 'pin_wrong', 'pin_wrong', 'pin_locked']);
    expect(tries[0]?.body).toMatchObject({ details: { triesLeft: 4 } });
    expect(codeOf(await byMedium('1234'))).toBe('pin_locked');
    const memberId = await memberIdOf(number);
    expect(await hub.hub.inside().db.stores.alerts.list({ subject: memberId }, { limit: 5 })).toMatchObject([
      { code: 'security_pin_locked' },
    ]);
    const reset = await staffPost(`/members/${memberId}/pin`, { pin: '4321' });
    expect(reset.status).toBe(200);
    expect((await byNumber(number, '4321')).status).toBe(200);
  });

  it('SEC-6: by number one answer to a wrong PIN, a number of nobody and a locked account, for the same work', async () => {
    const { number } = await member();
    const { pins } = hub.hub.inside();
    const check = vi.spyOn(pins, 'check');
    try {
      const answers = [await byNumber(number, '9999'), await byNumber('00000000', '1234')];
      for (let time = 0; time < 5; time += 1) answers.push(await byNumber(number, '9999'));
      // Locked by now: neither the right PIN nor a wrong one tells that it is.
      answers.push(await byNumber(number, '1234'), await byNumber(number, '9999'));
      const bodies = answers.map(({ status, body }) => JSON.stringify({ status, body }));
      expect(new Set(bodies).size).toBe(1);
      expect(codeOf(answers[0])).toBe('sign_in_refused');
      // The work, counted instead of timed: one check each, against a verifier of the same cost.
      expect(check).toHaveBeenCalledTimes(answers.length);
      const costs = check.mock.calls.map(
        ([, verifier]) => /hmac\+scrypt(\$\d+){3}/.exec(verifier ?? pins.none.pinVerifier)?.[0],
      );
      expect(new Set(costs)).toEqual(new Set(['hmac+scrypt$1024$8$1']));
    } finally {
      check.mockRestore();
    }
  });

  it('SEC-6: who tries out numbers at a terminal is stopped there, heard by staff, and nobody with a medium is', async () => {
    const { number } = await member();
    const stick = await stickOf(number);
    const guessed = await hub.terminal('kiosk', `kiosk-guessed-${number}`);
    const codes = [];
    for (let time = 0; time < 22; time += 1)
      codes.push(codeOf(await byNumber(String(10_000_000 + time), '1234', guessed)));
    expect(codes.slice(0, 20).every((code) => code === 'sign_in_refused')).toBe(true);
    expect(codes.slice(20)).toEqual(['sign_in_paused', 'sign_in_paused']);
    expect(codeOf(await byNumber(number, '1234', guessed))).toBe('sign_in_paused');
    const withMedium = { ...stick, memberNumber: null, pin: '1234' };
    expect((await hub.ask(guessed, '/members/sign-in', withMedium)).status).toBe(200);
    expect((await byNumber(number, '1234')).status).toBe(200);
    const { stores } = hub.hub.inside().db;
    expect(await stores.alerts.list({ subject: guessed.terminalId }, { limit: 5 })).toMatchObject([
      { code: 'security_pin_guessing', severity: 'critical' },
    ]);
    await hub.clock.advance(15 * 60_000);
    expect((await byNumber(number, '1234', guessed)).status).toBe(200);
  });

  it('MED-5: ten wrong PINs at once do not get more than five tries', async () => {
    const { number } = await member();
    const stick = await stickOf(number);
    const signIn = () => hub.ask(kiosk, '/members/sign-in', { ...stick, memberNumber: null, pin: '9999' });
    const codes = (await Promise.all(Array.from({ length: 10 }, signIn))).map(codeOf);
    expect(codes.filter((code) => code === 'pin_wrong')).toHaveLength(4);
    expect(codes.filter((code) => code === 'pin_locked')).toHaveLength(6);
  });

  it('SEC-6: a session is good at its own terminal only, and dead everywhere after sign-out, a new PIN and two hours', async () => {
    const { number } = await member();
    const token = async () =>
      ((await byNumber(number, '1234')).body as { sessionToken: string }).sessionToken;
    const alive = async (sessionToken: string, at = kiosk) =>
      codeOf(await hub.ask(at, '/members/session', { sessionToken }));
    const first = await token();
    expect(await alive(first)).not.toBe('session_over');
    expect(await alive(first, desk)).toBe('session_over');
    // Another terminal that learned the token ends nothing with it.
    await hub.ask(desk, '/members/sign-out', { sessionToken: first });
    expect(await alive(first)).not.toBe('session_over');
    await hub.ask(kiosk, '/members/sign-out', { sessionToken: first });
    expect(await alive(first)).toBe('session_over');
    const second = await token();
    await staffPost(`/members/${await memberIdOf(number)}/pin`, { pin: '1234' });
    expect(await alive(second)).toBe('session_over');
    const third = await token();
    hub.clock.jump(epochMs(hub.clock.now() + 2 * 3_600_000));
    expect(await alive(third)).toBe('session_over');
  });
});
