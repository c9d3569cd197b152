import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { dismissDeadLetter, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { topUp } from '#hub/app/ledger/payments.ts';
import { openMemberSession } from '#hub/app/members/sessions.ts';
import { authorise } from '#hub/app/quotes/authorise.ts';
import { openReturn } from '#hub/app/quotes/open-return.ts';
import { prepareOne } from '#hub/app/renting/prepare.ts';
import { closeSite } from '#hub/app/sites/closures.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { MediumId, ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { slotMac } from '#shared/media/slot-proof.ts';
import { silentLog } from '#shared/ports/log.ts';
import { enrol } from '#test/support/test-fleet.ts';
import {
  addMember,
  addTerminal,
  balancesOf,
  CHALLENGE_KEY,
  cardPart,
  DAY,
  type Devices,
  EDITION,
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

/** What terminals report that is unusual, late, twice or not true, and what the books make of it. */
let devices: Devices;
let hub: Awaited<ReturnType<typeof openHub>>;
let rules: ReturnType<typeof rulesFor>;

beforeAll(async () => {
  devices = await makeDevices();
});
beforeEach(async () => {
  hub = await openHub();
  rules = rulesFor(devices, hub);
  await furnish(hub.db);
  return () => hub.db.close();
});

const receivable = `member_receivable:${MEMBER}:EUR`;
const letters = () => hub.db.stores.deadLetters.list({}, { limit: 10 });
const euro = (minor: number) => ({ minor, currency: 'EUR' as const });
const heldOf = (rental: Awaited<ReturnType<typeof writtenCopy>>) => ({
  rentalId: rental.rentalId,
  licence: rental.licence,
  slotBegunAt: START,
  slotProofKey: rental.proofKey,
  chunkHashes: [],
});

describe('payments as terminals report them', () => {
  it('PAY-1, SYN-3: a card given back before anything was to be taken is no fault, and the next return goes on', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const first = await returned(rental, devices.returns, t0, { acceptedOnly: true });
    const part = cardPart(rental, first.returnId, 400);
    const terminal = lane('return-1');
    terminal.add('return.accepted', first.accepted, t0);
    // Paid for, pulled before INTENT: the hub hears of the part only now that it is given back.
    const { rentalId } = rental;
    terminal.add('return.abandoned', { returnId: first.returnId, rentalId, at: t0 }, t0);
    const { key, authorisationId, amount } = part;
    terminal.add(
      'payment.voided',
      { key, rentalId, returnId: first.returnId, authorisationId, amount, at: t0 },
      t0,
    );
    const t1 = epochMs(START + 2 * HOUR);
    const second = await returned(rental, devices.returns, t1);
    terminal.add('return.accepted', second.accepted, t1);
    terminal.add(
      'return.destroyed',
      { ...second.destroyed, parts: [cardPart(rental, second.returnId, 400)] },
      t1,
    );
    await commitGroup(hub.db, rules, [kiosk.batch(), terminal.batch()]);
    expect(await letters()).toEqual([]);
    expect((await hub.db.stores.rentals.find({ rentalId }))?.status).toBe('closed');
    expect((await balancesOf(hub.db))['card_clearing:EUR']).toBe(400);
    expect((await balancesOf(hub.db))[receivable]).toBeUndefined();
  });

  it('PAY-1, SYN-2: the same booked part told again in the same words contradicts nothing', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, devices.returns, t0);
    const parts = [cardPart(rental, back.returnId, 400)];
    const terminal = lane('return-1');
    terminal.add('return.destroyed', { ...back.destroyed, parts }, t0);
    const { returnId } = back;
    const intent = { returnId, rentalId: rental.rentalId, quote: null, provisional: null, due: euro(0) };
    terminal.add('return.intent', { ...intent, parts }, t0);
    await commitGroup(hub.db, rules, [kiosk.batch(), terminal.batch()]);
    expect(await letters()).toEqual([]);
    expect((await balancesOf(hub.db))['card_clearing:EUR']).toBe(400);
  });

  it('CHG-7, SEC-8: a negative figure is nobody’s figure: no goodwill beyond the charge', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const terminal = lane('return-1');
    const back = await returned(rental, devices.returns, t0, { provisional: -5000 });
    terminal.add('return.destroyed', back.destroyed, t0);
    await commitGroup(hub.db, rules, [kiosk.batch(), terminal.batch()]);
    expect(await balancesOf(hub.db)).toEqual({});
    expect(await letters()).toMatchObject([{ cause: 'payment_malformed' }]);
  });

  it('LED-2, SEC-8: a balance that was never reserved at the hub is not taken: the amount is due', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const terminal = lane('return-1');
    const back = await returned(rental, devices.returns, t0);
    const key = (means: string) => `${rental.rentalId}:${back.returnId}:${means}`;
    const parts = [
      {
        key: key('points'),
        means: 'points' as const,
        amount: euro(300),
        points: 0,
        authorisationId: 'made up',
        maskedCard: null,
      },
      {
        key: key('prepaid'),
        means: 'prepaid' as const,
        amount: euro(100),
        points: null,
        authorisationId: 'made up',
        maskedCard: null,
      },
    ];
    terminal.add('return.destroyed', { ...back.destroyed, parts }, t0);
    await commitGroup(hub.db, rules, [kiosk.batch(), terminal.batch()]);
    expect((await balancesOf(hub.db))[receivable]).toBe(400);
    expect(await hub.db.stores.alerts.count({ code: 'payment_not_reserved' })).toBe(2);
  });

  it('RET-2, LED-2: what was paid in for an amount due that shrinks afterwards stays the member’s, as balance', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const late = epochMs(START + 4 * DAY);
    const one = lane('return-1');
    one.add(
      'return.destroyed',
      (await returned(rental, devices.returns, late, { due: 700 })).destroyed,
      late,
    );
    await commitGroup(hub.db, rules, [kiosk.batch(), one.batch()]);
    const due = (await memberBalances(hub.db.stores, MEMBER, 'EUR')).amountDue.minor;
    expect(due).toBeGreaterThan(400);
    const paid = {
      key: 'k1',
      memberId: MEMBER,
      siteId: null,
      amount: euro(due),
      authorisationId: 'a',
      purpose: 'amount_due' as const,
    };
    await hub.db.transaction((stores) => topUp(stores, paid, hub.clock.now()));
    const early = epochMs(START + HOUR);
    const two = lane('return-2');
    const first = await returned(rental, devices.otherReturns, early, { offlineSince: START, due: 400 });
    two.add('return.destroyed', first.destroyed, early);
    await commitGroup(hub.db, rules, [two.batch()]);
    const after = await memberBalances(hub.db.stores, MEMBER, 'EUR');
    expect(after.amountDue.minor).toBe(0);
    expect(after.prepaid.minor).toBe(due - 400);
    expect((await balancesOf(hub.db))[receivable]).toBeUndefined();
  });
});

