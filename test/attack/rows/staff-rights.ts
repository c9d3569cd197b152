import { signAuditCheckpoint, verifyAudit } from '#hub/app/staff/audit-check.ts';
import { RIGHTS } from '#hub/http/staff/rights.ts';
import type { Attack } from '#test/attack/contract.ts';
import { BrowserLike, PEOPLE_PASSWORD, person } from '#test/attack/support/browser-like.ts';

const NOBODY = '00000000-0000-7000-8000-000000000000';

export const climbRoles: Attack = {
  id: 'staff-climb-roles',
  threat: 'staff-role-escalation',
  rule: 'SEC-7',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const clerk = await person(target, 'clerk');
    const auditor = await person(target, 'auditor');
    const { staff } = target.fleet.own.hub.inside().db.stores;
    const through: string[] = [];
    let tried = 0;
    for (const [who, role] of [
      [clerk, 'clerk'],
      [auditor, 'auditor'],
    ] as const) {
      const browser = new BrowserLike(target);
      await browser.signIn(who.name);
      // Every route that the role may not use, with every method's own body.
      for (const [name, right] of Object.entries(RIGHTS)) {
        if (right.roles === 'everyone' || right.roles.includes(role)) continue;
        const [method = '', path = ''] = name.split(' ');
        tried += 1;
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        const answer = await browser.ask(method, path.replace(/\{[^}]*\}/g, NOBODY), body);
        if (answer.code !== 'role_insufficient') through.push(`${role} ${name}: ${answer.status}`);
      }
      // Fields that are not asked for, wherever the own account can be written to; other spellings of a path; another method's disguise.
      const more = { role: 'admin', level: 'full', disabled: false, credentialsBy: null, totpConfirmedAt: 1 };
      await browser.ask('PUT', '/account/password', {
        current: PEOPLE_PASSWORD,
        next: PEOPLE_PASSWORD,
        ...more,
      });
      await browser.ask('POST', '/session/proof', { proof: PEOPLE_PASSWORD, ...more });
      await browser.ask('POST', '/session', { name: who.name, password: PEOPLE_PASSWORD, ...more });
      for (const path of [
        `/staff/${who.staffId}`,
        `//staff/${who.staffId}`,
        `/Staff/${who.staffId}`,
        `/staff/${who.staffId}/`,
      ])
        await browser.ask('PATCH', path, { role: 'admin' });
      await browser.ask('GET', `/account`, undefined, {
        'x-http-method-override': 'PATCH',
        'x-original-url': '/api/v1/staff',
      });
      tried += 8;
      const row = await staff.find({ staffId: who.staffId });
      if (row?.role !== role) through.push(`${role} became ${row?.role}`);
    }
    return {
      outcome: through.length === 0 ? 'refused' : 'got-through',
      evidence:
        through.length === 0 ? `${tried} ways tried by clerk and auditor` : through.slice(0, 3).join(' ; '),
      trace: { alert: 'security_role_denied', subject: clerk.name },
    };
  },
};

export const aloneForTwo: Attack = {
  id: 'staff-alone-for-two',
  threat: 'staff-second-person-missing',
  rule: 'SEC-7',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { stores } = target.fleet.own.hub.inside().db;
    const admin = await person(target, 'admin');
    const friend = await person(target, 'clerk');
    const chief = new BrowserLike(target);
    await chief.signIn(admin.name);
    const puppetName = `puppet-of-${admin.name}`;
    const asked = await chief.ask('PATCH', `/staff/${friend.staffId}`, { role: 'admin' });
    const requestId = String(asked.body.requestId);
    const approve = (browser: BrowserLike) => browser.ask('POST', `/second-person/${requestId}/approve`);
    // Oneself; oneself in another session; an account made for it; the one that would be raised; many at the same moment.
    const again = new BrowserLike(target);
    await again.signIn(admin.name);
    const invited = await chief.ask('POST', '/staff', { name: puppetName, role: 'manager' });
    const puppet = new BrowserLike(target);
    await puppet.ask('POST', '/session/redeem', {
      name: puppetName,
      code: invited.body.code,
      password: PEOPLE_PASSWORD,
    });
    await puppet.signIn(puppetName);
    const raised = new BrowserLike(target);
    await raised.signIn(friend.name);
    const answers = [
      ...(await Promise.all([
        approve(chief),
        approve(chief),
        approve(again),
        approve(puppet),
        approve(raised),
      ])),
      await puppet.ask('PATCH', `/staff/${friend.staffId}`, { role: 'admin' }),
      await chief.ask('POST', '/staff', { name: `${puppetName}-2`, role: 'admin' }),
    ];
    const row = await stores.staff.find({ staffId: friend.staffId });
    const request = await stores.secondPerson.find({ requestId });
    const held =
      row?.role === 'clerk' && request?.state === 'pending' && answers.every(({ status }) => status >= 400);
    return {
      outcome: held ? 'refused' : 'got-through',
      evidence: `answers ${answers.map(({ code, status }) => code ?? status).join(', ')}; role ${row?.role}, request ${request?.state}`,
      trace: { alert: 'security_second_person_denied', subject: admin.name },
    };
  },
};

