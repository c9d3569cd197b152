import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { blockMember, unblockMember } from '#hub/app/members/blocking.ts';
import { accessKeyHash } from '#hub/app/members/sign-in.ts';
import { prepareOne } from '#hub/app/renting/prepare.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { MediumId, MemberId, ReservationId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { newId } from '#shared/ports/random.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { PASSWORD, startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';
import { type HubStage, openStage } from './hub-stage.ts';
import {
  addMember,
  balancesOf,
  EDITION,
  HOUR,
  id,
  lane,
  MEMBER,
  returned,
  SITE,
  START,
  TITLE,
  TOKEN,
} from './hub-world.ts';

const codeOf = (answer: { body: unknown }): unknown => (answer.body as { code?: string } | null)?.code;

describe('hub: a member whom staff block', () => {
  let hub: TestHub;
  let kiosk: TestTerminal;
  let desk: TestTerminal;
  let film: TitleId;
  beforeAll(async () => {
    hub = await startTestHub();
    kiosk = await hub.terminal('kiosk', 'kiosk-one');
    desk = await hub.terminal('return-terminal', 'return-one');
    film = await hub.title();
    for (const role of ['clerk', 'manager', 'auditor'] as const)
      await addStaff(hub.hub.inside(), { name: role, role, password: PASSWORD });
    await hub.signInStaff('manager');
  });
  afterAll(() => hub.close());

  const fresh = <Id extends string>(): Id => newId<Id>(hub.clock, systemRandom);
  const staffPost = (path: string, body: unknown) =>
    hub.staff(path, { method: 'POST', body: JSON.stringify(body) });
  /** Somebody who signed in at the kiosk, with a stick of their own. */
  const person = async () => {
    const body = { displayName: 'Ann', birthYear: 1980, pin: '1234', language: 'en' };
    const made = api.registerAnswer.parse((await hub.ask(kiosk, '/members/register', body)).body);
    const { stores } = hub.hub.inside().db;
    const { memberId } =
      (await stores.members.first({ number: made.memberNumber })) ?? expect.fail('registered');
    const stick = {
      mediumId: fresh<MediumId>(),
      accessKey: Buffer.from(systemRandom.bytes(32)).toString('base64url'),
    };
    await stores.media.insert({
      ...{ mediumId: stick.mediumId, memberId, mediumClass: 'plain', identity: null },
      ...{ accessKeyHash: accessKeyHash(stick.accessKey) },
      ...{ registeredAt: hub.clock.now(), lastSeenAt: hub.clock.now() },
    });
    const byNumber = { mediumId: null, accessKey: null, memberNumber: made.memberNumber, pin: '1234' };
    const byMedium = { ...stick, memberNumber: null, pin: '1234' };
    return { memberId, stick, token: made.session.memberToken, session: made.session, byNumber, byMedium };
  };
  const prepare = (sessionToken: string) =>
    hub.ask(kiosk, '/rentals/prepare', {
      ...{ sessionToken, mediumId: fresh(), mediumClass: 'plain' },
      items: [{ rentalId: fresh(), copyId: fresh(), titleId: film, binding: 'none', reservationId: null }],
    });
  const told = async () => {
    const answer = await hub.atTerminals(kiosk, '/bundle');
    return api.bundle.parse(await answer.json()).pinsChanged ?? [];
  };

  it('SEC-6, RNT-1: sign-ins end at every terminal and nobody is let in or rents; unblocked, all of it works again', async () => {
    const { memberId, session, stick, byNumber, byMedium } = await person();
    const elsewhere = api.memberSession.parse((await hub.ask(desk, '/members/sign-in', byNumber)).body);
    expect((await prepare(session.sessionToken)).status).toBe(200);
    const blocked = await staffPost(`/members/${memberId}/block`, { cause: 'misuse' });
    expect(await blocked.json()).toMatchObject({ memberId, state: 'blocked' });
    expect(codeOf(await prepare(session.sessionToken))).toBe('session_over');
    for (const [at, { sessionToken }] of [
      [kiosk, session],
      [desk, elsewhere],
    ] as const)
      expect(codeOf(await hub.ask(at, '/members/session', { sessionToken }))).toBe('session_over');
    for (const way of [byNumber, byMedium])
      expect(codeOf(await hub.ask(kiosk, '/members/sign-in', way))).toBe('member_blocked');
    // Who does not know the PIN learns nothing of it.
    expect(codeOf(await hub.ask(kiosk, '/members/sign-in', { ...byNumber, pin: '9999' }))).toBe(
      'sign_in_refused',
    );
    expect((await hub.ask(kiosk, '/members/identify-medium', stick)).body).toMatchObject({
      memberToken: null,
    });
    expect((await staffPost(`/members/${memberId}/unblock`, { cause: 'settled' })).status).toBe(200);
    // What ended stays ended.
    expect(codeOf(await prepare(session.sessionToken))).toBe('session_over');
    const again = api.memberSession.parse((await hub.ask(kiosk, '/members/sign-in', byNumber)).body);
    expect(api.prepareAnswer.parse((await prepare(again.sessionToken)).body).items).toMatchObject([
      { permitted: true },
    ]);
  });

  it('SYN-1, SEC-6: kiosks forget a blocked member with their next bundle, however many people were forgotten before', async () => {
    const { memberId, token } = await person();
    const { stores } = hub.hub.inside().db;
    const row = (await stores.members.find({ memberId })) ?? expect.fail('registered');
    const long = epochMs(hub.clock.now() - 40 * 24 * HOUR);
    for (let n = 0; n < 1_600; n += 1)
      await stores.members.insert({
        ...{ ...row, memberId: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as MemberId },
        ...{ token: `mt_gone_${n}`, number: `deleted-${n}`, state: 'deleted', pinChangedAt: long },
      });
    expect((await told()).some(({ memberToken }) => memberToken === token)).toBe(false);
    await staffPost(`/members/${memberId}/block`, { cause: 'stolen' });
    const mine = (await told()).filter(({ memberToken }) => memberToken === token);
    // Whatever the kiosk's clock says.
    expect(mine.map(({ at }) => at > hub.clock.now() + 365 * 24 * HOUR)).toEqual([true]);
    await staffPost(`/members/${memberId}/unblock`, { cause: 'mistaken' });
    expect((await told()).some(({ memberToken }) => memberToken === token)).toBe(false);
    // Somebody forgotten today is still told.
    await staffPost(`/members/${memberId}/erase`, { paidOut: null });
    expect((await told()).some(({ memberToken }) => memberToken === token)).toBe(true);
  });

  it('SEC-7: the counter blocks, a manager lets back in, and the trail has who, whom and why, once', async () => {
    const { memberId } = await person();
    const { audit } = hub.hub.inside().db.stores;
    const newest = async () =>
      (await audit.list({ limit: 20 })).filter(
        ({ subject, action }) => subject === memberId && action.endsWith('blocked'),
      );
    await hub.signInStaff('auditor');
    expect((await staffPost(`/members/${memberId}/block`, { cause: 'unpaid' })).status).toBe(403);
    await hub.signInStaff('clerk');
    for (const _time of [1, 2])
      expect((await staffPost(`/members/${memberId}/block`, { cause: 'unpaid' })).status).toBe(200);
    expect((await staffPost(`/members/${memberId}/unblock`, { cause: 'settled' })).status).toBe(403);
    expect(await newest()).toMatchObject([
      { actor: 'staff:clerk', action: 'member.blocked', detail: { cause: 'unpaid' } },
    ]);
    expect(await (await hub.staff(`/members/${memberId}`)).json()).toMatchObject({
      state: 'blocked',
      blocked: { since: hub.clock.now(), cause: 'unpaid' },
    });
    await hub.signInStaff('manager');
    // Words of one's own have no place in a trail that cannot be edited.
    expect((await staffPost(`/members/${memberId}/unblock`, { cause: 'Ann paid' })).status).toBe(400);
    for (const _time of [1, 2])
      expect((await staffPost(`/members/${memberId}/unblock`, { cause: 'settled' })).status).toBe(200);
    expect((await newest()).map(({ actor, action, detail }) => [actor, action, detail])).toEqual([
      ['staff:manager', 'member.unblocked', { cause: 'settled' }],
      ['staff:clerk', 'member.blocked', { cause: 'unpaid' }],
    ]);
    expect(await (await hub.staff(`/members/${memberId}`)).json()).toMatchObject({ blocked: null });
    await staffPost(`/members/${memberId}/erase`, { paidOut: null });
    for (const what of ['block', 'unblock'])
      expect((await staffPost(`/members/${memberId}/${what}`, { cause: 'asked' })).status).toBe(404);
  });
});

