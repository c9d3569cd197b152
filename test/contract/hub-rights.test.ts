import { beforeAll, expect, it } from 'vitest';
import { STAFF_ROLES, type StaffRole } from '#hub/app/staff/accounts.ts';
import { RIGHTS } from '#hub/http/staff/rights.ts';
import { Browser, codeOf, staffPeople } from './staff-people.ts';

/** Role × route: who may use which route of the staff API (SEC-7). */
const people = staffPeople();
const browsers = new Map<StaffRole, Browser>();
let routes: { method: string; path: string; name: string }[] = [];
beforeAll(async () => {
  for (const role of STAFF_ROLES) browsers.set(role, (await people.signedIn(role)).browser);
  const document = (await (await fetch(people.hub.url('/api/v1/openapi.json'))).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace(/\{[^}]*\}/g, '00000000-0000-7000-8000-000000000000'),
      name: `${method.toUpperCase()} ${path}`,
    })),
  );
});

it('SEC-7: every route states who may use it, and every stated right is of a route', () => {
  const named = [...routes.map(({ name }) => name), 'GET /openapi.json'];
  expect(named.filter((name) => !Object.hasOwn(RIGHTS, name))).toEqual([]);
  expect(Object.keys(RIGHTS).filter((name) => !named.includes(name))).toEqual([]);
});

it('SEC-7: every route refuses every role that the table does not name, and lets in the others; without a session nobody', async () => {
  const wrong: string[] = [];
  for (const { method, path, name } of routes) {
    const right = RIGHTS[name];
    // These two end or renew the very sessions that the test goes on with.
    if (right === undefined || right.roles === 'everyone' || name.endsWith('/account/sessions')) continue;
    if (name === 'GET /live') continue;
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    const outside = await new Browser(people.hub).ask(method, path, body);
    if ((await codeOf(outside)) !== 'staff_signed_out') wrong.push(`${name}: open to everyone`);
    for (const role of STAFF_ROLES) {
      const answer = await browsers.get(role)?.ask(method, path, body);
      const code = answer === undefined || answer.ok ? null : await codeOf(answer);
      const refused = code === 'role_insufficient';
      if (refused === right.roles.includes(role) || code === 'staff_signed_out')
        wrong.push(`${name}: ${role} ${String(code)}`);
    }
  }
  expect(wrong).toEqual([]);
});

it('SEC-7: the auditor reads the books and the trail, and changes nothing but the own account', async () => {
  const auditor = browsers.get('auditor');
  for (const path of [
    '/ledger/entries',
    '/ledger/balance',
    '/audit',
    '/audit/verification',
    '/members',
    '/staff',
  ])
    expect((await auditor?.ask('GET', path))?.status).toBe(200);
  const changes = Object.entries(RIGHTS)
    .filter(
      ([name, { roles }]) => !name.startsWith('GET') && roles !== 'everyone' && roles.includes('auditor'),
    )
    .map(([name]) => name);
  expect(changes.filter((name) => !/ \/(account|session)/.test(name))).toEqual(['POST /tariffs/preview']);
});
