import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { topUp } from '#hub/app/ledger/payments.ts';
import { openMemberSession } from '#hub/app/members/sessions.ts';
import { authorise } from '#hub/app/quotes/authorise.ts';
import { openReturn } from '#hub/app/quotes/open-return.ts';
import { prepareOne } from '#hub/app/renting/prepare.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { MediumId, ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { slotMac } from '#shared/media/slot-proof.ts';
import { silentLog } from '#shared/ports/log.ts';
import { enrol } from '#test/support/test-fleet.ts';
import { hubOfEachTest } from './hub-stage.ts';
import {
  addMember,
  balancesOf,
  CHALLENGE_KEY,
  cardPart,
  DAY,
  EDITION,
  HOUR,
  id,
  lane,
  MEMBER,
  REWARDS,
  returned,
  SITE,
  START,
  started,
  TITLE,
  writtenCopy,
} from './hub-world.ts';

/** What terminals report that is unusual, twice or not true of payments, and what the books make of it. */
const stage = hubOfEachTest();
const receivable = `member_receivable:${MEMBER}:EUR`;
const letters = () => stage.hub.db.stores.deadLetters.list({}, { limit: 10 });
const euro = (minor: number) => ({ minor, currency: 'EUR' as const });

describe('payments as terminals report them', () => {
  it('PAY-1, SYN-3: a card given back before anything was to be taken is no fault, and the next return goes on', async () => {
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const first = await returned(rental, stage.devices.returns, t0, { acceptedOnly: true });
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
    const second = await returned(rental, stage.devices.returns, t1);
    terminal.add('return.accepted', second.accepted, t1);
    terminal.add(
      'return.destroyed',
      { ...second.destroyed, parts: [cardPart(rental, second.returnId, 400)] },
      t1,
    );
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch(), terminal.batch()]);
    expect(await letters()).toEqual([]);
    expect((await stage.hub.db.stores.rentals.find({ rentalId }))?.status).toBe('closed');
    expect((await balancesOf(stage.hub.db))['card_clearing:EUR']).toBe(400);
    expect((await balancesOf(stage.hub.db))[receivable]).toBeUndefined();
  });

  it('PAY-1, SYN-2: the same booked part told again in the same words contradicts nothing', async () => {
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, stage.devices.returns, t0);
    const parts = [cardPart(rental, back.returnId, 400)];
    const terminal = lane('return-1');
    terminal.add('return.destroyed', { ...back.destroyed, parts }, t0);
    const { returnId } = back;
    const intent = { returnId, rentalId: rental.rentalId, quote: null, provisional: null, due: euro(0) };
    terminal.add('return.intent', { ...intent, parts }, t0);
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch(), terminal.batch()]);
    expect(await letters()).toEqual([]);
    expect((await balancesOf(stage.hub.db))['card_clearing:EUR']).toBe(400);
  });

  it('CHG-7, SEC-8: a negative figure is nobody’s figure: no goodwill beyond the charge', async () => {
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const terminal = lane('return-1');
    const back = await returned(rental, stage.devices.returns, t0, { provisional: -5000 });
    terminal.add('return.destroyed', back.destroyed, t0);
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch(), terminal.batch()]);
    expect(await balancesOf(stage.hub.db)).toEqual({});
    expect(await letters()).toMatchObject([{ cause: 'payment_malformed' }]);
  });

  it('LED-2, SEC-8: a balance that was never reserved at the hub is not taken: the amount is due', async () => {
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + HOUR);
    const terminal = lane('return-1');
    const back = await returned(rental, stage.devices.returns, t0);
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
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch(), terminal.batch()]);
    expect((await balancesOf(stage.hub.db))[receivable]).toBe(400);
    expect(await stage.hub.db.stores.alerts.count({ code: 'payment_not_reserved' })).toBe(2);
  });

  it('RET-2, LED-2: what was paid in for an amount due that shrinks afterwards stays the member’s, as balance', async () => {
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const late = epochMs(START + 4 * DAY);
    const one = lane('return-1');
    one.add(
      'return.destroyed',
      (await returned(rental, stage.devices.returns, late, { due: 700 })).destroyed,
      late,
    );
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch(), one.batch()]);
    const due = (await memberBalances(stage.hub.db.stores, MEMBER, 'EUR')).amountDue.minor;
    expect(due).toBeGreaterThan(400);
    const paid = {
      key: 'k1',
      memberId: MEMBER,
      siteId: null,
      amount: euro(due),
      authorisationId: 'a',
      purpose: 'amount_due' as const,
    };
    await stage.hub.db.transaction((stores) => topUp(stores, paid, stage.hub.clock.now()));
    const early = epochMs(START + HOUR);
    const two = lane('return-2');
    const first = await returned(rental, stage.devices.otherReturns, early, {
      offlineSince: START,
      due: 400,
    });
    two.add('return.destroyed', first.destroyed, early);
    await commitGroup(stage.hub.db, stage.rules, [two.batch()]);
    const after = await memberBalances(stage.hub.db.stores, MEMBER, 'EUR');
    expect(after.amountDue.minor).toBe(0);
    expect(after.prepaid.minor).toBe(due - 400);
    expect((await balancesOf(stage.hub.db))[receivable]).toBeUndefined();
  });
});