describe('questions of terminals', () => {
  const deps = () => ({
    ...hub,
    log: silentLog,
    fleet: { rewards: REWARDS },
  });
  const terminalOf = async (terminalId: string) => {
    const row = await hub.db.stores.terminals.find({ terminalId: terminalId as TerminalId });
    if (row === null) throw new Error('a furnished terminal');
    return row;
  };

  it('PAY-1, LED-2: only the rental’s own member pays it with points or balance, whoever is signed in', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    await commitGroup(hub.db, rules, [kiosk.batch()]);
    const other = id<typeof MEMBER>();
    await addMember(hub.db, other, 'mt_otherotherotherotherothe', '1000002');
    for (const memberId of [MEMBER, other]) {
      const purse = {
        memberId,
        siteId: null,
        amount: euro(900),
        authorisationId: 'a',
        purpose: 'prepaid' as const,
      };
      await hub.db.transaction((stores) => topUp(stores, { ...purse, key: memberId }, hub.clock.now()));
    }
    const returnId = id<ReturnId>();
    const { rentalId } = rental;
    await hub.db.stores.quotes.insert({
      returnId,
      rentalId,
      terminalId: 'return-1' as TerminalId,
      t0: START,
      total: euro(400),
      answer: {},
      nonce: 'AAAA',
      chunkIndices: [],
      madeAt: START,
      validUntil: epochMs(hub.clock.now() + HOUR),
    });
    const ask = async (memberId: typeof MEMBER) => {
      const sessionToken = await openMemberSession(deps(), memberId, 'return-1' as TerminalId);
      const key = `${rentalId}:${returnId}:prepaid`;
      const request = {
        key,
        rentalId,
        returnId,
        means: 'prepaid' as const,
        amount: euro(400),
        sessionToken,
        proof: null,
      };
      return authorise(deps(), await terminalOf('return-1'), request);
    };
    expect(await ask(other)).toMatchObject({ ok: false, error: { code: 'member_missing' } });
    expect(await ask(MEMBER)).toMatchObject({ ok: true });
  });

  it('RET-3, PAY-1, SYN-6: a return that another terminal finishes later, or of which a restored hub knows nothing, is quoted anew: same T0, same challenge, what was reserved is used', async () => {
    const rental = await writtenCopy(devices);
    const { rentalId, copyId, licence } = rental;
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    await commitGroup(hub.db, rules, [kiosk.batch()]);
    await hub.db.stores.members.patch({ memberId: MEMBER }, { preferredMeans: ['prepaid'] });
    const purse = {
      memberId: MEMBER,
      siteId: null,
      amount: euro(2500),
      authorisationId: 'a',
      purpose: 'prepaid' as const,
    };
    await hub.db.transaction((stores) => topUp(stores, { ...purse, key: 'k' }, hub.clock.now()));
    const signer = await enrol(devices.fleet, 'hub', 'hub');
    const asking = { ...deps(), trust: devices.fleet.trust, signer, challengeKey: CHALLENGE_KEY };
    const returnId = id<ReturnId>();
    const t0 = hub.clock.now();
    const open = async (terminalId: string) => {
      const stamp = { deviceTime: t0, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 };
      const request = { returnId, rentalId, copyId, licence, t0, stamp };
      const opened = await openReturn(asking, await terminalOf(terminalId), request);
      if (!opened.ok || opened.value.plan === null) throw new Error(JSON.stringify(opened));
      const key = `${rentalId}:${returnId}:prepaid`;
      const { prepaid: amount } = opened.value.plan;
      const part = {
        key,
        rentalId,
        returnId,
        means: 'prepaid' as const,
        amount,
        sessionToken: null,
        proof: { nonce: opened.value.nonce, mac: slotMac(rental.proofKey, opened.value.nonce, returnId) },
      };
      const paid = await authorise(deps(), await terminalOf(terminalId), part);
      return { ...opened.value, paid };
    };
    const first = await open('return-1');
    expect(first.plan?.prepaid.minor).toBeGreaterThan(400);
    expect(first.paid.ok).toBe(true);
    expect((await open('return-1')).quote).toBe(first.quote);
    hub.clock.jump(epochMs(t0 + 3 * DAY));
    const second = await open('return-2');
    expect(second.plan).toEqual(first.plan);
    expect(second.nonce).toBe(first.nonce);
    expect(second.quote).not.toBe(first.quote);
    expect(second.paid).toEqual(first.paid);
    const quote = await hub.db.stores.quotes.find({ returnId });
    expect(quote).toMatchObject({ t0, terminalId: 'return-2' });
    expect(quote?.validUntil).toBeGreaterThan(hub.clock.now());
    // SYN-6: a hub whose database was set back asks the same again; the slot that answered it is overwritten by now.
    await hub.db.stores.quotes.removeWhere({ returnId });
    expect((await open('return-2')).nonce).toBe(first.nonce);
    expect(first.nonce).toMatch(/^[\w-]{43}$/);
  });

  it('LED-2: an amount due in another currency refuses a new rental as well', async () => {
    await hub.db.stores.editions.put({
      editionId: EDITION,
      titleId: TITLE,
      mediaType: 'video/mp4',
      bytes: 10,
      sha256: 'ab'.repeat(32),
      chunkBytes: 1_048_576,
      chunks: ['ab'.repeat(32)],
      createdAt: START,
    });
    const member = await hub.db.stores.members.find({ memberId: MEMBER });
    if (member === null) throw new Error('a furnished member');
    const prepare = async () =>
      prepareOne(
        deps(),
        { member, terminal: await terminalOf('kiosk-1'), mediumId: id<MediumId>(), mediumClass: 'plain' },
        { rentalId: id(), copyId: id(), titleId: TITLE, binding: 'none', reservationId: null },
      );
    expect(await prepare()).toMatchObject({ ok: true });
    const transfer = {
      transferId: 'charge:elsewhere:1',
      phase: 'single' as const,
      correctsId: null,
      reason: 'rental_charge',
      rentalId: null,
      returnId: null,
      memberId: MEMBER,
      siteId: null,
      at: START,
      detail: {},
      entries: [
        { account: ACCOUNTS.memberReceivable(MEMBER, 'CHF'), amount: 500 },
        { account: ACCOUNTS.siteRevenue(SITE, 'CHF'), amount: -500 },
      ],
    };
    await hub.db.stores.ledger.post([transfer], START);
    expect(await prepare()).toMatchObject({ ok: false, error: { code: 'amount_due_open' } });
  });
});