export const editAudit: Attack = {
  id: 'staff-edit-audit',
  threat: 'staff-audit-edited',
  rule: 'SEC-7',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const inside = target.fleet.own.hub.inside();
    const { db } = inside;
    const { name } = await person(target, 'manager');
    const browser = new BrowserLike(target);
    await browser.signIn(name);
    await signAuditCheckpoint(inside);
    const [entry] = await db.stores.audit.list({ limit: 1 });
    if (entry === undefined) throw new Error('the trail has entries');
    const { sequence, hash, actor } = entry;
    const through: string[] = [];
    // The hub's own rights are not enough: triggers refuse.
    for (const statement of [
      `update audit_entries set actor = 'staff:somebody' where sequence = ${sequence}`,
      `delete from audit_entries where sequence = ${sequence}`,
      'truncate audit_entries',
      `update audit_checkpoints set hash = '' where sequence = ${sequence}`,
    ]) {
      const done = await db.administer(statement).then(
        () => true,
        () => false,
      );
      if (done) through.push(`done: ${statement}`);
    }
    // Whoever owns the database switches them off, changes a row, makes the chain fit again, or cuts the end off: the check names the place.
    const asOwner = async (statement: string): Promise<void> => {
      await db.administer('alter table audit_entries disable trigger user');
      await db.administer(statement);
      await db.administer('alter table audit_entries enable trigger user');
    };
    const named = async (): Promise<string> => {
      const answer = await browser.ask('GET', '/audit/verification');
      const problem = answer.body.problem as { code: string; sequence: number } | null;
      return problem === null ? 'whole' : `${problem.code} at ${problem.sequence}`;
    };
    const found: string[] = [];
    await asOwner(`update audit_entries set actor = 'staff:somebody' where sequence = ${sequence}`);
    found.push(await named());
    await asOwner(`update audit_entries set actor = '${actor}' where sequence = ${sequence}`);
    const forged = 'f'.repeat(64);
    await asOwner(`update audit_entries set hash = '${forged}' where sequence = ${sequence}`);
    found.push(await named());
    await asOwner(`update audit_entries set hash = '${hash}' where sequence = ${sequence}`);
    await db.administer('create table attack_kept as select * from audit_entries');
    await asOwner(`delete from audit_entries where sequence >= ${sequence}`);
    found.push(await named());
    await asOwner(`delete from audit_entries where sequence >= ${sequence}`);
    await asOwner(`insert into audit_entries select * from attack_kept where sequence >= ${sequence}`);
    await db.administer('drop table attack_kept');
    const restored = (await verifyAudit(inside)).problem;
    if (restored !== null) found.push(`not restored: ${restored.code}`);
    const wanted = [
      `entry_broken at ${sequence}`,
      `entry_broken at ${sequence}`,
      `entry_missing at ${sequence}`,
    ];
    const held = through.length === 0 && wanted.every((one, at) => found[at] === one) && restored === null;
    return {
      outcome: held ? 'refused' : 'got-through',
      evidence: `${through.length === 0 ? 'triggers refused 4 statements' : through[0]}; with triggers off: ${found.join(', ')}`,
      trace: { alert: 'security_audit_broken', subject: `entry ${sequence}` },
    };
  },
};
