import { describe, expect, it } from 'vitest';
import { totpCode } from '#hub/app/staff/totp.ts';
import { CONSOLE_POLICY } from '#hub/http/security-headers.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { PASSWORD } from './hub-harness.ts';
import { Browser, codeOf, staffPeople, WORDS } from './staff-people.ts';

describe('staff: sessions, second factor, roles, two people', () => {
  const people = staffPeople();
  const { person, pass, setUp, signedIn } = people;
  const alert = (code: string, subject: string) =>
    people.hub.hub.inside().db.stores.alerts.first({ code, subject });

  it('SEC-7: who must have a second factor and has none may do nothing but set it up', async () => {
    const { browser, name } = await person('admin');
    expect(await (await browser.signIn(name)).json()).toMatchObject({ level: 'setup', secondFactor: false });
    expect(await codeOf(await browser.ask('GET', '/overview'))).toBe('second_factor_setup');
    expect((await browser.ask('GET', '/account')).status).toBe(200);
    await setUp(browser);
    expect((await browser.ask('GET', '/overview')).status).toBe(200);
    expect(await codeOf(await browser.ask('DELETE', '/account/second-factor'))).toBe(
      'second_factor_required',
    );
  });

  it('SEC-7: a password alone opens nothing where a second factor is set; each code opens once (RFC 6238 5.2)', async () => {
    const { browser, name } = await signedIn('manager');
    const secret = await setUp(browser);
    const other = new Browser(people.hub);
    expect(await (await other.signIn(name)).json()).toMatchObject({ level: 'password' });
    for (const path of ['/overview', '/account', '/audit', '/members'])
      expect(await codeOf(await other.ask('GET', path))).toBe('second_factor_needed');
    const code = totpCode(secret, people.hub.clock.now());
    const before = other.token;
    expect((await other.ask('POST', '/session/second-factor', { code })).status).toBe(200);
    expect(other.token).not.toBe(before);
    expect((await other.ask('GET', '/overview')).status).toBe(200);
    const third = new Browser(people.hub);
    await third.signIn(name);
    expect(await codeOf(await third.ask('POST', '/session/second-factor', { code }))).toBe(
      'second_factor_wrong',
    );
    const early = totpCode(secret, epochMs(people.hub.clock.now() - 120_000));
    expect(await codeOf(await third.ask('POST', '/session/second-factor', { code: early }))).toBe(
      'second_factor_wrong',
    );
  });

  it('SEC-7: of one code sent twice at the same moment one opens', async () => {
    const { browser, name } = await signedIn('manager');
    const secret = await setUp(browser);
    const both = [new Browser(people.hub), new Browser(people.hub)];
    for (const one of both) await one.signIn(name);
    const code = totpCode(secret, people.hub.clock.now());
    const answers = await Promise.all(both.map((one) => one.ask('POST', '/session/second-factor', { code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it('SEC-7: a backup code takes the place of the app, once, however it is typed', async () => {
    const { browser, name } = await signedIn('clerk');
    await setUp(browser);
    const { codes } = (await (await browser.ask('POST', '/account/backup-codes')).json()) as {
      codes: string[];
    };
    expect(new Set(codes).size).toBe(10);
    const use = async (code: string) => {
      const other = new Browser(people.hub);
      await other.signIn(name);
      return (await other.ask('POST', '/session/second-factor', { code })).status;
    };
    expect(await use((codes[0] ?? '').toLowerCase().replaceAll('-', ' '))).toBe(200);
    expect(await use(codes[0] ?? '')).toBe(401);
    expect(await use(codes[1] ?? '')).toBe(200);
  });

  it('SEC-7: guessing the second factor ends the half session and is reported; time gives the account back', async () => {
    const { browser, name } = await signedIn('manager');
    const secret = await setUp(browser);
    const guesser = new Browser(people.hub);
    const tried: unknown[] = [];
    for (let time = 0; time < 12; time += 1) {
      if (time % 4 === 0) await guesser.signIn(name);
      tried.push(await codeOf(await guesser.ask('POST', '/session/second-factor', { code: '000000' })));
    }
    expect(tried.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'second_factor_wrong'));
    expect(tried[10]).toBe('staff_locked');
    expect(await alert('security_second_factor_guessing', name)).toMatchObject({ severity: 'critical' });
    await pass(15 * 60_000);
    const owner = new Browser(people.hub);
    await owner.signIn(name);
    const code = totpCode(secret, people.hub.clock.now());
    expect((await owner.ask('POST', '/session/second-factor', { code })).status).toBe(200);
  });

  it('SEC-7: an attacker from elsewhere does not lock staff out at the browser they know', async () => {
    const { browser, name } = await signedIn('clerk');
    await browser.ask('DELETE', '/session');
    const guesser = new Browser(people.hub);
    const tried = [];
    for (let time = 0; time < 10; time += 1) tried.push(await codeOf(await guesser.signIn(name, 'a guess')));
    expect(tried.slice(-2)).toEqual(['staff_locked', 'staff_locked']);
    expect((await guesser.signIn(name)).status).toBe(429);
    expect((await browser.signIn(name)).status).toBe(200);
    expect(await alert('security_sign_in_guessing', name)).not.toBeNull();
    await pass(15 * 60_000 + 1);
    expect((await guesser.signIn(name)).status).toBe(200);
  });

  it('SEC-7: wrong passwords sent at the same moment do not pass the limit together', async () => {
    await pass(3_600_000);
    const { name } = await person('clerk');
    const all = await Promise.all(
      Array.from({ length: 14 }, () => new Browser(people.hub).signIn(name, 'a guess')),
    );
    expect(all.filter(({ status }) => status === 401)).toHaveLength(8);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(6);
    await pass(15 * 60_000 + 1);
  });

  it('SEC-7: a token planted before the sign-in is worth nothing after it, and who uses it is reported', async () => {
    const { browser, name } = await signedIn('manager');
    const secret = await setUp(browser);
    const victim = new Browser(people.hub);
    victim.jar.set('keyturn_staff', 'a token that the attacker chose');
    await victim.signIn(name);
    expect(victim.token).not.toBe('a token that the attacker chose');
    const half = victim.token;
    await victim.ask('POST', '/session/second-factor', { code: totpCode(secret, people.hub.clock.now()) });
    await pass(6000);
    const attacker = new Browser(people.hub);
    attacker.jar.set('keyturn_staff', half);
    expect(await codeOf(await attacker.ask('GET', '/overview'))).toBe('staff_signed_out');
    expect(await alert('security_ended_session_used', name)).not.toBeNull();
    expect((await victim.ask('GET', '/overview')).status).toBe(200);
  });

  it('SEC-7: sessions end after an hour without a hand, after ten hours in any case, and at sign-out', async () => {
    const { browser } = await signedIn('clerk');
    for (let hour = 0; hour < 9; hour += 1) {
      await pass(59 * 60_000);
      expect((await browser.ask('GET', '/overview')).status).toBe(200);
    }
    await pass(70 * 60_000);
    expect((await browser.ask('GET', '/overview')).status).toBe(401);
    const idle = await signedIn('clerk');
    await pass(31 * 60_000);
    expect((await idle.browser.ask('GET', '/overview', undefined, { 'x-keyturn-idle': '1' })).status).toBe(
      200,
    );
    await pass(31 * 60_000);
    expect((await idle.browser.ask('GET', '/overview')).status).toBe(401);
    const left = await signedIn('clerk');
    const token = left.browser.token;
    await left.browser.ask('DELETE', '/session');
    left.browser.jar.set('keyturn_staff', token);
    expect((await left.browser.ask('GET', '/overview')).status).toBe(401);
  });

  it('SEC-7: a closed account and a new role end every session at once; another session is ended from the list', async () => {
    const admin = await signedIn('admin');
    const closed = await signedIn('clerk');
    const path = `/staff/${closed.staffId}`;
    expect((await admin.browser.ask('PATCH', path, { disabled: true })).status).toBe(200);
    expect((await closed.browser.ask('GET', '/overview')).status).toBe(401);
    expect(await codeOf(await closed.browser.signIn(closed.name))).toBe('staff_unknown');
    const moved = await signedIn('manager');
    await admin.browser.ask('PATCH', `/staff/${moved.staffId}`, { role: 'auditor' });
    expect((await moved.browser.ask('GET', '/overview')).status).toBe(401);
    const many = await signedIn('clerk');
    const second = new Browser(people.hub);
    await second.signIn(many.name);
    const { sessions } = (await (await many.browser.ask('GET', '/account')).json()) as {
      sessions: { sessionId: string; own: boolean }[];
    };
    expect(sessions).toHaveLength(2);
    const other = sessions.find(({ own }) => !own)?.sessionId;
    expect(await (await many.browser.ask('DELETE', `/account/sessions/${other}`)).json()).toEqual({
      ended: 1,
    });
    expect((await second.ask('GET', '/overview')).status).toBe(401);
    const stranger = await signedIn('clerk');
    const own = sessions.find((session) => session.own)?.sessionId;
    expect(await (await stranger.browser.ask('DELETE', `/account/sessions/${own}`)).json()).toEqual({
      ended: 0,
    });
  });

  it('SEC-7: a new account and a reset one set their password by a one-time code, once; common passwords are refused', async () => {
    const admin = await signedIn('admin');
    const invited = (await (
      await admin.browser.ask('POST', '/staff', { name: 'nora', role: 'clerk' })
    ).json()) as {
      code: string;
      staffId: string;
    };
    const nora = new Browser(people.hub);
    expect(await codeOf(await nora.signIn('nora', ''))).toBe('request_malformed');
    expect(await codeOf(await nora.signIn('nora'))).toBe('staff_unknown');
    const redeem = (body: object) =>
      nora.ask('POST', '/session/redeem', { name: 'nora', code: invited.code, password: WORDS, ...body });
    expect(await codeOf(await redeem({ password: 'short' }))).toBe('password_too_short');
    expect(await codeOf(await redeem({ password: 'passwordpassword' }))).toBe('password_common');
    expect(await codeOf(await redeem({ name: 'admin' }))).toBe('staff_code_wrong');
    expect((await redeem({})).status).toBe(204);
    expect(await codeOf(await redeem({}))).toBe('staff_code_wrong');
    expect((await nora.signIn('nora')).status).toBe(200);
    const reset = (await (
      await admin.browser.ask('POST', `/staff/${invited.staffId}/reset`, { clearsSecondFactor: true })
    ).json()) as { code: string };
    expect((await nora.ask('GET', '/overview')).status).toBe(401);
    expect(await codeOf(await nora.signIn('nora'))).toBe('staff_unknown');
    await pass(25 * 3_600_000);
    expect(await codeOf(await redeem({ code: reset.code }))).toBe('staff_code_wrong');
  });

  it('SEC-7: what weighs much asks again who it is; the proof makes a new token', async () => {
    const { browser } = await signedIn('clerk');
    await pass(6 * 60_000);
    expect(await codeOf(await browser.ask('POST', '/account/second-factor'))).toBe('fresh_proof_needed');
    expect(await codeOf(await browser.ask('POST', '/session/proof', { proof: 'not it' }))).toBe(
      'staff_unknown',
    );
    const before = browser.token;
    expect((await browser.ask('POST', '/session/proof', { proof: WORDS })).status).toBe(200);
    expect(browser.token).not.toBe(before);
    expect((await browser.ask('POST', '/account/second-factor')).status).toBe(200);
    const second = await browser.ask('PUT', '/account/password', {
      current: WORDS,
      next: 'nine green kettles sing at noon',
    });
    expect(second.status).toBe(200);
  });

  it('SEC-7: nobody raises anybody to administrator alone, by no field and no way around', async () => {
    const admin = await signedIn('admin');
    const clerk = await signedIn('clerk');
    const row = () => people.hub.hub.inside().db.stores.staff.find({ staffId: clerk.staffId });
    const tries = [
      clerk.browser.ask('PATCH', `/staff/${clerk.staffId}`, { role: 'admin' }),
      clerk.browser.ask('PUT', '/account/password', { current: WORDS, next: WORDS, role: 'admin' }),
      clerk.browser.ask('POST', '/session/proof', { proof: WORDS, role: 'admin', level: 'full' }),
      admin.browser.ask('POST', '/staff', { name: 'a-puppet', role: 'admin' }),
      admin.browser.ask('PATCH', `/staff/${admin.staffId}`, { role: 'admin', disabled: false }),
    ];
    await Promise.all(tries);
    expect(await row()).toMatchObject({ role: 'clerk' });
    expect(await alert('security_role_denied', clerk.name)).not.toBeNull();
    const asked = (await (
      await admin.browser.ask('PATCH', `/staff/${clerk.staffId}`, { role: 'admin' })
    ).json()) as {
      requestId: string;
    };
    expect(await row()).toMatchObject({ role: 'clerk' });
    const approve = (browser: Browser) => browser.ask('POST', `/second-person/${asked.requestId}/approve`);
    expect(await codeOf(await approve(admin.browser))).toBe('second_person_same');
    expect(await alert('security_second_person_denied', admin.name)).not.toBeNull();
    expect(await codeOf(await approve(clerk.browser))).toBe('role_insufficient');
    const manager = await signedIn('manager');
    expect(await (await approve(manager.browser)).json()).toMatchObject({
      state: 'approved',
      decidedBy: manager.name,
    });
    expect(await row()).toMatchObject({ role: 'admin' });
    // Decided once, whoever asks; only the words of whoever asked can be emptied (SEC-9).
    const { secondPerson } = people.hub.hub.inside().db.stores;
    const { requestId } = asked;
    await expect(secondPerson.patch({ requestId }, { state: 'pending' })).rejects.toThrow('decided once');
    await expect(secondPerson.removeWhere({ requestId })).rejects.toThrow('append_only');
    await expect(secondPerson.patch({ requestId }, { reason: 'other words' })).rejects.toThrow(
      'decided once',
    );
    expect(await secondPerson.patch({ requestId }, { reason: '' })).toBe(true);
  });

  it('SEC-7: an account that the one who asks made or reset within a day is not a second person, nor the other way round', async () => {
    const admin = await signedIn('admin');
    const puppet = (await (
      await admin.browser.ask('POST', '/staff', { name: 'puppet', role: 'manager' })
    ).json()) as {
      code: string;
    };
    const hand = new Browser(people.hub);
    await hand.ask('POST', '/session/redeem', { name: 'puppet', code: puppet.code, password: WORDS });
    await hand.signIn('puppet');
    const victim = await person('clerk');
    const asked = (await (
      await admin.browser.ask('PATCH', `/staff/${victim.staffId}`, { role: 'admin' })
    ).json()) as {
      requestId: string;
    };
    const approve = () => hand.ask('POST', `/second-person/${asked.requestId}/approve`);
    expect(await codeOf(await approve())).toBe('second_person_borrowed');
    expect(await alert('security_second_person_denied', 'puppet')).not.toBeNull();
    await pass(24 * 3_600_000);
    await hand.signIn('puppet');
    expect(await codeOf(await approve())).toBe('second_person_closed');
  });

  it('SEC-7: the last administrator stays one, and nobody changes the own account from outside', async () => {
    const admin = await signedIn('admin');
    expect(
      await codeOf(await admin.browser.ask('PATCH', `/staff/${admin.staffId}`, { disabled: true })),
    ).toBe('staff_self');
    const { staff } = people.hub.hub.inside().db.stores;
    const others = await staff.list({ role: 'admin', staffId: { not: admin.staffId } }, { limit: 50 });
    for (const { staffId } of others) await staff.patch({ staffId }, { disabledAt: people.hub.clock.now() });
    const first = others[0]?.staffId ?? '';
    await staff.patch({ staffId: first }, { disabledAt: null });
    expect((await admin.browser.ask('PATCH', `/staff/${first}`, { disabled: true })).status).toBe(200);
    await staff.patch({ staffId: first }, { disabledAt: null });
    await staff.patch({ staffId: admin.staffId }, { disabledAt: people.hub.clock.now() });
    expect((await admin.browser.ask('GET', '/staff')).status).toBe(401);
    for (const { staffId } of others) await staff.patch({ staffId }, { disabledAt: null });
    await staff.patch({ staffId: admin.staffId }, { disabledAt: null });
  });

  it('SEC-7: a page of somebody else changes nothing through the browser of staff, and is reported', async () => {
    const { browser } = await signedIn('manager');
    const forms: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of forms)
      expect(await codeOf(await browser.ask('POST', '/tariffs/preview', {}, headers))).toBe('origin_foreign');
    expect(await alert('security_foreign_page', 'staff API')).not.toBeNull();
    const set = await fetch(people.hub.url('/api/v1/session'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'admin', password: PASSWORD }),
    });
    for (const cookie of set.headers.getSetCookie())
      expect(cookie).toMatch(/HttpOnly.*SameSite=Strict|SameSite=Strict.*HttpOnly/);
  });

  it('SEC-7: every answer forbids framing, sniffing and foreign use; what the API says is stored nowhere; over https only', async () => {
    const { browser } = await signedIn('clerk');
    for (const path of ['/overview', '/session', '/nowhere']) {
      const { headers } = await browser.ask('GET', path);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(CONSOLE_POLICY).not.toContain('unsafe');
  });

  it('SEC-7: a change that says nothing of itself stands in the audit trail by its route', async () => {
    const { browser, name } = await signedIn('clerk');
    expect((await browser.ask('DELETE', '/account/sessions')).status).toBe(200);
    const [last] = await people.hub.hub.inside().db.stores.audit.list({ limit: 1 });
    expect(last).toMatchObject({ actor: `staff:${name}`, action: 'DELETE /account/sessions' });
  });
});
