import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { payCash } from '#hub/app/members/payments-in.ts';
import { eraseMember, exportMember } from '#hub/app/members/personal-data.ts';
import { openMemberSession } from '#hub/app/members/sessions.ts';
import { makeVerifier } from '#hub/app/members/verifier.ts';
import { settleComplaint } from '#hub/app/renting/complaints.ts';
import { removeOld } from '#hub/jobs/retention.ts';
import type { MediumId, MemberId, ReservationId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import {
  addMember,
  balancesOf,
  cardPart,
  DAY,
  type Devices,
  furnish,
  HOUR,
  id,
  lane,
  MEMBER,
  makeDevices,
  openHub,
  REWARDS,
  returned,
  rulesFor,
  SITE,
  START,
  started,
  TITLE,
  writtenCopy,
} from './hub-world.ts';

/** Texts that stand nowhere else: what a scan looks for. */
const NAME = 'Wilhelmina Quastenflosser';
const NUMBER = '48151623';
const CARD = '9876';
const OTHER = '01890000-0000-7000-8000-0000000000ff' as MemberId;
const BY = 'staff:admin';

let devices: Devices;
let folder: string;
let hub: Awaited<ReturnType<typeof openHub>>;
let deps: Parameters<typeof eraseMember>[0];

beforeAll(async () => {
  devices = await makeDevices();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-privacy-'));
  hub = await openHub({ folder });
  deps = { ...hub, log: silentLog };
  await furnish(hub.db);
});
afterEach(async () => {
  await hub.db.close();
  await rm(folder, { recursive: true, force: true });
});

/** Every table and row as text, straight from the database; closes it first. */
async function everyRow(): Promise<string> {
  await hub.db.close();
  const raw = await PGlite.create(join(folder, 'pglite'));
  const tables = await raw.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  let text = '';
  for (const { name } of tables.rows) {
    const rows = await raw.query<{ row: string }>(`select t::text as row from ${name} t`);
    text += rows.rows.map(({ row }) => `${name} ${row}\n`).join('');
  }
  await raw.close();
  return text;
}

/** A member with a past: name, number, medium, player, session, paid rental, refund with the name in a clerk's words, rating, place in a queue. */
async function aLife(): Promise<void> {
  const { stores } = hub.db;
  await addMember(hub.db, OTHER, 'mt_otherotherotherotherother', '7000002');
  await stores.members.patch(
    { memberId: MEMBER },
    { displayName: NAME, number: NUMBER, pinVerifier: await makeVerifier('4711', hub.random) },
  );
  await stores.media.insert({
    mediumId: id<MediumId>(),
    memberId: MEMBER,
    mediumClass: 'plain',
    identity: 'identity.of.medium',
    accessKeyHash: 'ab'.repeat(32),
    registeredAt: START,
    lastSeenAt: START,
  });
  await openMemberSession(deps, MEMBER, 'kiosk-1' as TerminalId);
  const rental = await writtenCopy(devices);
  const kiosk = lane('kiosk-1');
  const hold = {
    authorisationId: 'hold-1',
    cardToken: `token-${CARD}`,
    maskedCard: `**** ${CARD}`,
    amount: { minor: 400, currency: 'EUR' as const },
  };
  kiosk.add('rental.started', { ...started(rental), hold }, START);
  const t0 = epochMs(START + HOUR);
  const back = await returned(rental, devices.returns, t0);
  const terminal = lane('return-1');
  terminal.add('return.accepted', back.accepted, t0);
  const part = { ...cardPart(rental, back.returnId, 400), maskedCard: `**** ${CARD}` };
  terminal.add('return.destroyed', { ...back.destroyed, parts: [part] }, t0);
  terminal.add('rating.given', { rentalId: rental.rentalId, titleId: TITLE, stars: 4, at: t0 }, t0);
  await commitGroup(hub.db, rulesFor(devices, hub), [kiosk.batch(), terminal.batch()]);
  const complaint = {
    kind: 'refund',
    reason: `${NAME} says the picture stood still`,
    key: 'complaint-1',
    amount: null,
  };
  const settled = await settleComplaint(
    { ...deps, rewards: REWARDS } as never,
    BY,
    null,
    rental.rentalId,
    complaint as never,
  );
  if (!settled.ok) throw new Error(settled.error.code);
  for (const [memberId, at] of [
    [MEMBER, START],
    [OTHER, START + 1],
  ] as const)
    await stores.reservations.insert({
      reservationId: id<ReservationId>(),
      titleId: TITLE,
      memberId,
      siteId: SITE,
      rentalId: null,
      requestedBy: null,
      state: 'waiting',
      requestedAt: epochMs(at),
      readyAt: null,
      readyUntil: null,
      endedAt: null,
      rewarded: false,
    });
}

const erase = async () => {
  const { prepaid } = await memberBalances(hub.db.stores, MEMBER, 'EUR');
  return eraseMember(deps, BY, MEMBER, prepaid.minor > 0 ? prepaid : null);
};

describe('personal data', () => {
  it('SEC-9: after forgetting, no row of any table has name, number or card; before, the same scan finds them', async () => {
    await aLife();
    const before = await everyRow();
    for (const text of [NAME, NUMBER, CARD]) expect(before.includes(text), text).toBe(true);
    // What cannot be edited never had the name in it.
    for (const table of ['audit_entries', 'transfers', 'receipts'])
      expect(
        before.split('\n').filter((line) => line.startsWith(`public.${table} `) && line.includes(NAME)),
      ).toEqual([]);
    hub = await openHub({ folder });
    deps = { ...hub, log: silentLog };
    const done = await erase();
    expect(done).toEqual({ ok: true, value: undefined });
    const after = await everyRow();
    for (const text of [NAME, 'Wilhelmina', NUMBER, CARD])
      expect(after.split('\n').filter((line) => line.includes(text))).toEqual([]);
    hub = await openHub({ folder });
  });

  it('SEC-9: the books are the same but for what was paid out, the receipt is there, the rating counts on', async () => {
    await aLife();
    const before = await balancesOf(hub.db);
    const receipts = await hub.db.stores.receipts.list({}, { limit: 10 });
    expect((await erase()).ok).toBe(true);
    const after = await balancesOf(hub.db);
    const prepaid = before[`member_prepaid:${MEMBER}:EUR`] ?? 0;
    expect(prepaid).toBe(-400);
    expect(after).toEqual({
      ...Object.fromEntries(
        Object.entries(before).filter(
          ([account]) => !/^(member_prepaid|member_points|points_issued)/.test(account),
        ),
      ),
      'house_cash:EUR': (before['house_cash:EUR'] ?? 0) + prepaid,
    });
    expect(await hub.db.stores.receipts.list({}, { limit: 10 })).toEqual(receipts);
    expect(await hub.db.stores.ratings.count({ titleId: TITLE })).toBe(1);
    expect(await hub.db.stores.audit.firstBroken()).toBeNull();
    expect((await erase()).ok).toBe(true);
    expect(await balancesOf(hub.db)).toEqual(after);
  });

  it('SEC-9: the place in the queue is given up, kiosks are told to forget, media and players are free', async () => {
    await aLife();
    await erase();
    const places = await hub.db.stores.reservations.list({ titleId: TITLE }, { limit: 10 });
    const states = places.map(({ memberId, state }) => [memberId === MEMBER ? 'gone' : 'other', state]);
    expect(states).toContainEqual(['gone', 'cancelled']);
    expect(states).not.toContainEqual(['other', 'cancelled']);
    const row = await hub.db.stores.members.find({ memberId: MEMBER });
    expect(row).toMatchObject({ state: 'deleted', pinChangedAt: hub.clock.now(), siteId: null });
    expect(await hub.db.stores.media.count({ memberId: MEMBER })).toBe(0);
    expect(await hub.db.stores.memberSessions.count({ memberId: MEMBER })).toBe(0);
  });

  it('SEC-9: nobody is forgotten while a copy is out or money is open in either direction', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    await commitGroup(hub.db, rulesFor(devices, hub), [kiosk.batch()]);
    expect(await erase()).toMatchObject({ error: { code: 'member_rentals_open', details: { open: 1 } } });
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, devices.returns, t0, { due: 400 });
    const terminal = lane('return-1');
    terminal.add('return.accepted', back.accepted, t0);
    terminal.add('return.destroyed', back.destroyed, t0);
    await commitGroup(hub.db, rulesFor(devices, hub), [terminal.batch()]);
    expect(await erase()).toMatchObject({ error: { code: 'member_owes', details: { minor: 400 } } });
    const member = await hub.db.stores.members.find({ memberId: MEMBER });
    if (member === null) throw new Error('there is a member');
    const money = (minor: number) => ({ minor, currency: 'EUR' as const });
    await payCash(deps, BY, member, { key: 'key-number-1', purpose: 'amount_due', amount: money(1000) });
    for (const paidOut of [null, money(599)])
      expect(await eraseMember(deps, BY, MEMBER, paidOut)).toMatchObject({
        error: { code: 'member_balance_open', details: { minor: 600 } },
      });
    expect((await eraseMember(deps, BY, MEMBER, money(600))).ok).toBe(true);
  });

  it('SEC-9: what is handed to a person is everything of that person, nobody else’s, and opens nothing', async () => {
    await aLife();
    const exported = await exportMember(deps, BY, MEMBER);
    if (!exported.ok) throw new Error(exported.error.code);
    const text = JSON.stringify(exported.value);
    for (const own of [NAME, NUMBER, CARD, 'picture stood still']) expect(text).toContain(own);
    for (const [table, least] of Object.entries({
      media: 1,
      rentals: 1,
      receipts: 1,
      ratings: 1,
      reservations: 1,
      ledger: 4,
    }))
      expect((exported.value[table] as unknown[]).length, table).toBeGreaterThanOrEqual(least);
    for (const secret of ['scrypt$', 'slotProofKey', 'accessKeyHash', 'tokenHash', OTHER])
      expect(text.includes(secret), secret).toBe(false);
    const audit = await hub.db.stores.audit.list({ limit: 5 });
    expect(audit[0]).toMatchObject({ action: 'member.exported', subject: MEMBER, actor: BY });
    await erase();
    expect(await exportMember(deps, BY, MEMBER)).toMatchObject({ error: { code: 'member_missing' } });
  });

  it('SEC-9: collected logs, settled alerts and old codes are removed after the stated days', async () => {
    const { stores } = hub.db;
    const now = hub.clock.now();
    const order = { kind: 'collect_logs' as const, lines: 10 };
    const aged = (days: number) => epochMs(now - days * DAY);
    for (const days of [29, 31])
      await stores.commands.insert({
        commandId: id(),
        terminalId: 'kiosk-1' as TerminalId,
        order,
        state: 'done',
        issuedBy: BY,
        issuedAt: aged(days),
        expiresAt: aged(days),
        updatedAt: aged(days),
        fault: null,
        output: `lines of day ${days}`,
      });
    for (const days of [399, 401]) {
      const subject = `kiosk-${days}`;
      const draft = { code: 'terminal_stale', subject, severity: 'info' as const, message: '' };
      await stores.alerts.raise(id(), { ...draft, terminalId: null, rentalId: null }, aged(500));
      await stores.alerts.clear({ code: 'terminal_stale', subject }, BY, aged(days));
    }
    expect(await removeOld(hub)).toBe(2);
    expect(await removeOld(hub)).toBe(0);
    const kept = await stores.commands.list({}, { limit: 10 });
    expect(kept.map(({ output }) => output).sort()).toEqual(['lines of day 29', null]);
    expect((await stores.alerts.list({}, { limit: 10 })).map(({ subject }) => subject)).toEqual([
      'kiosk-399',
    ]);
  });
});
