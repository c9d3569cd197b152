import { totpCode } from '#hub/app/staff/totp.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { Attack, Target } from '#test/attack/contract.ts';
import { BrowserLike, PEOPLE_PASSWORD, person } from '#test/attack/support/browser-like.ts';
import { pastQuiet } from '#test/attack/support/clock.ts';

/** Sets a second factor up in a signed-in browser; answers its secret. */
async function secondFactor(browser: BrowserLike): Promise<string> {
  const begun = await browser.ask('POST', '/account/second-factor');
  const secret = String(begun.body.secret);
  const code = totpCode(secret, systemClock.now());
  const done = await browser.ask('POST', '/account/second-factor/confirm', {
    ticket: begun.body.ticket,
    code,
  });
  if (done.status !== 200) throw new Error(`the second factor was not taken: ${done.code}`);
  return secret;
}

/** What rows before have tried from this address counts no more. */
const WINDOW_OVER = 61 * 60_000;

export const guessPasswords: Attack = {
  id: 'staff-guess-passwords',
  threat: 'staff-brute-force',
  rule: 'SEC-7',
  on: 'once',
  expect: 'refused',
  wears: 'time',
  async run(target) {
    await target.fleet.pass(WINDOW_OVER);
    const { name } = await person(target, 'manager');
    const attacker = new BrowserLike(target);
    const guesses = Array.from({ length: 30 }, (_, at) => `guess number ${at}`);
    const codes = (
      await Promise.all(guesses.map((guess) => new BrowserLike(target).signIn(name, guess)))
    ).map(({ code }) => code);
    const judged = codes.filter((code) => code === 'staff_unknown').length;
    // The right one comes last in the attacker's list: it must not be looked at any more.
    const last = await attacker.signIn(name);
    const unknown = await attacker.signIn('nobody-of-this-name', 'a guess');
    const told =
      unknown.code === 'staff_unknown' || unknown.code === 'staff_locked' ? '' : ` unknown: ${unknown.code}`;
    const refused = last.status !== 200 && judged <= 8 && told === '';
    return {
      outcome: refused ? 'refused' : 'got-through',
      evidence: `${judged} of 30 guesses sent at once were looked at, then the right one: ${last.code ?? last.status}${told}`,
      trace: { alert: 'security_sign_in_guessing', subject: name },
    };
  },
};

export const guessSecondFactor: Attack = {
  id: 'staff-guess-second-factor',
  threat: 'staff-brute-force',
  rule: 'SEC-7',
  on: 'once',
  expect: 'refused',
  wears: 'time',
  async run(target) {
    await target.fleet.pass(WINDOW_OVER);
    const { name } = await person(target, 'manager');
    const owner = new BrowserLike(target);
    await owner.signIn(name);
    const secret = await secondFactor(owner);
    const used = totpCode(secret, systemClock.now());
    const thief = new BrowserLike(target);
    let looked = 0;
    let opened = false;
    // Whoever has the password: the code that was just used, then guesses, in ever new half sessions.
    for (let at = 0; at < 30; at += 1) {
      if (at % 4 === 0) await thief.signIn(name);
      const code = at === 0 ? used : String(at).padStart(6, '0');
      const answer = await thief.ask('POST', '/session/second-factor', { code });
      looked += answer.code === 'second_factor_wrong' ? 1 : 0;
      opened ||= (await thief.ask('GET', '/overview')).status === 200;
    }
    return {
      outcome: !opened && looked <= 10 ? 'refused' : 'got-through',
      evidence: `${looked} of 30 codes were looked at; the used one ${opened ? 'opened' : 'did not open'}`,
      trace: { alert: 'security_second_factor_guessing', subject: name },
    };
  },
};

export const plantSession: Attack = {
  id: 'staff-plant-session',
  threat: 'staff-session-fixation',
  rule: 'SEC-7',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { name } = await person(target, 'clerk');
    const attacker = new BrowserLike(target);
    const victim = new BrowserLike(target);
    victim.cookies.set('keyturn_staff', 'planted-by-the-attacker');
    await victim.signIn(name);
    // The attacker saw the session's token once, before the victim proved itself again (a step of privilege).
    const seen = victim.cookies.get('keyturn_staff') ?? '';
    await victim.ask('POST', '/session/proof', { proof: PEOPLE_PASSWORD });
    // What was under way when the token was replaced is over.
    pastQuiet(target);
    const tried: string[] = [];
    for (const token of ['planted-by-the-attacker', seen]) {
      attacker.cookies.set('keyturn_staff', token);
      if ((await attacker.ask('GET', '/overview')).status === 200) tried.push(token);
    }
    const works = (await victim.ask('GET', '/overview')).status === 200;
    return {
      outcome: tried.length === 0 && works ? 'refused' : 'got-through',
      evidence: `${tried.length} of 2 tokens still open; the victim's own ${works ? 'works' : 'is broken'}`,
      trace: { alert: 'security_ended_session_used', subject: name },
    };
  },
};

export const sessionAfterDisable: Attack = {
  id: 'staff-session-after-disable',
  threat: 'staff-session-fixation',
  rule: 'SEC-7',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const admin = await person(target, 'admin');
    const leaver = await person(target, 'manager');
    const chief = new BrowserLike(target);
    const attacker = new BrowserLike(target);
    await chief.signIn(admin.name);
    await attacker.signIn(leaver.name);
    const before = (await attacker.ask('GET', '/overview')).status;
    await chief.ask('PATCH', `/staff/${leaver.staffId}`, { disabled: true });
    const answers = [
      await attacker.ask('GET', '/overview'),
      await attacker.ask('POST', '/titles', {}),
      await attacker.signIn(leaver.name),
    ];
    const open = before !== 200 || answers.some(({ status }) => status !== 401);
    return {
      outcome: open ? 'got-through' : 'refused',
      evidence: `before ${before}, after the account was closed ${answers.map(({ status }) => status).join(', ')}`,
      trace: { audit: 'staff.disabled', subject: leaver.staffId },
    };
  },
};

export const foreignPage: Attack = {
  id: 'staff-foreign-page',
  threat: 'staff-csrf',
  rule: 'SEC-7',
  on: 'once',
  expect: 'refused',
  async run(target: Target) {
    const { name } = await person(target, 'admin');
    const browser = new BrowserLike(target);
    await browser.signIn(name);
    // Should a browser send the cookie after all: every way a page of somebody else can ask.
    const disguises: Readonly<Record<string, string>>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'https://evil.example', 'content-type': 'text/plain' },
      { origin: `${target.hubUrl}.evil.example` },
      { origin: target.hubUrl, 'sec-fetch-site': 'cross-site' },
      { origin: target.hubUrl, 'sec-fetch-site': 'same-site' },
    ];
    const puppet = { name: 'made-by-a-foreign-page', role: 'manager' };
    const through: string[] = [];
    for (const headers of disguises) {
      for (const [method, path] of [
        ['POST', '/staff'],
        ['DELETE', '/account/sessions'],
      ] as const) {
        const answer = await browser.ask(method, path, method === 'POST' ? puppet : undefined, headers);
        if (answer.status !== 403) through.push(`${answer.status} ${method} ${path} from ${headers.origin}`);
      }
    }
    const { staff } = target.fleet.own.hub.inside().db.stores;
    if ((await staff.first({ name: puppet.name })) !== null) through.push('the account was made');
    return {
      outcome: through.length === 0 ? 'refused' : 'got-through',
      evidence:
        through.length === 0
          ? `${disguises.length * 2} requests, none done`
          : through.slice(0, 3).join(' ; '),
      trace: { alert: 'security_foreign_page', subject: 'staff API' },
    };
  },
};