describe('questions of terminals', () => {
  const deps = () => ({
    ...stage.hub,
    log: silentLog,
    fleet: { rewards: REWARDS },
  });
  const terminalOf = async (terminalId: string) => {
    const row = await stage.hub.db.stores.terminals.find({ terminalId: terminalId as TerminalId });
    if (row === null) throw new Error('a furnished terminal');
    return row;
  };

  it('PAY-1, LED-2: only the rental’s own member pays it with points or balance, whoever is signed in', async () => {
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch()]);
    const other = id<typeof MEMBER>();
    await addMember(stage.hub.db, other, 'mt_otherotherotherotherothe', '1000002');
    for (const memberId of [MEMBER, other]) {
      const purse = {
        memberId,
        siteId: null,
        amount: euro(900),
        authorisationId: 'a',
        purpose: 'prepaid' as const,
      };
      await stage.hub.db.transaction((stores) =>
        topUp(stores, { ...purse, key: memberId }, stage.hub.clock.now()),
      );
    }
    const returnId = id<ReturnId>();
    const { rentalId } = rental;
    await stage.hub.db.stores.quotes.insert({
      returnId,
      rentalId,
      terminalId: 'return-1' as TerminalId,
      t0: START,
      total: euro(400),
      answer: {},
      nonce: 'AAAA',
      chunkIndices: [],
      madeAt: START,
      validUntil: epochMs(stage.hub.clock.now() + HOUR),
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
    const rental = await writtenCopy(stage.devices);
    const { rentalId, copyId, licence } = rental;
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch()]);
    await stage.hub.db.stores.members.patch({ memberId: MEMBER }, { preferredMeans: ['prepaid'] });
    const purse = {
      memberId: MEMBER,
      siteId: null,
      amount: euro(2500),
      authorisationId: 'a',
      purpose: 'prepaid' as const,
    };
    await stage.hub.db.transaction((stores) => topUp(stores, { ...purse, key: 'k' }, stage.hub.clock.now()));
    const signer = await enrol(stage.devices.fleet, 'hub', 'hub');
    const asking = { ...deps(), trust: stage.devices.fleet.trust, signer, challengeKey: CHALLENGE_KEY };
    const returnId = id<ReturnId>();
    const t0 = stage.hub.clock.now();
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
    stage.hub.clock.jump(epochMs(t0 + 3 * DAY));
    const second = await open('return-2');
    expect(second.plan).toEqual(first.plan);
    expect(second.nonce).toBe(first.nonce);
    expect(second.quote).not.toBe(first.quote);
    expect(second.paid).toEqual(first.paid);
    const quote = await stage.hub.db.stores.quotes.find({ returnId });
    expect(quote).toMatchObject({ t0, terminalId: 'return-2' });
    expect(quote?.validUntil).toBeGreaterThan(stage.hub.clock.now());
    // SYN-6: a hub whose database was set back asks the same again; the slot that answered it is overwritten by now.
    await stage.hub.db.stores.quotes.removeWhere({ returnId });
    expect((await open('return-2')).nonce).toBe(first.nonce);
    expect(first.nonce).toMatch(/^[\w-]{43}$/);
  });

  it('LED-2: an amount due in another currency refuses a new rental as well', async () => {
    await stage.hub.db.stores.editions.put({
      editionId: EDITION,
      titleId: TITLE,
      mediaType: 'video/mp4',
      bytes: 10,
      sha256: 'ab'.repeat(32),
      chunkBytes: 1_048_576,
      chunks: ['ab'.repeat(32)],
      createdAt: START,
    });
    const member = await stage.hub.db.stores.members.find({ memberId: MEMBER });
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
    await stage.hub.db.stores.ledger.post([transfer], START);
    expect(await prepare()).toMatchObject({ ok: false, error: { code: 'amount_due_open' } });
  });
});