describe('order and repetition', () => {
  it('SYN-3: what waited in the inbox for a gap also waits behind a dead letter of its rental', async () => {
    const rental = await writtenCopy(devices);
    const other = await writtenCopy(devices);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, devices.returns, t0, { due: 400 });
    const terminal = lane('return-1');
    terminal.add('return.accepted', { ...back.accepted, licence: 'not.a.licence' }, t0);
    terminal.add(
      'return.accepted',
      (await returned(other, devices.returns, t0, { acceptedOnly: true })).accepted,
      t0,
    );
    terminal.add('return.destroyed', back.destroyed, t0);
    const [bad, between, behind] = terminal.events;
    if (bad === undefined || between === undefined || behind === undefined) throw new Error('three events');
    await commitGroup(hub.db, rules, [terminal.batch([bad])]);
    await commitGroup(hub.db, rules, [terminal.batch([behind])]);
    await commitGroup(hub.db, rules, [terminal.batch([between])]);
    const kept = await letters();
    expect(kept.map(({ sequence, state }) => [sequence, state])).toEqual(
      expect.arrayContaining([
        [0, 'dead'],
        [2, 'parked'],
      ]),
    );
    const dead = kept.find(({ state }) => state === 'dead')?.deadLetterId ?? '';
    expect(await dismissDeadLetter(hub.db, rules, dead, 'staff')).toEqual({
      ok: true,
      value: { applied: 1 },
    });
    expect((await hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.status).toBe('closed');
  });

  it('SYN-2, SYN-3: what waited for a gap and was applied under a new epoch is not applied again when the gap is filled', async () => {
    const old = lane('return-1', 0, 'epoch1');
    const alert = (code: string) => ({ code, subject: 's', message: 'm', at: START });
    const gap = old.add('alert.raised', alert('gap'), START);
    const waiting = old.add('alert.raised', alert('once'), START);
    await commitGroup(hub.db, rules, [old.batch([waiting])]);
    const fresh = lane('return-1', 0, 'epoch2');
    fresh.events.push({ ...waiting, sequence: 0 });
    await commitGroup(hub.db, rules, [fresh.batch()]);
    const once = await hub.db.stores.alerts.list({ code: 'once' }, { limit: 5 });
    await commitGroup(hub.db, rules, [old.batch([gap])]);
    expect(await hub.db.stores.alerts.list({ code: 'once' }, { limit: 5 })).toEqual(once);
    expect(await hub.db.stores.alerts.count({ code: 'gap' })).toBe(1);
  });

  it('SYN-3: an event that was parked after the letter before it was settled can be retried by itself', async () => {
    const rental = await writtenCopy(devices);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, devices.returns, t0, { due: 400 });
    const terminal = lane('return-1');
    terminal.add('return.accepted', { ...back.accepted, licence: 'not.a.licence' }, t0);
    terminal.add('return.destroyed', back.destroyed, t0);
    await commitGroup(hub.db, rules, [terminal.batch()]);
    const [dead, parked] = [...(await letters())].sort((a, b) => a.sequence - b.sequence);
    if (dead === undefined || parked === undefined) throw new Error('two letters');
    // As when another hub parked it while this one was settling the first.
    await hub.db.stores.deadLetters.patch({ deadLetterId: dead.deadLetterId }, { state: 'dismissed' });
    expect(await retryDeadLetter(hub.db, rules, parked.deadLetterId, 'staff')).toEqual({
      ok: true,
      value: { applied: 1 },
    });
    expect((await hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.status).toBe('closed');
  });

  for (const outcome of ['complete', 'wiped'] as const)
    it(`PR-27, SYN-2, SYN-3, RNT-6: a copy settled (${outcome}) at one kiosk ends alike before and after the other kiosk told of it`, async () => {
      const rental = await writtenCopy(devices);
      const { rentalId, licence } = rental;
      const first = lane('kiosk-1');
      first.add('rental.held', heldOf(rental), START);
      const second = lane('kiosk-2');
      const at = epochMs(START + HOUR);
      second.add('rental.held_settled', { rentalId, outcome, at, licence }, at);
      const ends = [];
      for (const order of [
        [first, second],
        [second, first],
      ]) {
        const { db } = await openHub();
        await furnish(db);
        await addTerminal(db, 'kiosk-2' as never, 'kiosk');
        for (const each of order) await commitGroup(db, rules, [each.batch()]);
        expect(await db.stores.deadLetters.count({})).toBe(0);
        const { status, state, startedAt, kioskId, slotProofKey, memberId } =
          (await db.stores.rentals.find({ rentalId })) ?? {};
        ends.push({ status, state, startedAt, kioskId, slotProofKey, memberId });
        await db.close();
      }
      expect(ends[1]).toEqual(ends[0]);
      expect(ends[0]).toMatchObject(
        outcome === 'complete'
          ? { status: 'active', startedAt: at, kioskId: 'kiosk-1', memberId: MEMBER }
          : { status: 'void', startedAt: null, kioskId: 'kiosk-1', memberId: MEMBER },
      );
    });

  it('RET-7, RNT-6: a return that was heard of before its held copy is judged when the kiosk tells of it', async () => {
    const rental = await writtenCopy(devices);
    const t0 = epochMs(START + HOUR);
    const wrong = await returned(rental, devices.returns, t0, { proofKey: 'A'.repeat(43), due: 0 });
    const terminal = lane('return-1');
    terminal.add('return.destroyed', wrong.destroyed, t0);
    await commitGroup(hub.db, rules, [terminal.batch()]);
    expect(await hub.db.stores.alerts.count({ code: 'security_proof_mismatch' })).toBe(0);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.held', heldOf(rental), START);
    await commitGroup(hub.db, rules, [kiosk.batch()]);
    expect(await hub.db.stores.alerts.count({ code: 'security_proof_mismatch' })).toBe(1);
    expect(await hub.db.stores.returns.find({ returnId: wrong.returnId })).toMatchObject({
      proof: 'mismatch',
    });
  });

  it('SYN-2, SYN-3, RNT-6: a copy settled at a kiosk older than 1.4 before the other kiosk told of it does not stand in that one’s way', async () => {
    const rental = await writtenCopy(devices);
    const { rentalId } = rental;
    const first = lane('kiosk-1');
    first.add('rental.held', heldOf(rental), START);
    await addTerminal(hub.db, 'kiosk-2' as never, 'kiosk');
    const second = lane('kiosk-2');
    const at = epochMs(START + HOUR);
    second.add('rental.held_settled', { rentalId, outcome: 'complete', at }, at);
    await commitGroup(hub.db, rules, [second.batch()]);
    await commitGroup(hub.db, rules, [first.batch()]);
    expect((await hub.db.stores.rentals.find({ rentalId }))?.status).toBe('held');
    const [letter] = await letters();
    await retryDeadLetter(hub.db, rules, letter?.deadLetterId ?? '', 'staff');
    expect((await hub.db.stores.rentals.find({ rentalId }))?.status).toBe('active');
  });
});

