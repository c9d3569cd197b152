import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { type LogProof, verifyLoggedReceipt } from '#shared/media/log/checkpoint.ts';
import { slotMac } from '#shared/media/slot-proof.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { CALENDAR, type TestTerminal } from './hub-harness.ts';
import { shopOverHttp } from './shop-over-http.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('hub over HTTP: members, rentals, returns', () => {
  const shop = shopOverHttp();
  const { pass, id, codeOf, member, staffPost, memberIdOf, prepare, refusedWith } = shop;
  const { proofKey, rent, open, quoteOf, bringBack } = shop;

  it('CAT-4: a rental is refused with a code for each reason', async () => {
    const { session } = await member();
    const child = (await member(2015)).session;
    await refusedWith('title_unknown', session, id());
    await refusedWith('title_withdrawn', session, await shop.hub.title({ withdrawn: true }));
    await refusedWith(
      'not_released',
      session,
      await shop.hub.title({ releaseAt: epochMs(shop.hub.clock.now() + DAY) }),
    );
    await refusedWith('age_restricted', child, await shop.hub.title({ ageRating: 16 }));
    await refusedWith('territory_refused', session, await shop.hub.title({ territories: ['JP'] }));
    await refusedWith('secure_medium_required', session, await shop.hub.title({ demandsSecureMedium: true }));
    await refusedWith('player_required', session, await shop.hub.title({ demandsBinding: 'players' }));
    await refusedWith('tariff_missing', session, await shop.hub.title({ tariffId: id() }));
    await refusedWith('title_without_edition', session, await shop.hub.title({ editionId: null }));
    const single = await shop.hub.title({ unitsTotal: 1 });
    expect((await prepare(session, single)).item?.permitted).toBe(true);
    await refusedWith('no_unit_free', (await member()).session, single);
    const other = await prepare(session, await shop.hub.title(), { from: shop.desk });
    expect(codeOf(other.answer)).toBe('terminal_role_wrong');
  });

  it('RNT-1: the same rental id gets the same permit; cancelled, its unit is free again and cancelling twice is once', async () => {
    const { session } = await member();
    const titleId = await shop.hub.title({ unitsTotal: 1 });
    const first = await prepare(session, titleId);
    const again = await prepare(session, titleId, first.copy);
    expect(again.item).toMatchObject({ permitted: true, permit: { rentalId: first.copy.rentalId } });
    const stolen = await prepare((await member()).session, titleId, first.copy);
    expect(stolen.item).toMatchObject({ permitted: false, code: 'rental_id_conflict' });
    const cancel = () =>
      shop.hub.ask(shop.kiosk, '/rentals/cancel', { rentalIds: [first.copy.rentalId], reason: 'went_away' });
    expect((await cancel()).status).toBe(204);
    expect((await cancel()).status).toBe(204);
    expect((await prepare((await member()).session, titleId)).item?.permitted).toBe(true);
  });

  it('PR-28, RNT-6, SEC-8: a kiosk hears what became of rentals that it prepared, and of nobody else’s', async () => {
    const { session } = await member();
    const { copy } = await prepare(session, await shop.hub.title());
    const { rentalId } = copy;
    const ask = (by: TestTerminal) => shop.hub.ask(by, '/rentals/states', { rentalIds: [rentalId] });
    expect((await ask(shop.kiosk)).body).toEqual({ rentals: [{ rentalId, status: 'pending' }] });
    await shop.hub.ask(shop.kiosk, '/rentals/cancel', { rentalIds: [rentalId], reason: 'went_away' });
    expect((await ask(shop.kiosk)).body).toEqual({ rentals: [{ rentalId, status: 'void' }] });
    const another = await shop.hub.terminal('kiosk', 'kiosk-two');
    expect((await ask(another)).body).toEqual({ rentals: [] });
    expect(codeOf(await ask(shop.desk))).toBe('terminal_role_wrong');
  });

  it('RSV-1: of two members who want the last unit at the same moment one gets it', async () => {
    const titleId = await shop.hub.title({ unitsTotal: 1 });
    const sessions = [(await member()).session, (await member()).session, (await member()).session];
    const items = await Promise.all(sessions.map((session) => prepare(session, titleId)));
    expect(items.filter(({ item }) => item?.permitted === true)).toHaveLength(1);
  });

  it('CHG-7: the quote is what the hub books; asked again it is the same answer; returned again it costs nothing', async () => {
    const { session, number } = await member();
    const memberId = await memberIdOf(number);
    const cash = {
      key: 'a payment of the tests',
      purpose: 'prepaid',
      amount: { minor: 300, currency: 'EUR' },
    };
    expect((await staffPost(`/members/${memberId}/payments`, cash)).status).toBe(200);
    expect((await staffPost(`/members/${memberId}/payments`, cash)).status).toBe(200);
    const { copy, licence, startedAt } = await rent(session, await shop.hub.title());
    await pass(49 * HOUR + 1000);
    const { returnId, answer } = await open(copy, licence);
    const opened = api.openReturnAnswer.parse(answer.body);
    expect(opened).toMatchObject({ outcome: 'quoted', chunkIndices: [0], memberToken: session.memberToken });
    const quote = await quoteOf(opened.quote);
    // 48 h for 400, one hour free, one second more: a further day for 150 (CHG-3).
    expect(quote).toMatchObject({ total: { minor: 550, currency: 'EUR' }, startedAt });
    expect(opened.plan).toMatchObject({ prepaid: { minor: 300 }, heldCard: null, rest: { minor: 250 } });
    expect(quote.nextStepAt).toBe(startedAt + 72 * HOUR + 1000);
    expect(quote.nextStepTotal?.minor).toBe(700);
    expect((await open(copy, licence, returnId)).answer.body).toEqual(answer.body);

    const key = `${copy.rentalId}:${returnId}:prepaid`;
    const amount = { minor: 300, currency: 'EUR' };
    const proof = { nonce: opened.nonce, mac: slotMac(proofKey, opened.nonce, returnId), chunkHashes: [] };
    const wanted = {
      ...{ key, rentalId: copy.rentalId, returnId, means: 'prepaid', amount },
      ...{ sessionToken: null, proof },
    };
    // A licence alone, which anybody may have copied from the medium, spends nothing.
    expect(codeOf(await shop.hub.ask(shop.desk, '/payments/authorise', { ...wanted, proof: null }))).toBe(
      'proof_mismatch',
    );
    const wrongProof = { nonce: opened.nonce, mac: slotMac(proofKey, 'other', returnId), chunkHashes: [] };
    expect(
      codeOf(await shop.hub.ask(shop.desk, '/payments/authorise', { ...wanted, proof: wrongProof })),
    ).toBe('proof_mismatch');
    const tooMuch = { ...wanted, amount: { minor: 551, currency: 'EUR' } };
    expect(codeOf(await shop.hub.ask(shop.desk, '/payments/authorise', tooMuch))).toBe('amount_above_quote');
    const byPoints = { ...wanted, key: key.replace('prepaid', 'points'), means: 'points' };
    expect(codeOf(await shop.hub.ask(shop.desk, '/payments/authorise', byPoints))).toBe('points_need_pin');
    const part = api.authoriseAnswer.parse(
      (await shop.hub.ask(shop.desk, '/payments/authorise', wanted)).body,
    ).part;
    expect(
      api.authoriseAnswer.parse((await shop.hub.ask(shop.desk, '/payments/authorise', wanted)).body).part,
    ).toEqual(part);

    await bringBack({ copy, licence, opened, quote, proof, parts: [part], due: 250 });
    const rental = (await (await shop.hub.staff(`/rentals/${copy.rentalId}`)).json()) as {
      status: string;
      charge: { minor: number };
      returns: { proof: string }[];
      receipts: { receiptId: string; claim: string }[];
    };
    expect(rental).toMatchObject({
      status: 'closed',
      charge: { minor: quote.total.minor },
      returns: [{ proof: 'proven' }],
    });
    const detail = (await (await shop.hub.staff(`/members/${memberId}`)).json()) as object;
    expect(detail).toMatchObject({ prepaid: { minor: 0 }, amountDue: { minor: 250 }, points: 10 });
    const signIn = { mediumId: null, accessKey: null, memberNumber: number, pin: '1234' };
    const later = api.memberSession.parse((await shop.hub.ask(shop.kiosk, '/members/sign-in', signIn)).body);
    expect(later).toMatchObject({
      amountDue: { minor: 250 },
      points: 10,
      history: [{ charge: { minor: 550 } }],
    });
    await refusedWith('amount_due_open', later, await shop.hub.title());
    expect(codeOf({ body: (await open(copy, licence)).answer.body })).toBeUndefined();
    expect((await open(copy, licence)).answer.body).toMatchObject({
      outcome: 'already_returned',
      quote: null,
      plan: null,
    });
    const due = { key: 'pays what is open', purpose: 'amount_due', amount: { minor: 300, currency: 'EUR' } };
    expect(await (await staffPost(`/members/${memberId}/payments`, due)).json()).toMatchObject({
      prepaid: { minor: 50 },
      amountDue: { minor: 0 },
    });
    const page = await fetch(shop.hub.url(`/r/${rental.receipts[0]?.receiptId ?? ''}`));
    const style = /<style>([\s\S]*)<\/style>/.exec(await page.clone().text())?.[1] ?? '';
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).toContain('its slot was overwritten and read back');
    const receiptId = rental.receipts[0]?.receiptId ?? '';
    expect(await (await fetch(shop.hub.url(`/r/${receiptId}?lang=ja`))).text()).toContain('本物の受領書です');
    expect((await fetch(shop.hub.url(`/r/${receiptId}/proof.json`))).status).toBe(404);
    const { ticker, trust } = shop.hub.hub.inside();
    await ticker.tick();
    // RET-4, SEC-4: what a customer downloads convinces anybody who has the fleet's root certificate.
    const file = (await (await fetch(shop.hub.url(`/r/${receiptId}/proof.json`))).json()) as {
      receipt: string;
      proof: LogProof;
    };
    expect(await verifyLoggedReceipt(file.receipt, file.proof, trust)).toMatchObject({
      ok: true,
      value: { receipt: { returnId } },
    });
    const head = (await (await fetch(shop.hub.url('/log/checkpoint'))).json()) as { size: number };
    expect(head.size).toBe(file.proof.size);
    expect(await (await fetch(shop.hub.url(`/r/${receiptId}`))).text()).toContain('in the log that we sign');
    expect(await (await shop.hub.staff('/log/verify')).json()).toMatchObject({ receipts: 1, damage: null });
    expect(text).not.toContain('erased');
    const sheet = (await (await shop.hub.staff('/ledger/balance')).json()) as { balanced: boolean };
    expect(sheet.balanced).toBe(true);
  });

  it('RET-2: a return that has closed its rental is "already returned", nothing to pay, whoever asks and whenever', async () => {
    const { session } = await member();
    const { copy, licence } = await rent(session, await shop.hub.title());
    const { returnId, answer } = await open(copy, licence);
    const opened = api.openReturnAnswer.parse(answer.body);
    const proof = { nonce: opened.nonce, mac: slotMac(proofKey, opened.nonce, returnId), chunkHashes: [] };
    const quote = await quoteOf(opened.quote);
    await bringBack({ copy, licence, opened, quote, proof, parts: [], due: 400 });
    const other = await shop.hub.terminal('return-terminal', 'return-two');
    for (const [asking, later] of [
      [shop.desk, 0],
      [other, 0],
      [shop.desk, HOUR],
    ] as const) {
      await pass(later);
      expect((await open(copy, licence, returnId, asking)).answer.body).toEqual({
        ...opened,
        ...{ outcome: 'already_returned', quote: null, plan: null },
      });
    }
  });

  it('CHG-4: a closure entered afterwards gives back what was charged for closed days, once', async () => {
    const { session, number } = await member();
    const { copy, licence, startedAt } = await rent(session, await shop.hub.title());
    await pass(4 * DAY);
    const { returnId, answer } = await open(copy, licence);
    const quote = await quoteOf(api.openReturnAnswer.parse(answer.body).quote);
    expect(quote.total.minor).toBe(700);
    await shop.hub.hub.inside().db.transaction(async (stores) => {
      const rental = await stores.rentals.findForUpdate({ rentalId: copy.rentalId });
      if (rental === null) throw new Error('the rental is there');
      const { applyToRental } = await import('#hub/app/rentals/apply.ts');
      const facts = {
        returnId,
        terminalId: shop.desk.terminalId,
        t0: quote.t0,
        licenceStart: startedAt,
        offlineSinceT0: false,
      };
      const context = {
        stores,
        rules: shop.hub.hub.inside().rewards,
        now: shop.hub.clock.now(),
        newId: () => id<string>(),
      };
      const event = { kind: 'destroyed' as const, at: quote.t0, receiptId: 'r', ...facts };
      await applyToRental(context, rental, event, {
        entryId: id(),
        terminalId: null,
        eventId: null,
        detail: {},
      });
    });
    const due = async () =>
      (
        (await (await shop.hub.staff(`/members/${await memberIdOf(number)}`)).json()) as {
          amountDue: { minor: number };
        }
      ).amountDue.minor;
    expect(await due()).toBe(700);
    const lastDay = new Intl.DateTimeFormat('sv', { timeZone: CALENDAR.zone }).format(quote.t0 - DAY);
    const close = () => staffPost(`/sites/${shop.hub.siteId}/closures`, { from: lastDay, to: lastDay });
    const first = (await (await close()).json()) as {
      adjusted: { rentalId: string; difference: { minor: number } | null }[];
    };
    const mine = first.adjusted.find(({ rentalId }) => rentalId === copy.rentalId);
    expect(mine?.difference).toEqual({ minor: -150, currency: 'EUR' });
    expect(await due()).toBe(550);
    expect(await (await close()).json()).toMatchObject({ adjusted: [] });
    expect(await due()).toBe(550);
  });

  it('RNT-8, RNT-7: refunds have a reason and a limit; above it a second person approves, in the own session; the same form is one refund', async () => {
    const { session, number } = await member();
    const { copy, licence } = await rent(session, await shop.hub.title());
    await pass(20 * DAY);
    const lost = await staffPost(`/rentals/${copy.rentalId}/lost`, { reason: 'left on the train' });
    const charged = (await lost.json()) as { status: string; charge: { minor: number } };
    expect(charged).toMatchObject({ status: 'lost' });
    // Found again at a return terminal: its key is destroyed for nothing more, and the customer is told why (RNT-7).
    const found = api.openReturnAnswer.parse((await open(copy, licence)).answer.body);
    expect(found).toMatchObject({ outcome: 'quoted', found: true });
    expect(await quoteOf(found.quote)).toMatchObject({ total: { minor: 0 } });
    const complain = (body: object) =>
      staffPost(`/rentals/${copy.rentalId}/complaint`, { reason: 'does not play', kind: 'refund', ...body });
    const small = { key: 'refund one', amount: { minor: 500, currency: 'EUR' } };
    expect(await (await complain(small)).json()).toMatchObject({ refunded: { minor: 500 } });
    expect(await (await complain(small)).json()).toMatchObject({ refunded: { minor: 500 } });
    const large = { key: 'refund two', amount: { minor: charged.charge.minor - 500, currency: 'EUR' } };
    const asked = (await (await complain(large)).json()) as { requestId: string; refunded: null };
    expect(asked).toMatchObject({ refunded: null });
    expect(await (await complain(large)).json()).toMatchObject({ requestId: asked.requestId });
    const approve = () => staffPost(`/second-person/${asked.requestId}/approve`, {});
    expect(await (await approve()).json()).toMatchObject({ code: 'second_person_same' });
    await addStaff(shop.hub.hub.inside(), {
      name: 'berta',
      role: 'manager',
      password: 'another long password',
    });
    await shop.hub.signInStaff('berta', 'another long password');
    expect(await (await approve()).json()).toMatchObject({ state: 'approved', decidedBy: 'berta' });
    expect(await (await approve()).json()).toMatchObject({ code: 'second_person_closed' });
    await shop.hub.signInStaff();
    expect(
      await (await complain({ key: 'refund three', amount: { minor: 1, currency: 'EUR' } })).json(),
    ).toMatchObject({
      code: 'refund_too_large',
    });
    const memberNow = (await (await shop.hub.staff(`/members/${await memberIdOf(number)}`)).json()) as object;
    expect(memberNow).toMatchObject({ amountDue: { minor: 0 } });
  });

  it('REC-1: what was rented shows up as recommendations with reasons, for members and for staff', async () => {
    const titles = [await shop.hub.title(), await shop.hub.title(), await shop.hub.title()];
    const last = (await member()).session;
    for (let time = 0; time < 4; time += 1) {
      const { session } = await member();
      for (const titleId of titles) await rent(session, titleId);
    }
    const [first] = titles;
    if (first === undefined) throw new Error('there are titles');
    await rent(last, first);
    await shop.hub.hub.inside().recommender.refresh();
    const answer = await shop.hub.ask(shop.desk, '/recommendations', {
      memberToken: last.memberToken,
      limit: 10,
    });
    const read = api.recommendAnswer.parse(answer.body);
    expect(read.recommendations[0]?.reason).toMatchObject({ code: 'because_you_rented', titleId: first });
    expect(read.recommendations.map(({ titleId }) => titleId)).not.toContain(first);
    expect(read.recipients[0]).toMatch(/^age1/);
    const unknown = await shop.hub.ask(shop.desk, '/recommendations', {
      memberToken: `mt_${'x'.repeat(24)}`,
      limit: 10,
    });
    expect(codeOf(unknown)).toBe('member_unknown');
  });
});
