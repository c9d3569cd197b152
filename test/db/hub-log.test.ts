import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { CHECKPOINT_MS, keepLog, newestCheckpoint, proveConsistency, proveLeaf } from '#hub/app/log/log.ts';
import { verifyLog } from '#hub/app/log/verify.ts';
import { verifyContinues, verifyLogged, verifyLoggedReceipt } from '#shared/media/log/checkpoint.ts';
import { receiptLeaf } from '#shared/media/log/leaves.ts';
import { furnish, lane, rulesFor, START } from '#test/contract/hub-world.ts';
import { type Hub, postgresHubs } from '#test/support/postgres-hubs.ts';
import { foundFleet } from '#test/support/test-fleet.ts';
import { toldRental } from './told-rental.ts';

/** SEC-4: the log over ledger, audit trail and receipts, on a database that somebody with all rights edits meanwhile. */
const hubs = postgresHubs();
let intruder: postgres.Sql;
let hub: Hub;
let runs = 0;
beforeAll(async () => {
  const opened = await hubs.open();
  hub = opened.hub;
  intruder = postgres(opened.url, { max: 1, onnotice: () => {} });
  await furnish(hub.db);
});
afterAll(async () => {
  await intruder?.end();
  await hub?.db.close();
});

const deps = () => ({ ...hub, log, trust: hubs.devices.fleet.trust, signer: hubs.devices.fleet.hubSigner });
const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} } as never;
const verify = () => verifyLog(hub.db, hubs.devices.fleet.trust);

/** A rental, returned and paid: postings and a receipt. */
async function oneReturn() {
  runs += 1;
  const [kiosk, terminal] = [lane('kiosk-1', 0, `k${runs}`), lane('return-1', 0, 'store1')];
  const { back } = await toldRental(hubs.devices, { kiosk, terminal }, { card: 400 });
  const batch = terminal.batch(terminal.events.map((event) => ({ ...event, sequence: runs - 1 })));
  await commitGroup(hub.db, rulesFor(hubs.devices, hub), [kiosk.batch(), batch]);
  return back.destroyed.receipt;
}

/** What somebody with all rights on the database does: past every trigger. */
const edit = (sql: string) => intruder.unsafe(`set session_replication_role = replica; ${sql}`);

it('MS-25 MS-26 MS-27 SEC-4: everything that is booked, signed or audited becomes a leaf, is signed for, and each receipt can be proven by anybody', async () => {
  const receipt = await oneReturn();
  await hub.db.stores.audit.append({
    at: START,
    actor: 'staff:one',
    action: 'test',
    subject: 's',
    detail: { b: 1, a: [2] },
  });
  const made = await keepLog(deps());
  expect(made).toBeGreaterThan(3);
  expect(await verify()).toMatchObject({ waiting: 0, checkpoints: 1, receipts: 1, gaps: 0, damage: null });
  const first = await newestCheckpoint(hub.db.stores);
  const [row] = await hub.db.stores.receipts.list({}, { limit: 1 });
  const proof = await proveLeaf(hub.db.stores, receiptLeaf(row?.receiptId ?? ''));
  if (!proof.ok) throw new Error(proof.error.code);
  const { trust } = hubs.devices.fleet;
  expect(await verifyLoggedReceipt(receipt, proof.value, trust)).toMatchObject({
    ok: true,
    value: { receipt: { claim: 'CLEAR-SLOT' }, checkpoint: { size: first?.size, root: first?.root } },
  });
  const other = receiptLeaf('ab'.repeat(32));
  expect(await verifyLogged(other, proof.value, trust)).toMatchObject({ error: { code: 'not_in_log' } });
  expect(await proveLeaf(hub.db.stores, other)).toMatchObject({ error: { code: 'leaf_unknown' } });
  const foreign = (await foundFleet()).trust;
  expect((await verifyLoggedReceipt(receipt, proof.value, foreign)).ok).toBe(false);
});

it('MS-26 SEC-4: a grown log is signed again after some minutes, and the later checkpoint continues the earlier one', async () => {
  const before = await newestCheckpoint(hub.db.stores);
  await oneReturn();
  await keepLog(deps());
  expect((await newestCheckpoint(hub.db.stores))?.size).toBe(before?.size);
  await hub.clock.advance(CHECKPOINT_MS);
  await oneReturn();
  await keepLog(deps());
  const after = await newestCheckpoint(hub.db.stores);
  expect(after?.size).toBeGreaterThan(before?.size ?? 0);
  const proof = await proveConsistency(hub.db.stores, before?.size ?? 0, after?.size ?? 0);
  if (!proof.ok) throw new Error(proof.error.code);
  const { earlier, later, path } = proof.value;
  const { trust } = hubs.devices.fleet;
  expect((await verifyContinues(earlier, later, path, trust)).ok).toBe(true);
  expect((await verifyContinues(earlier, later, path.slice(1), trust)).ok).toBe(false);
  expect((await verifyContinues(later, earlier, path, trust)).ok).toBe(false);
  await hub.clock.advance(CHECKPOINT_MS);
  expect(await keepLog(deps())).toBe(0);
  expect(await verify()).toMatchObject({ checkpoints: 2, receipts: 3, damage: null });
});

it.each([
  ["update entries set amount = amount * 2 where transfer_id like 'payment%'", 'leaf_changed', 'transfer'],
  ["update transfers set reason = 'refund' where transfer_id like 'payment%'", 'leaf_changed', 'transfer'],
  ['delete from receipts where counter = 2', 'leaf_missing', 'receipt'],
  ["update audit_entries set actor = 'staff:two'", 'leaf_changed', 'audit'],
  ['update log_leaves set hash = md5(hash) || md5(hash) where position = 1', 'leaf_changed', undefined],
  ['delete from log_leaves where position = 2', 'leaf_gap', undefined],
  ['delete from log_leaves where position > 2', 'checkpoint_broken', undefined],
  ["update log_checkpoints set jws = replace(jws, '.', '.A')", 'checkpoint_broken', undefined],
  ["update receipts set jws = jws || 'A' where counter = 1", 'receipt_broken', undefined],
  ["update receipts set terminal_id = 'return-2' where counter = 3", 'receipt_broken', undefined],
  [
    "insert into transfers select 'forged', phase, reason, null, corrects_id, rental_id, return_id, member_id, site_id, at, booked_at, expires_at, lines, fingerprint, detail from transfers where phase = 'single' limit 1",
    'not_logged',
    'transfer',
  ],
])('SEC-4: who edits the database by force is found: %s', async (sql, kind, what) => {
  await edit(`begin; ${snapshot()} ${sql}; commit;`);
  const { damage } = await verify();
  await edit(restore());
  expect(damage).toMatchObject(what === undefined ? { kind } : { kind, what });
  expect((await verify()).damage).toBeNull();
});

const TABLES = ['transfers', 'entries', 'receipts', 'audit_entries', 'log_leaves', 'log_checkpoints'];
const snapshot = (): string =>
  TABLES.map((name) => `create table kept_${name} as select * from ${name};`).join(' ');
const restore = (): string =>
  TABLES.map(
    (name) => `delete from ${name}; insert into ${name} select * from kept_${name}; drop table kept_${name};`,
  ).join(' ');
