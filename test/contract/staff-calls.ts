import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect } from 'vitest';
import { firstConfig } from '#hub/app/enrolment/enrolment.ts';
import { makeSecureMedium } from '#hub/app/enrolment/secure-media.ts';
import { addPlayer } from '#hub/app/members/players.ts';
import { totpCode } from '#hub/app/staff/totp.ts';
import type { MediumId, MemberId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { CALENDAR, TARIFF } from './hub-harness.ts';
import { answered, type Person, type SentFile, type StaffDesk, WORDS } from './staff-desk.ts';

export interface Call {
  /** In place of the route's path parameters, in their order. */
  readonly params?: readonly string[];
  readonly body?: unknown;
  /** Instead of a JSON body. */
  readonly file?: SentFile;
  /** What the trail calls it; absent: by its route. */
  readonly action?: string;
  /** Who asks; absent: the administrator. */
  readonly as?: Person;
  /** Whose name stands in the trail, where nobody is signed in yet. */
  readonly actor?: string;
}

const euro = (minor: number) => ({ minor, currency: 'EUR' });
const png = () =>
  sharp({ create: { width: 600, height: 900, channels: 3, background: '#336699' } })
    .png()
    .toBuffer();

/** Every route by which staff change anything, each with a sound request, by its method and path. */
export const staffCalls = (desk: StaffDesk): Readonly<Record<string, () => Promise<Call>>> => ({
  // signing in, and the own account
  'POST /session': async () => {
    const as = await desk.person('manager', false);
    return { as, body: { name: as.name, password: WORDS }, action: 'staff.signed_in' };
  },
  'POST /session/redeem': async () => {
    const name = `invited-${desk.next()}`;
    const { code } = await answered(await desk.admin.ask('POST', '/staff', { name, role: 'clerk' }));
    const body = { name, code, password: WORDS };
    return { as: await desk.person('manager', false), body, actor: name, action: 'staff.password_set' };
  },
  'DELETE /session': async () => ({ as: await desk.person(), action: 'staff.signed_out' }),
  'POST /session/second-factor': async () => {
    const { one, secret } = await desk.withSecondFactor();
    desk.hub.clock.jump(epochMs(desk.hub.clock.now() + 30_000));
    await one.ask('DELETE', '/session');
    await one.ask('POST', '/session', { name: one.name, password: WORDS });
    const code = totpCode(secret, desk.hub.clock.now());
    return { as: one, body: { code }, action: 'staff.signed_in' };
  },
  'POST /session/proof': async () => ({ as: await desk.person(), body: { proof: WORDS } }),
  'PUT /account/password': async () => ({
    as: await desk.person(),
    body: { current: WORDS, next: 'nine green kettles sing at noon' },
    action: 'staff.password_set',
  }),
  'POST /account/second-factor': async () => ({ as: await desk.person() }),
  'POST /account/second-factor/confirm': async () => {
    const as = await desk.person();
    return { as, body: (await desk.secondFactor(as)).body, action: 'staff.second_factor_set' };
  },
  'DELETE /account/second-factor': async () => ({
    as: (await desk.withSecondFactor()).one,
    action: 'staff.second_factor_removed',
  }),
  'POST /account/backup-codes': async () => ({
    as: (await desk.withSecondFactor()).one,
    action: 'staff.backup_codes_renewed',
  }),
  'DELETE /account/sessions': async () => ({ as: await desk.person() }),
  'DELETE /account/sessions/{sessionId}': async () => {
    const as = await desk.person();
    const [own] = await desk.inside().db.stores.staffSessions.list({ staffId: as.staffId }, { limit: 1 });
    return { as, params: [own?.sessionId ?? ''] };
  },
  // people, two persons
  'POST /staff': async () => ({ body: { name: 'a-new-clerk', role: 'clerk' }, action: 'staff.added' }),
  'PATCH /staff/{staffId}': async () => ({
    params: [(await desk.person('manager', false)).staffId],
    body: { role: 'clerk' },
    action: 'staff.role_changed',
  }),
  'POST /staff/{staffId}/reset': async () => ({
    params: [(await desk.person('manager', false)).staffId],
    body: { clearsSecondFactor: true },
    action: 'staff.reset',
  }),
  'DELETE /staff/{staffId}/sessions/{sessionId}': async () => {
    const { staffId } = await desk.person('manager');
    const [open] = await desk.inside().db.stores.staffSessions.list({ staffId }, { limit: 1 });
    return { params: [staffId, open?.sessionId ?? ''] };
  },
  'DELETE /staff/{staffId}/sessions': async () => ({ params: [(await desk.person('manager')).staffId] }),
  'POST /second-person/{requestId}/approve': async () => ({
    params: [await desk.wish(await desk.person())],
    action: 'second_person.approved',
  }),
  'POST /second-person/{requestId}/refuse': async () => ({
    params: [await desk.wish(await desk.person())],
    action: 'second_person.refused',
  }),
  'POST /second-person/{requestId}/withdraw': async () => ({
    params: [await desk.wish(desk.admin)],
    action: 'second_person.withdrawn',
  }),
  // the hub's keys
  'POST /keys/{key}/rotate': async () => ({
    params: ['library'],
    body: { reason: 'as every year' },
    action: 'second_person.requested',
  }),
  'POST /authority/{key}/rotate': async () => ({
    params: ['hub-signing'],
    body: { reason: 'as every year' },
    action: 'second_person.requested',
  }),
  'POST /backups': async () => ({ body: {}, action: 'hub.backed_up' }),
  // secure media
  'POST /controllers': async () => ({ body: { terminalId: 'kiosk-one' }, action: 'terminal.commanded' }),
  'POST /controllers/{mediumId}/revoke': async () => {
    const mediumId = desk.id<MediumId>();
    const { privateKeyPem: _key, csrPem } = await createDeviceKeyAndCsr(mediumId);
    await makeSecureMedium(desk.inside(), csrPem, mediumId, 'hub');
    return { params: [mediumId], body: { reason: 'stolen' }, action: 'medium.controller_revoked' };
  },
  // fleet
  'POST /terminals/{terminalId}/commands': async () => ({
    params: ['kiosk-one'],
    body: { order: { kind: 'lock', locked: true }, expiresInSeconds: 600 },
    action: 'terminal.commanded',
  }),
  'PUT /terminals/{terminalId}/config': async () => ({
    params: ['kiosk-one'],
    body: {
      basedOn: 1,
      config: {
        ...{ heartbeatSeconds: 30, sessionIdleSeconds: 60, verification: 'full', locked: false },
        ...{ languages: ['en'], wantedTitles: [] },
      },
    },
    action: 'terminal.configured',
  }),
  'POST /terminals/{terminalId}/approve': async () => ({
    params: [await desk.waiting()],
    action: 'terminal.enrolment_approved',
  }),
  'POST /terminals/{terminalId}/refuse': async () => ({
    params: [await desk.waiting()],
    action: 'terminal.enrolment_refused',
  }),
  'POST /terminals/{terminalId}/revoke': async () => {
    const terminalId = 'kiosk-stolen' as TerminalId;
    const { terminals } = desk.inside().db.stores;
    const row = (await terminals.first({ role: 'kiosk' })) ?? expect.fail('there is a kiosk');
    await terminals.put({ ...row, terminalId });
    return { params: [terminalId], body: { reason: 'stolen from the shop' }, action: 'terminal.revoked' };
  },
  'POST /terminals/{terminalId}/decommission': async () => ({
    params: ['kiosk-one'],
    body: { reason: 'the shop closes' },
    action: 'second_person.requested',
  }),
  'DELETE /terminals/{terminalId}/decommission': async () => {
    const { terminals } = desk.inside().db.stores;
    const row = (await terminals.first({ role: 'kiosk' })) ?? expect.fail('there is a kiosk');
    const configDesired = {
      ...(row.configDesired ?? firstConfig()),
      decommission: { orderId: desk.id<string>(), nevertheless: false },
    };
    await terminals.put({
      ...row,
      terminalId: 'kiosk-leaving' as TerminalId,
      state: 'active',
      configDesired,
    });
    return { params: ['kiosk-leaving'], action: 'terminal.decommission_called_off' };
  },
  'POST /enrolment-codes': async () => ({
    body: {
      ...{ terminalId: 'kiosk-new', role: 'kiosk', siteId: desk.hub.siteId, name: 'New' },
      ...{ again: false, hardwareSerial: '', approvedBeforehand: false },
    },
    action: 'terminal.code_issued',
  }),
  'POST /alerts/{alertId}/acknowledge': async () => {
    const alertId = desk.id<string>();
    const draft = { code: 'drive_worn', subject: alertId, severity: 'warning', message: 'worn' } as const;
    await desk
      .inside()
      .db.stores.alerts.raise(alertId, { ...draft, terminalId: null, rentalId: null }, desk.hub.clock.now());
    return { params: [alertId], action: 'alert.acknowledged' };
  },
  'POST /alerts/{alertId}/reopen': async () => {
    const alertId = desk.id<string>();
    const draft = { code: 'drive_worn', subject: alertId, severity: 'warning', message: 'worn' } as const;
    const { alerts } = desk.inside().db.stores;
    await alerts.raise(alertId, { ...draft, terminalId: null, rentalId: null }, desk.hub.clock.now());
    await alerts.clear(draft, 'staff:model', desk.hub.clock.now());
    return { params: [alertId], action: 'alert.reopened' };
  },
  'POST /dead-letters/{deadLetterId}/retry': async () => ({
    params: [await desk.letter()],
    action: 'dead_letter.retried',
  }),
  'POST /dead-letters/{deadLetterId}/dismiss': async () => ({
    params: [await desk.letter()],
    body: { reason: 'of a broken clock' },
    action: 'dead_letter.dismissed',
  }),
  'POST /dead-letters/{deadLetterId}/accept': async () => ({
    params: [await desk.letter('receipt_gap')],
    body: { reason: 'the terminal was repaired' },
    action: 'second_person.requested',
  }),
  // catalogue and prices
  'POST /titles': async () => ({
    body: {
      ...{ kind: 'film', name: { en: 'New' }, description: { en: '' }, year: 2020, runtimeSeconds: 60 },
      ...{ genres: [], people: [], ageRating: 0, territories: [], releaseAt: 0, unitsTotal: null },
      ...{ demandsSecureMedium: false, demandsBinding: 'none', tariffId: desk.hub.tariff.tariffId },
    },
    action: 'title.added',
  }),
  'PATCH /titles/{titleId}': async () => ({
    params: [await desk.hub.title()],
    body: { year: 2021 },
    action: 'title.changed',
  }),
  'POST /titles/{titleId}/withdraw': async () => ({
    params: [await desk.hub.title()],
    body: { withdrawn: true },
    action: 'title.withdrawn',
  }),
  'POST /titles/{titleId}/edition': async () => {
    const bytes = Buffer.alloc(1000, 'another edition ');
    const headers = {
      'content-type': 'text/plain',
      'x-content-sha256': createHash('sha256').update(bytes).digest('hex'),
    };
    return { params: [await desk.hub.title()], file: { bytes, headers }, action: 'edition.uploaded' };
  },
  'POST /titles/{titleId}/poster': async () => ({
    params: [await desk.hub.title()],
    file: { bytes: await png(), headers: { 'content-type': 'image/png' } },
  }),
  'POST /titles/{titleId}/preview': async () => ({
    params: [await desk.hub.title()],
    file: { bytes: Buffer.from('OggS and what follows'), headers: { 'content-type': 'audio/ogg' } },
  }),
  'POST /titles/{titleId}/subtitles/{language}': async () => ({
    params: [await desk.hub.title(), 'en'],
    file: {
      bytes: Buffer.from('WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n'),
      headers: { 'content-type': 'text/vtt' },
    },
  }),
  'POST /tariffs': async () => ({ body: { tariff: TARIFF }, action: 'tariff.added' }),
  'POST /sites': async () => ({
    body: { name: 'Second shop', address: '', calendar: CALENDAR },
    action: 'site.added',
  }),
  'POST /sites/{siteId}/closures': async () => ({
    params: [desk.hub.siteId],
    body: { from: '2026-05-01', to: '2026-05-01' },
    action: 'site.closed',
  }),
  'POST /sites/{siteId}/closures/withdraw': async () => ({
    params: [desk.hub.siteId],
    body: { from: '2026-05-01', to: '2026-05-01' },
    action: 'site.closure_withdrawn',
  }),
  'PUT /sites/{siteId}/week': async () => ({
    params: [desk.hub.siteId],
    body: { weekly: CALENDAR.weekly },
    action: 'site.week_changed',
  }),
  'PUT /sites/{siteId}/place': async () => ({
    params: [desk.hub.siteId],
    body: { place: { latitude: 52.5, longitude: 13.4 } },
    action: 'site.place_changed',
  }),
  'PUT /sites/{siteId}/plan': async () => ({
    params: [desk.hub.siteId],
    body: {
      plan: { width: 80, depth: 60, terminals: { 'kiosk-one': { x: 10, y: 5 } }, fixtures: [] },
    },
    action: 'site.plan_changed',
  }),
  // members, rentals, books
  'POST /members': async () => ({ body: desk.registration(), action: 'member.registered' }),
  'POST /members/{memberId}/payments': async () => ({
    params: [await desk.member()],
    body: { key: desk.id<string>(), purpose: 'prepaid', amount: euro(500) },
    action: 'member.paid_in',
  }),
  'POST /members/{memberId}/pin': async () => ({
    params: [await desk.member()],
    body: { pin: '4321' },
    action: 'member.pin_reset',
  }),
  'POST /members/{memberId}/block': async () => ({
    params: [await desk.member()],
    body: { cause: 'misuse' },
    action: 'member.blocked',
  }),
  'POST /members/{memberId}/unblock': async () => {
    const memberId = await desk.member();
    await desk.admin.ask('POST', `/members/${memberId}/block`, { cause: 'misuse' });
    return { params: [memberId], body: { cause: 'mistaken' }, action: 'member.unblocked' };
  },
  'POST /members/{memberId}/players': async () => {
    await desk.player('player-paired');
    return { params: [await desk.member()], body: { code: 'abcd-0123' }, action: 'member.player_added' };
  },
  'DELETE /members/{memberId}/players/{playerId}': async () => {
    const [memberId, one] = [await desk.member(), await desk.player('player-removed')];
    const taken = { memberId: memberId as MemberId, jws: one, mediumId: null, by: 'medium' } as const;
    await addPlayer(desk.inside(), 'terminal:kiosk-one', taken);
    return { params: [memberId, 'player-removed'], action: 'member.player_removed' };
  },
  'POST /members/{memberId}/write-off': async () => {
    const rentalId = await desk.rental();
    await desk.admin.ask('POST', `/rentals/${rentalId}/lost`, { reason: 'fell into the sea' });
    const row = await desk.inside().db.stores.rentals.find({ rentalId });
    return {
      params: [row?.memberId ?? ''],
      body: { key: desk.id<string>(), amount: euro(100), cause: 'uncollectable' },
      action: 'member.written_off',
    };
  },
  'POST /members/{memberId}/erase': async () => ({
    params: [await desk.member()],
    body: { paidOut: null },
    action: 'member.erased',
  }),
  'POST /rentals/{rentalId}/lost': async () => ({
    params: [await desk.rental()],
    body: { reason: 'fell into the sea' },
    action: 'rental.lost',
  }),
  'POST /rentals/{rentalId}/found': async () => {
    const rentalId = await desk.rental();
    await desk.admin.ask('POST', `/rentals/${rentalId}/lost`, { reason: 'fell into the sea' });
    return {
      params: [rentalId],
      body: { reason: 'a diver had it', decision: 'resume' },
      action: 'rental.found',
    };
  },
  'POST /rentals/{rentalId}/complaint': async () => ({
    params: [await desk.rental()],
    body: { key: desk.id<string>(), kind: 'exchange', reason: 'the film stops in the middle' },
    action: 'rental.exchanged',
  }),
});
