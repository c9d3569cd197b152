import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoredAudit, signAuditCheckpoint, verifyAudit } from '#hub/app/staff/audit-check.ts';
import { COMPUTES, RIGHTS } from '#hub/http/staff/rights.ts';
import { startTestHub } from './hub-harness.ts';
import { staffCalls } from './staff-calls.ts';
import { StaffDesk } from './staff-desk.ts';

/** Every route by which staff change anything, called once with a sound request: each leaves an audit entry with who did what (SEC-7). */
const desk = new StaffDesk();
const CALLS = staffCalls(desk);
let backups: string;
beforeAll(async () => {
  backups = await mkdtemp(join(tmpdir(), 'keyturn-audit-'));
  const HUB_BACKUP_RECIPIENT = await identityToRecipient(await generateIdentity());
  await desk.open({ HUB_BACKUP_FOLDER: backups, HUB_BACKUP_RECIPIENT });
});
afterAll(async () => {
  await desk.close();
  await rm(backups, { recursive: true, force: true });
});

describe('SEC-7: every change that staff make leaves an audit entry with who did what', () => {
  it('SEC-7: each route of the document that may change anything is called here', async () => {
    const document = (await (await fetch(desk.hub.url('/api/v1/openapi.json'))).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const changing = routes.filter((route) => !route.startsWith('GET ') && !COMPUTES.has(route));
    expect(changing.toSorted()).toEqual(Object.keys(CALLS).toSorted());
    expect([...COMPUTES].filter((route) => !routes.includes(route))).toEqual([]);
    expect(
      Object.keys(RIGHTS).filter((route) => !route.startsWith('GET ') && !changing.includes(route)),
    ).toEqual([...COMPUTES]);
  });

  it.each(Object.entries(CALLS))('SEC-7: %s', async (route, prepare) => {
    const call = await prepare();
    const by = call.as ?? desk.admin;
    const [method = '', pattern = ''] = route.split(' ');
    const params = [...(call.params ?? [])];
    const path = pattern.replace(/\{[^}]*\}/g, () => encodeURIComponent(params.shift() ?? ''));
    const { audit } = desk.inside().db.stores;
    const [before] = await audit.list({ limit: 1 });
    const answer = await by.ask(method, path, call.body, call.file);
    expect(answer.status, `${route}: ${answer.ok ? '' : await answer.clone().text()}`).toBeLessThan(300);
    const since = (await audit.list({ limit: 20 })).filter(
      ({ sequence }) => sequence > (before?.sequence ?? 0),
    );
    expect(since.map(({ actor, action }) => ({ actor, action }))).toContainEqual({
      actor: `staff:${call.actor ?? by.name}`,
      action: call.action ?? route,
    });
  });

  it('SEC-9: what is read of a person for the person is in the trail as well', async () => {
    const memberId = await desk.member();
    expect((await desk.admin.ask('GET', `/members/${memberId}/export`)).status).toBe(200);
    const [last] = await desk.inside().db.stores.audit.list({ limit: 1 });
    expect(last).toMatchObject({
      actor: `staff:${desk.admin.name}`,
      action: 'member.exported',
      subject: memberId,
    });
  });
});

it('SEC-7: a trail written anew, and one cut off, do not fit their signed checkpoints; the place is named', async () => {
  const own = await startTestHub({}, 'PGlite');
  const inside = own.hub.inside();
  const { audit, auditCheckpoints } = inside.db.stores;
  const entry = { at: own.clock.now(), actor: 'staff:admin', action: 'something', subject: '', detail: {} };
  await audit.append(entry);
  await signAuditCheckpoint(inside);
  expect((await verifyAudit(inside)).problem).toBeNull();
  const [last] = await audit.list({ limit: 1 });
  const sequence = last?.sequence ?? 0;
  const asOwner = async (statement: string) => {
    for (const table of ['audit_entries', 'audit_checkpoints'])
      await inside.db.administer(`alter table ${table} disable trigger user`);
    await inside.db.administer(statement);
    for (const table of ['audit_entries', 'audit_checkpoints'])
      await inside.db.administer(`alter table ${table} enable trigger user`);
  };
  await expect(inside.db.administer('delete from audit_checkpoints')).rejects.toThrow('append_only');
  await asOwner(`create table kept as select * from audit_entries`);
  await asOwner(`create table kept_checkpoints as select * from audit_checkpoints`);
  await asOwner(`delete from audit_entries where sequence >= ${sequence}`);
  expect((await verifyAudit(inside)).problem).toEqual({ code: 'entry_missing', sequence });
  // The chain is whole again, with another entry in its place; and the database's own checkpoints are gone: the file still tells.
  await audit.append({ ...entry, actor: 'staff:nobody', action: 'nothing' });
  expect(await audit.firstBroken()).toBeNull();
  expect((await verifyAudit(inside)).problem).toEqual({ code: 'checkpoint_mismatch', sequence });
  await asOwner('delete from audit_checkpoints');
  expect((await verifyAudit(inside)).problem).toEqual({ code: 'checkpoint_mismatch', sequence });
  await asOwner(`delete from audit_entries where sequence >= ${sequence}`);
  await asOwner(`insert into audit_entries select * from kept where sequence >= ${sequence}`);
  await asOwner('insert into audit_checkpoints select * from kept_checkpoints');
  expect((await verifyAudit(inside)).problem).toBeNull();
  const forged = {
    sequence: sequence + 1000,
    hash: 'f'.repeat(64),
    at: own.clock.now(),
    jws: 'not signed',
  };
  await auditCheckpoints.insert(forged);
  expect((await verifyAudit(inside)).problem).toMatchObject({ code: 'checkpoint_forged' });
  await asOwner(`delete from audit_checkpoints where sequence = ${forged.sequence}`);
  // A backup that was put back lacks what the file's checkpoints saw: that is said, not taken for an attack.
  await asOwner(`delete from audit_entries where sequence >= ${sequence}`);
  await asOwner(`delete from audit_checkpoints where sequence >= ${sequence}`);
  expect((await verifyAudit(inside)).problem).toEqual({ code: 'entry_missing', sequence });
  await restoredAudit(inside);
  expect((await verifyAudit(inside)).problem).toBeNull();
  expect((await audit.list({ limit: 1 }))[0]).toMatchObject({ action: 'hub.restored' });
  await own.close();
});
