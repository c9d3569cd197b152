import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { PrepareCode } from '#hub/app/renting/prepare.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { licenceEnd } from '#shared/domain/tariff.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type {
  CopyId,
  EventId,
  MediumId,
  RentalId,
  ReturnId,
  TerminalId,
  TitleId,
} from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { type LogProof, verifyLoggedReceipt } from '#shared/media/log/checkpoint.ts';
import { signJws, verifyJws } from '#shared/media/signing.ts';
import { slotMac } from '#shared/media/slot-proof.ts';
import { newId } from '#shared/ports/random.ts';
import type { EventData, EventKind } from '#shared/protocol/events.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { CALENDAR, startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('hub over HTTP: members, rentals, returns', () => {
  let hub: TestHub;
  let kiosk: TestTerminal;
  let desk: TestTerminal;
  let sequence = 0;
  let receipts = { counter: 1, previous: '0'.repeat(64) };
  beforeAll(async () => {
    hub = await startTestHub();
    kiosk = await hub.terminal('kiosk', 'kiosk-one');
    desk = await hub.terminal('return-terminal', 'return-one');
    await hub.signInStaff();
  });
  afterAll(() => hub.close());

  /** The wall clock alone moves: timers of the hub's own duties stay where they are. */
  const pass = async (ms: number): Promise<void> => {
    hub.clock.jump(epochMs(hub.clock.now() + ms));
    // A working day is over: staff sign in again.
    expect((await hub.signInStaff()).status).toBe(200);
  };
  const id = <Id extends string>(): Id => newId<Id>(hub.clock, systemRandom);
  const codeOf = (answer: { body: unknown }): unknown => (answer.body as { code?: string }).code;
  const member = async (birthYear = 1980): Promise<{ number: string; session: api.MemberSession }> => {
    const body = { displayName: 'Ann', birthYear, pin: '1234', language: 'en' };
    const answer = await hub.ask(kiosk, '/members/register', body);
    expect(answer.status).toBe(200);
    const read = api.registerAnswer.parse(answer.body);
    return { number: read.memberNumber, session: read.session };
  };
  const staffPost = (path: string, body: unknown) =>
    hub.staff(path, { method: 'POST', body: JSON.stringify(body) });
  const memberIdOf = async (number: string): Promise<string> => {
    const page = (await (await hub.staff(`/members?q=${number}`)).json()) as {
      items: { memberId: string }[];
    };
    return page.items[0]?.memberId ?? '';
  };

  interface Copy {
    readonly rentalId: RentalId;
    readonly copyId: CopyId;
    readonly mediumId: MediumId;
  }
  const prepare = async (
    session: api.MemberSession,
    titleId: TitleId,
    change: { rentalId?: RentalId; copyId?: CopyId; binding?: 'none' | 'players'; from?: TestTerminal } = {},
  ) => {
    const copy: Copy = { rentalId: change.rentalId ?? id(), copyId: change.copyId ?? id(), mediumId: id() };
    const answer = await hub.ask(change.from ?? kiosk, '/rentals/prepare', {
      sessionToken: session.sessionToken,
      mediumId: copy.mediumId,
      mediumClass: 'plain',
      items: [
        {
          rentalId: copy.rentalId,
          copyId: copy.copyId,
          titleId,
          binding: change.binding ?? 'none',
          reservationId: null,
        },
      ],
    });
    const item = answer.status === 200 ? api.prepareAnswer.parse(answer.body).items[0] : undefined;
    return { copy, item, answer };
  };
  const refusedWith = async (code: PrepareCode, session: api.MemberSession, titleId: TitleId) => {
    const { item } = await prepare(session, titleId);
    expect(item).toMatchObject({ permitted: false, code });
  };

  const proofKey = createHash('sha256').update('the slot').digest('base64url');
  const licenceOf = (session: api.MemberSession, permit: api.RentalPermit, copy: Copy, at: EpochMs) =>
    signJws(
      'keyturn-licence',
      {
        version: 1,
        id: id(),
        provider: 'keyturn',
        issued: at,
        updated: null,
        status: 'ready',
        rights: {
          start: at,
          end: licenceEnd(permit.tariff, at),
          print: null,
          copy: null,
          startWithinSeconds: null,
          finishWithinSeconds: null,
        },
        keyturn: {
          rentalId: copy.rentalId,
          titleId: permit.titleId,
          title: 'A test film',
          editionId: permit.editionId,
          mediaType: 'video/webm',
          tariff: permit.tariff,
          site: CALENDAR,
          binding: 'none',
          memberToken: session.memberToken,
          keep: null,
          copyId: copy.copyId,
          mediumId: copy.mediumId,
          plaintextBytes: 10,
          chunkCount: 1,
          slotCheck: 'ab'.repeat(32),
          probes: [],
          terminal: kiosk.terminalId,
        },
      },
      kiosk.signer,
      at,
    );
  const report = async <K extends EventKind>(
    terminal: TerminalId,
    kind: K,
    data: EventData<K>,
  ): Promise<void> => {
    const at = hub.clock.now();
    const standing = await hub.hub.inside().ingestQueue.accept({
      receivedAt: at,
      batch: {
        version: { major: 1, minor: 0 },
        terminal,
        session: 'AAAA',
        epoch: `epoch-${terminal}-${kind.replace('.', '-')}-${sequence}`,
        lane: 0,
        firstHeld: 0,
        last: 0,
        sentAt: at,
        events: [
          {
            sequence: 0,
            id: id<EventId>(),
            kind,
            stamp: { deviceTime: at, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 },
            data,
          },
        ],
      },
    });
    sequence += 1;
    expect(standing?.contiguous).toBe(0);
  };
  const rent = async (session: api.MemberSession, titleId: TitleId) => {
    const { copy, item } = await prepare(session, titleId);
    if (item?.permitted !== true) throw new Error(JSON.stringify(item));
    const startedAt = hub.clock.now();
    const licence = await licenceOf(session, item.permit, copy, startedAt);
    await report(kiosk.terminalId, 'rental.started', {
      rentalId: copy.rentalId,
      licence,
      startedAt,
      slotProofKey: proofKey,
      chunkHashes: [{ index: 0, sha256: 'cd'.repeat(32) }],
      verification: 'sampled',
      offline: false,
      hold: null,
    });
    return { copy, licence, startedAt };
  };
  const open = async (copy: Copy, licence: string, returnId: ReturnId = id(), by = desk) => {
    const t0 = hub.clock.now();
    const stamp = { deviceTime: t0, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 };
    const request = { returnId, rentalId: copy.rentalId, copyId: copy.copyId, licence, t0, stamp };
    return { returnId, answer: await hub.ask(by, '/returns/open', request) };
  };
  const quoteOf = async (jws: string | null): Promise<api.QuotePayload> => {
    const verified = await verifyJws(jws ?? '', hub.hub.inside().trust, {
      type: 'keyturn-quote',
      schema: api.quotePayload,
      roles: ['hub'],
      validAt: 'signed-at',
      maxBytes: 24_000,
    });
    if (!verified.ok) throw new Error(verified.error.code);
    return verified.value.payload;
  };

  /** The terminal reports the key of an opened return destroyed. */
  const bringBack = async (told: {
    readonly copy: Copy;
    readonly licence: string;
    readonly opened: z.infer<typeof api.openReturnAnswer>;
    readonly quote: api.QuotePayload;
    readonly proof: EventData<'return.destroyed'>['proof'];
    readonly parts: EventData<'return.destroyed'>['parts'];
    readonly due: number;
  }): Promise<void> => {
    const { copyId, rentalId, mediumId } = told.copy;
    const { t0, returnId } = told.quote;
    const destroyedAt = epochMs(t0 + 1000);
    const claims = {
      ...{ version: 1, returnId, rentalId, copyId, mediumId, t0, destroyedAt, proof: told.proof },
      ...{ terminal: desk.terminalId, acceptedBy: desk.terminalId, nonceOrigin: 'hub' },
      ...{
        claim: 'CLEAR-SLOT',
        readBack: 'power-cycle',
        counter: receipts.counter,
        previous: receipts.previous,
      },
    };
    const receipt = await signJws('keyturn-receipt', claims, desk.signer, destroyedAt);
    receipts = {
      counter: receipts.counter + 1,
      previous: createHash('sha256').update(receipt).digest('hex'),
    };
    await report(desk.terminalId, 'return.destroyed', {
      ...{ returnId, rentalId, copyId, licence: told.licence, receipt, proof: told.proof, t0, destroyedAt },
      ...{ quote: told.opened.quote, provisional: null, parts: told.parts, offlineSince: null },
      due: { minor: told.due, currency: 'EUR' },
    });
  };

  it('CAT-4: a rental is refused with a code for each reason', async () => {
    const { session } = await member();
    const child = (await member(2015)).session;
    await refusedWith('title_unknown', session, id());
    await refusedWith('title_withdrawn', session, await hub.title({ withdrawn: true }));
    await refusedWith(
      'not_released',
      session,
      await hub.title({ releaseAt: epochMs(hub.clock.now() + DAY) }),
    );
    await refusedWith('age_restricted', child, await hub.title({ ageRating: 16 }));
    await refusedWith('territory_refused', session, await hub.title({ territories: ['JP'] }));
    await refusedWith('secure_medium_required', session, await hub.title({ demandsSecureMedium: true }));
    await refusedWith('player_required', session, await hub.title({ demandsBinding: 'players' }));
    await refusedWith('tariff_missing', session, await hub.title({ tariffId: id() }));
    await refusedWith('title_without_edition', session, await hub.title({ editionId: null }));
    const single = await hub.title({ unitsTotal: 1 });
    expect((await prepare(session, single)).item?.permitted).toBe(true);
    await refusedWith('no_unit_free', (await member()).session, single);
    const other = await prepare(session, await hub.title(), { from: desk });
    expect(codeOf(other.answer)).toBe('terminal_role_wrong');
  });

  it('RNT-1: the same rental id gets the same permit; cancelled, its unit is free again and cancelling twice is once', async () => {
    const { session } = await member();
    const titleId = await hub.title({ unitsTotal: 1 });
    const first = await prepare(session, titleId);
    const again = await prepare(session, titleId, first.copy);
    expect(again.item).toMatchObject({ permitted: true, permit: { rentalId: first.copy.rentalId } });
    const stolen = await prepare((await member()).session, titleId, first.copy);
    expect(stolen.item).toMatchObject({ permitted: false, code: 'rental_id_conflict' });
    const cancel = () =>
      hub.ask(kiosk, '/rentals/cancel', { rentalIds: [first.copy.rentalId], reason: 'went_away' });
    expect((await cancel()).status).toBe(204);
    expect((await cancel()).status).toBe(204);
    expect((await prepare((await member()).session, titleId)).item?.permitted).toBe(true);
  });

  it('PR-28, RNT-6, SEC-8: a kiosk hears what became of rentals that it prepared, and of nobody else’s', async () => {
    const { session } = await member();
    const { copy } = await prepare(session, await hub.title());
    const { rentalId } = copy;
    const ask = (by: typeof kiosk) => hub.ask(by, '/rentals/states', { rentalIds: [rentalId] });
    expect((await ask(kiosk)).body).toEqual({ rentals: [{ rentalId, status: 'pending' }] });
    await hub.ask(kiosk, '/rentals/cancel', { rentalIds: [rentalId], reason: 'went_away' });
    expect((await ask(kiosk)).body).toEqual({ rentals: [{ rentalId, status: 'void' }] });
    const another = await hub.terminal('kiosk', 'kiosk-two');
    expect((await ask(another)).body).toEqual({ rentals: [] });
    expect(codeOf(await ask(desk))).toBe('terminal_role_wrong');
  });

  it('RSV-1: of two members who want the last unit at the same moment one gets it', async () => {
    const titleId = await hub.title({ unitsTotal: 1 });
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
    const { copy, licence, startedAt } = await rent(session, await hub.title());
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
    expect(codeOf(await hub.ask(desk, '/payments/authorise', { ...wanted, proof: null }))).toBe(
      'proof_mismatch',
    );
    const wrongProof = { nonce: opened.nonce, mac: slotMac(proofKey, 'other', returnId), chunkHashes: [] };
    expect(codeOf(await hub.ask(desk, '/payments/authorise', { ...wanted, proof: wrongProof }))).toBe(
      'proof_mismatch',
    );
    const tooMuch = { ...wanted, amount: { minor: 551, currency: 'EUR' } };
    expect(codeOf(await hub.ask(desk, '/payments/authorise', tooMuch))).toBe('amount_above_quote');
    const byPoints = { ...wanted, key: key.replace('prepaid', 'points'), means: 'points' };
    expect(codeOf(await hub.ask(desk, '/payments/authorise', byPoints))).toBe('points_need_pin');
    const part = api.authoriseAnswer.parse((await hub.ask(desk, '/payments/authorise', wanted)).body).part;
    expect(api.authoriseAnswer.parse((await hub.ask(desk, '/payments/authorise', wanted)).body).part).toEqual(
      part,
    );

    await bringBack({ copy, licence, opened, quote, proof, parts: [part], due: 250 });
    const rental = (await (await hub.staff(`/rentals/${copy.rentalId}`)).json()) as {
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
    const detail = (await (await hub.staff(`/members/${memberId}`)).json()) as object;
    expect(detail).toMatchObject({ prepaid: { minor: 0 }, amountDue: { minor: 250 }, points: 10 });
    const signIn = { mediumId: null, accessKey: null, memberNumber: number, pin: '1234' };
    const later = api.memberSession.parse((await hub.ask(kiosk, '/members/sign-in', signIn)).body);
    expect(later).toMatchObject({
      amountDue: { minor: 250 },
      points: 10,
      history: [{ charge: { minor: 550 } }],
    });
    await refusedWith('amount_due_open', later, await hub.title());
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
    const page = await fetch(hub.url(`/r/${rental.receipts[0]?.receiptId ?? ''}`));
    const style = /<style>([\s\S]*)<\/style>/.exec(await page.clone().text())?.[1] ?? '';
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).toContain('its slot was overwritten and read back');
    const receiptId = rental.receipts[0]?.receiptId ?? '';
    expect(await (await fetch(hub.url(`/r/${receiptId}?lang=ja`))).text()).toContain('本物の受領書です');
    expect((await fetch(hub.url(`/r/${receiptId}/proof.json`))).status).toBe(404);
    const { ticker, trust } = hub.hub.inside();
    await ticker.tick();
    // RET-4, SEC-4: what a customer downloads convinces anybody who has the fleet's root certificate.
    const file = (await (await fetch(hub.url(`/r/${receiptId}/proof.json`))).json()) as {
      receipt: string;
      proof: LogProof;
    };
    expect(await verifyLoggedReceipt(file.receipt, file.proof, trust)).toMatchObject({
      ok: true,
      value: { receipt: { returnId } },
    });
    const head = (await (await fetch(hub.url('/log/checkpoint'))).json()) as { size: number };
    expect(head.size).toBe(file.proof.size);
    expect(await (await fetch(hub.url(`/r/${receiptId}`))).text()).toContain('in the log that we sign');
    expect(await (await hub.staff('/log/verify')).json()).toMatchObject({ receipts: 1, damage: null });
    expect(text).not.toContain('erased');
    const sheet = (await (await hub.staff('/ledger/balance')).json()) as { balanced: boolean };
    expect(sheet.balanced).toBe(true);
  });

  it('RET-2: a return that has closed its rental is "already returned", nothing to pay, whoever asks and whenever', async () => {
    const { session } = await member();
    const { copy, licence } = await rent(session, await hub.title());
    const { returnId, answer } = await open(copy, licence);
    const opened = api.openReturnAnswer.parse(answer.body);
    const proof = { nonce: opened.nonce, mac: slotMac(proofKey, opened.nonce, returnId), chunkHashes: [] };
    const quote = await quoteOf(opened.quote);
    await bringBack({ copy, licence, opened, quote, proof, parts: [], due: 400 });
    const other = await hub.terminal('return-terminal', 'return-two');
    for (const [asking, later] of [
      [desk, 0],
      [other, 0],
      [desk, HOUR],
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
    const { copy, licence, startedAt } = await rent(session, await hub.title());
    await pass(4 * DAY);
    const { returnId, answer } = await open(copy, licence);
    const quote = await quoteOf(api.openReturnAnswer.parse(answer.body).quote);
    expect(quote.total.minor).toBe(700);
    await hub.hub.inside().db.transaction(async (stores) => {
      const rental = await stores.rentals.findForUpdate({ rentalId: copy.rentalId });
      if (rental === null) throw new Error('the rental is there');
      const { applyToRental } = await import('#hub/app/rentals/apply.ts');
      const facts = {
        returnId,
        terminalId: desk.terminalId,
        t0: quote.t0,
        licenceStart: startedAt,
        offlineSinceT0: false,
      };
      const context = {
        stores,
        rules: hub.hub.inside().rewards,
        now: hub.clock.now(),
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
        (await (await hub.staff(`/members/${await memberIdOf(number)}`)).json()) as {
          amountDue: { minor: number };
        }
      ).amountDue.minor;
    expect(await due()).toBe(700);
    const lastDay = new Intl.DateTimeFormat('sv', { timeZone: CALENDAR.zone }).format(quote.t0 - DAY);
    const close = () => staffPost(`/sites/${hub.siteId}/closures`, { from: lastDay, to: lastDay });
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
    const { copy, licence } = await rent(session, await hub.title());
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
    await addStaff(hub.hub.inside(), { name: 'berta', role: 'manager', password: 'another long password' });
    await hub.signInStaff('berta', 'another long password');
    expect(await (await approve()).json()).toMatchObject({ state: 'approved', decidedBy: 'berta' });
    expect(await (await approve()).json()).toMatchObject({ code: 'second_person_closed' });
    await hub.signInStaff();
    expect(
      await (await complain({ key: 'refund three', amount: { minor: 1, currency: 'EUR' } })).json(),
    ).toMatchObject({
      code: 'refund_too_large',
    });
    const memberNow = (await (await hub.staff(`/members/${await memberIdOf(number)}`)).json()) as object;
    expect(memberNow).toMatchObject({ amountDue: { minor: 0 } });
  });

  it('REC-1: what was rented shows up as recommendations with reasons, for members and for staff', async () => {
    const titles = [await hub.title(), await hub.title(), await hub.title()];
    const last = (await member()).session;
    for (let time = 0; time < 4; time += 1) {
      const { session } = await member();
      for (const titleId of titles) await rent(session, titleId);
    }
    const [first] = titles;
    if (first === undefined) throw new Error('there are titles');
    await rent(last, first);
    await hub.hub.inside().recommender.refresh();
    const answer = await hub.ask(desk, '/recommendations', { memberToken: last.memberToken, limit: 10 });
    const read = api.recommendAnswer.parse(answer.body);
    expect(read.recommendations[0]?.reason).toMatchObject({ code: 'because_you_rented', titleId: first });
    expect(read.recommendations.map(({ titleId }) => titleId)).not.toContain(first);
    expect(read.recipients[0]).toMatch(/^age1/);
    const unknown = await hub.ask(desk, '/recommendations', {
      memberToken: `mt_${'x'.repeat(24)}`,
      limit: 10,
    });
    expect(codeOf(unknown)).toBe('member_unknown');
  });
});