describe('hub: what a blocked member has out', () => {
  let stage: HubStage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());
  const deps = () => ({ ...stage.hub, log: silentLog });
  const block = () => blockMember(deps(), 'staff:test', MEMBER, 'unpaid');
  const unblock = () => unblockMember(deps(), 'staff:test', MEMBER, 'settled');

  it('RET-1, LED-2: a copy of a blocked member is taken back and charged as anybody’s', async () => {
    const rental = await stage.out();
    expect(await block()).toMatchObject({ ok: true });
    const back = await returned(rental, stage.devices.returns, epochMs(START + HOUR));
    const events = lane('return-1');
    events.add('return.accepted', back.accepted, epochMs(START + HOUR));
    events.add('return.destroyed', back.destroyed, epochMs(START + HOUR));
    await commitGroup(stage.hub.db, stage.rules, [events.batch()]);
    const { stores } = stage.hub.db;
    expect(await stores.rentals.find({ rentalId: rental.rentalId })).toMatchObject({ status: 'closed' });
    expect(await stores.deadLetters.count({})).toBe(0);
    const owed = ACCOUNTS.memberReceivable(MEMBER, 'EUR').accountId;
    expect((await balancesOf(stage.hub.db))[owed]).toBe(400);
    // And one that the kiosk was permitted before counts when it comes: the copy exists.
    const late = await stage.out();
    expect(await stores.rentals.find({ rentalId: late.rentalId })).toMatchObject({ status: 'active' });
  });

  it('RNT-1: who is blocked between the question and the permit gets none', async () => {
    const { stores } = stage.hub.db;
    const [member, terminal] = [
      await stores.members.find({ memberId: MEMBER }),
      await stores.terminals.find({ terminalId: 'kiosk-1' as TerminalId }),
    ];
    if (member === null || terminal === null) throw new Error('both are furnished');
    // As the question found the member, before staff's block was committed.
    const asked = { ...member, state: 'active' as const };
    await block();
    await stores.editions.put({
      ...{ editionId: EDITION, titleId: TITLE, mediaType: 'video/webm', bytes: 10 },
      ...{ sha256: 'ab'.repeat(32), chunkBytes: 65_536, chunks: [], createdAt: START },
    });
    const done = await prepareOne(
      { ...deps(), fleet: { rewards: stage.rules.rewards } },
      { member: asked, terminal, mediumId: id(), mediumClass: 'plain' },
      { rentalId: id(), copyId: id(), titleId: TITLE, binding: 'none', reservationId: null },
    );
    expect(done).toMatchObject({ ok: false, error: { code: 'member_locked' } });
  });

  it('RSV-1: places of a blocked member are passed over and kept', async () => {
    const { stores } = stage.hub.db;
    const other = id<MemberId>();
    await addMember(stage.hub.db, other, 'mt_of_the_next', '1000002');
    await unblock();
    const title = (await stores.titles.find({ titleId: TITLE })) ?? expect.fail('furnished');
    const limited = id<TitleId>();
    await stores.titles.put({ ...title, titleId: limited, unitsTotal: 1 });
    const now = stage.hub.clock.now();
    const places = await Promise.all(
      [MEMBER, other].map(async (memberId, n) => {
        const reservationId = id<ReservationId>();
        await stores.reservations.insert({
          ...{ reservationId, titleId: limited, memberId, siteId: null, rentalId: null, requestedBy: null },
          ...{ state: 'waiting', requestedAt: epochMs(now - 1000 + n), rewarded: false },
          ...{ readyAt: null, readyUntil: null, endedAt: null },
        });
        return reservationId;
      }),
    );
    const states = () =>
      Promise.all(
        places.map(async (reservationId) => (await stores.reservations.find({ reservationId }))?.state),
      );
    await block();
    expect(await states()).toEqual(['paused', 'ready']);
    await unblock();
    expect(await states()).toEqual(['waiting', 'ready']);
  });

  it('RSV-1, RET-5: a place that a blocked member asks for at a return is kept, and passed over until then', async () => {
    const { stores } = stage.hub.db;
    await unblock();
    const rental = await stage.out();
    await stores.titles.patch({ titleId: TITLE }, { unitsTotal: 1 });
    await block();
    const at = epochMs(START + HOUR);
    const back = await returned(rental, stage.devices.returns, at);
    const events = lane('return-1', 0, 'epoch-of-a-place');
    const reservationId = id<ReservationId>();
    events.add('return.accepted', back.accepted, at);
    const { rentalId } = rental;
    const wish = { reservationId, titleId: TITLE, memberToken: TOKEN, siteId: SITE, rentalId, at };
    events.add('reservation.requested', wish, at);
    events.add('return.destroyed', back.destroyed, at);
    await commitGroup(stage.hub.db, stage.rules, [events.batch()]);
    const state = async () => (await stores.reservations.find({ reservationId }))?.state;
    expect(await state()).toBe('paused');
    await unblock();
    // Another copy is out still: they wait as everybody does.
    expect(await state()).toBe('waiting');
  });
});