describe('reservations and closures', () => {
  it('RSV-1, SEC-8: a rental takes its own member’s place in the queue, never somebody else’s', async () => {
    await hub.db.stores.titles.patch({ titleId: TITLE }, { unitsTotal: 1 });
    const other = id<typeof MEMBER>();
    const reservationId = id<never>();
    await hub.db.stores.reservations.insert({
      reservationId,
      titleId: TITLE,
      memberId: other,
      siteId: SITE,
      rentalId: null,
      state: 'waiting',
      requestedAt: START,
      readyAt: null,
      readyUntil: null,
      endedAt: null,
      rewarded: false,
    });
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.held', heldOf(rental), START);
    await commitGroup(hub.db, rules, [kiosk.batch()]);
    await hub.db.stores.rentals.patch({ rentalId: rental.rentalId }, { reservationId });
    const next = lane('kiosk-1', 0, 'epoch2');
    next.add('rental.started', started(rental), START);
    await commitGroup(hub.db, rules, [next.batch()]);
    expect((await hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.status).toBe('active');
    expect((await hub.db.stores.reservations.find({ reservationId }))?.state).toBe('waiting');
  });

  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const close = (from: number, to = from) =>
    closeSite(
      { ...hub, log: { debug() {}, info() {}, warn() {}, error() {} }, fleet: { rewards: REWARDS } } as never,
      'staff:test' as never,
      SITE,
      { from: day(from), to: day(to) } as never,
    );

  for (const when of [
    'before the kiosk tells of the rental',
    'while it is held',
    'while it runs',
    'after its return',
  ])
    it(`CHG-4, SYN-2: a closure of late days entered ${when} is taken out of the late time`, async () => {
      const rental = await writtenCopy(devices, START, { tariff: { keep: null } });
      const kiosk = lane('kiosk-1');
      kiosk.add('rental.held', heldOf(rental), START);
      kiosk.add('rental.started', started(rental), START);
      const [held, begun] = kiosk.events;
      if (held === undefined || begun === undefined) throw new Error('two events');
      const t0 = epochMs(START + 5 * DAY);
      const terminal = lane('return-1');
      terminal.add(
        'return.destroyed',
        (await returned(rental, devices.returns, t0, { due: 0 })).destroyed,
        t0,
      );
      const closed = () => close(START + 3 * DAY, START + 4 * DAY);
      if (when.startsWith('before')) await closed();
      await commitGroup(hub.db, rules, [kiosk.batch([held])]);
      if (when.includes('held')) await closed();
      await commitGroup(hub.db, rules, [kiosk.batch([begun])]);
      if (when.includes('runs')) await closed();
      await commitGroup(hub.db, rules, [terminal.batch()]);
      if (when.startsWith('after')) await closed();
      const row = await hub.db.stores.rentals.find({ rentalId: rental.rentalId });
      expect(row?.status).toBe('closed');
      // Three days late, two of them closed: one further unit.
      expect(row?.charge?.total.minor).toBe(550);
      expect((await balancesOf(hub.db))[receivable]).toBe(550);
    });
});
