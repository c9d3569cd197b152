import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstConfig, makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import { makeSecureMedium } from '#hub/app/enrolment/secure-media.ts';
import { addPlayer } from '#hub/app/members/players.ts';
import { applyToRental } from '#hub/app/rentals/apply.ts';
import { prepareOne } from '#hub/app/renting/prepare.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { totpCode } from '#hub/app/staff/totp.ts';
import { COMPUTES, RIGHTS } from '#hub/http/staff/rights.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { CopyId, EventId, MediumId, MemberId, RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { signPlayerKey } from '#shared/media/player-key.ts';
import { newId } from '#shared/ports/random.ts';
import { CALENDAR, startTestHub, TARIFF, type TestHub } from './hub-harness.ts';

/** Every route by which staff change anything, called once with a sound request: each leaves an audit entry with who did what (SEC-7). */
const WORDS = 'seven umbrellas on a quiet tram';

interface Call {
  /** In place of the route's path parameters, in their order. */
  readonly params?: readonly string[];
  readonly body?: unknown;
  /** Instead of a JSON body. */
  readonly file?: { readonly bytes: Uint8Array; readonly headers: Record<string, string> };
  /** What the trail calls it; absent: by its route. */
  readonly action?: string;
  /** Who asks; absent: the administrator. */
  readonly as?: Person;
  /** Whose name stands in the trail, where nobody is signed in yet. */
  readonly actor?: string;
}

/** A member of staff with a browser of his own. */
interface Person {
  readonly name: string;
  readonly staffId: string;
  ask(method: string, path: string, body?: unknown, file?: Call['file']): Promise<Response>;
}

let hub: TestHub;
let backups: string;
let admin: Person;
let made = 0;
const inside = () => hub.hub.inside();
const id = <Id extends string>(): Id => newId<Id>(hub.clock, systemRandom);
const euro = (minor: number) => ({ minor, currency: 'EUR' });

async function person(role: 'admin' | 'manager' = 'admin', signedIn = true): Promise<Person> {
  made += 1;
  const name = `person-${made}`;
  const { staff } = inside().db.stores;
  // Of one password a proof is made once: that takes its time on purpose.
  const model = await staff.first({ name: 'model' });
  const staffId = id<string>();
  if (model === null) expect.fail('the first account is there');
  await staff.insert({ ...model, staffId, name, role });
  let cookie = '';
  const one: Person = {
    name,
    staffId,
    async ask(method, path, body, file) {
      const answer = await fetch(hub.url(`/api/v1${path}`), {
        method,
        headers: {
          cookie,
          ...(file?.headers ?? (body === undefined ? {} : { 'content-type': 'application/json' })),
        },
        ...(file === undefined ? {} : { body: file.bytes as Uint8Array<ArrayBuffer> }),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const session = answer.headers.getSetCookie().find((line) => line.startsWith('keyturn_staff='));
      if (session !== undefined) cookie = session.split(';')[0] ?? '';
      return answer;
    },
  };
  if (signedIn) expect((await one.ask('POST', '/session', { name, password: WORDS })).status).toBe(200);
  return one;
}

const answered = async (answer: Response) => (await answer.json()) as Record<string, string>;
const secondFactor = async (one: Person) => {
  const begun = await answered(await one.ask('POST', '/account/second-factor'));
  const code = totpCode(begun.secret ?? '', hub.clock.now());
  return { secret: begun.secret ?? '', body: { ticket: begun.ticket, code } };
};
const withSecondFactor = async () => {
  const one = await person();
  const { secret, body } = await secondFactor(one);
  expect((await one.ask('POST', '/account/second-factor/confirm', body)).status).toBe(200);
  return { one, secret };
};

const registration = () => ({
  displayName: 'Ann',
  birthYear: 1980,
  pin: '1234',
  language: 'en',
  siteId: hub.siteId,
});
const member = async () =>
  (await answered(await admin.ask('POST', '/members', registration()))).memberId ?? '';

/** A rental whose meter runs. */
async function rental(): Promise<RentalId> {
  const deps = inside();
  const { stores } = deps.db;
  const terminal = (await stores.terminals.first({ role: 'kiosk' })) ?? expect.fail('there is a kiosk');
  const who =
    (await stores.members.find({ memberId: (await member()) as MemberId })) ?? expect.fail('a member');
  const rentalId = id<RentalId>();
  const permitted = await prepareOne(
    deps,
    { member: who, terminal, mediumId: id<MediumId>(), mediumClass: 'plain' },
    { rentalId, copyId: id<CopyId>(), titleId: await hub.title(), binding: 'none', reservationId: null },
  );
  expect(permitted.ok).toBe(true);
  const pending = (await stores.rentals.find({ rentalId })) ?? expect.fail('it was prepared');
  const now = deps.clock.now();
  const context = { stores, rules: deps.fleet.rewards, now, newId: () => id<string>() };
  const cause = { entryId: id<string>(), terminalId: null, eventId: null, detail: {} };
  expect((await applyToRental(context, pending, { kind: 'started', at: now }, cause)).ok).toBe(true);
  return rentalId;
}

/** An event that could not be applied. */
async function letter(cause = 'event_malformed'): Promise<string> {
  const deadLetterId = id<string>();
  const now = hub.clock.now();
  await inside().db.stores.deadLetters.insert({
    deadLetterId,
    terminalId: 'kiosk-one' as TerminalId,
    epoch: 'epoch1',
    lane: 0,
    sequence: made++,
    eventId: id<EventId>(),
    rentalId: null,
    event: {
      sequence: 0,
      id: id<EventId>(),
      kind: 'alert.raised',
      stamp: { deviceTime: now, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 },
      data: { code: 'drive_worn', subject: 'drive 1', message: 'worn', at: now },
    },
    state: 'dead',
    cause,
    message: 'it was not applied',
    createdAt: now,
    tries: 1,
    settledAt: null,
    settledBy: null,
  });
  return deadLetterId;
}

/** A wish of somebody else that waits for a second person. */
async function wish(by: Person): Promise<string> {
  const raised = await person('manager', false);
  const asked = await by.ask('PATCH', `/staff/${raised.staffId}`, { role: 'admin' });
  return (await answered(asked)).requestId ?? '';
}

/** A terminal whose request waits for staff. */
async function waiting(): Promise<string> {
  made += 1;
  const terminalId = `kiosk-${made}` as TerminalId;
  const request = { terminalId, role: 'kiosk', siteId: hub.siteId, name: 'New' } as const;
  expect((await makeEnrolmentCode(inside(), request, false)).ok).toBe(true);
  const asked = { usedAt: hub.clock.now(), certificateRequest: 'a request', software: 'test' };
  await inside().db.stores.enrolmentCodes.patchWhere({ terminalId }, asked);
  return terminalId;
}

/** The document of a player at home, which shows the code ABCD-0123. */
async function player(playerId: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x, d } = privateKey.export({ format: 'jwk' });
  const recipient = await identityToRecipient(await generateX25519Identity());
  const now = hub.clock.now();
  const jws = await signPlayerKey(
    { version: 1, playerId, recipient, name: 'Living room', createdAt: now },
    { kty: 'OKP', crv: 'Ed25519', x: x ?? '', d: d ?? '' },
  );
  const codeHash = createHash('sha256').update('ABCD0123').digest('hex');
  const { playerPairings } = inside().db.stores;
  await playerPairings.removeWhere({ codeHash });
  await playerPairings.insert({ codeHash, playerId, jws, createdAt: now, expiresAt: epochMs(now + 60_000) });
  return jws;
}

const png = () =>
  sharp({ create: { width: 600, height: 900, channels: 3, background: '#336699' } })
    .png()
    .toBuffer();

const CALLS: Readonly<Record<string, () => Promise<Call>>> = {
  // signing in, and the own account
  'POST /session': async () => {
    const as = await person('manager', false);
    return { as, body: { name: as.name, password: WORDS }, action: 'staff.signed_in' };
  },
  'POST /session/redeem': async () => {
    made += 1;
    const name = `invited-${made}`;
    const { code } = await answered(await admin.ask('POST', '/staff', { name, role: 'clerk' }));
    const body = { name, code, password: WORDS };
    return { as: await person('manager', false), body, actor: name, action: 'staff.password_set' };
  },
  'DELETE /session': async () => ({ as: await person(), action: 'staff.signed_out' }),
  'POST /session/second-factor': async () => {
    const { one, secret } = await withSecondFactor();
    hub.clock.jump(epochMs(hub.clock.now() + 30_000));
    await one.ask('DELETE', '/session');
    await one.ask('POST', '/session', { name: one.name, password: WORDS });
    const code = totpCode(secret, hub.clock.now());
    return { as: one, body: { code }, action: 'staff.signed_in' };
  },
  'POST /session/proof': async () => ({ as: await person(), body: { proof: WORDS } }),
  'PUT /account/password': async () => ({
    as: await person(),
    body: { current: WORDS, next: 'nine green kettles sing at noon' },
    action: 'staff.password_set',
  }),
  'POST /account/second-factor': async () => ({ as: await person() }),
  'POST /account/second-factor/confirm': async () => {
    const as = await person();
    return { as, body: (await secondFactor(as)).body, action: 'staff.second_factor_set' };
  },
  'DELETE /account/second-factor': async () => ({
    as: (await withSecondFactor()).one,
    action: 'staff.second_factor_removed',
  }),
  'POST /account/backup-codes': async () => ({
    as: (await withSecondFactor()).one,
    action: 'staff.backup_codes_renewed',
  }),
  'DELETE /account/sessions': async () => ({ as: await person() }),
  'DELETE /account/sessions/{sessionId}': async () => {
    const as = await person();
    const [own] = await inside().db.stores.staffSessions.list({ staffId: as.staffId }, { limit: 1 });
    return { as, params: [own?.sessionId ?? ''] };
  },
  // people, two persons
  'POST /staff': async () => ({ body: { name: 'a-new-clerk', role: 'clerk' }, action: 'staff.added' }),
  'PATCH /staff/{staffId}': async () => ({
    params: [(await person('manager', false)).staffId],
    body: { role: 'clerk' },
    action: 'staff.role_changed',
  }),
  'POST /staff/{staffId}/reset': async () => ({
    params: [(await person('manager', false)).staffId],
    body: { clearsSecondFactor: true },
    action: 'staff.reset',
  }),
  'DELETE /staff/{staffId}/sessions/{sessionId}': async () => {
    const { staffId } = await person('manager');
    const [open] = await inside().db.stores.staffSessions.list({ staffId }, { limit: 1 });
    return { params: [staffId, open?.sessionId ?? ''] };
  },
  'DELETE /staff/{staffId}/sessions': async () => ({ params: [(await person('manager')).staffId] }),
  'POST /second-person/{requestId}/approve': async () => ({
    params: [await wish(await person())],
    action: 'second_person.approved',
  }),
  'POST /second-person/{requestId}/refuse': async () => ({
    params: [await wish(await person())],
    action: 'second_person.refused',
  }),
  'POST /second-person/{requestId}/withdraw': async () => ({
    params: [await wish(admin)],
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
    const mediumId = id<MediumId>();
    const { privateKeyPem: _key, csrPem } = await createDeviceKeyAndCsr(mediumId);
    await makeSecureMedium(inside(), csrPem, mediumId, 'hub');
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
    params: [await waiting()],
    action: 'terminal.enrolment_approved',
  }),
  'POST /terminals/{terminalId}/refuse': async () => ({
    params: [await waiting()],
    action: 'terminal.enrolment_refused',
  }),
  'POST /terminals/{terminalId}/revoke': async () => {
    const terminalId = 'kiosk-stolen' as TerminalId;
    const { terminals } = inside().db.stores;
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
    const { terminals } = inside().db.stores;
    const row = (await terminals.first({ role: 'kiosk' })) ?? expect.fail('there is a kiosk');
    const configDesired = {
      ...(row.configDesired ?? firstConfig()),
      decommission: { orderId: id<string>(), nevertheless: false },
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
      ...{ terminalId: 'kiosk-new', role: 'kiosk', siteId: hub.siteId, name: 'New' },
      ...{ again: false, hardwareSerial: '', approvedBeforehand: false },
    },
    action: 'terminal.code_issued',
  }),
  'POST /alerts/{alertId}/acknowledge': async () => {
    const alertId = id<string>();
    const draft = { code: 'drive_worn', subject: alertId, severity: 'warning', message: 'worn' } as const;
    await inside().db.stores.alerts.raise(
      alertId,
      { ...draft, terminalId: null, rentalId: null },
      hub.clock.now(),
    );
    return { params: [alertId], action: 'alert.acknowledged' };
  },
  'POST /alerts/{alertId}/reopen': async () => {
    const alertId = id<string>();
    const draft = { code: 'drive_worn', subject: alertId, severity: 'warning', message: 'worn' } as const;
    const { alerts } = inside().db.stores;
    await alerts.raise(alertId, { ...draft, terminalId: null, rentalId: null }, hub.clock.now());
    await alerts.clear(draft, 'staff:model', hub.clock.now());
    return { params: [alertId], action: 'alert.reopened' };
  },
  'POST /dead-letters/{deadLetterId}/retry': async () => ({
    params: [await letter()],
    action: 'dead_letter.retried',
  }),
  'POST /dead-letters/{deadLetterId}/dismiss': async () => ({
    params: [await letter()],
    body: { reason: 'of a broken clock' },
    action: 'dead_letter.dismissed',
  }),
  'POST /dead-letters/{deadLetterId}/accept': async () => ({
    params: [await letter('receipt_gap')],
    body: { reason: 'the terminal was repaired' },
    action: 'second_person.requested',
  }),
  // catalogue and prices
  'POST /titles': async () => ({
    body: {
      ...{ kind: 'film', name: { en: 'New' }, description: { en: '' }, year: 2020, runtimeSeconds: 60 },
      ...{ genres: [], people: [], ageRating: 0, territories: [], releaseAt: 0, unitsTotal: null },
      ...{ demandsSecureMedium: false, demandsBinding: 'none', tariffId: hub.tariff.tariffId },
    },
    action: 'title.added',
  }),
  'PATCH /titles/{titleId}': async () => ({
    params: [await hub.title()],
    body: { year: 2021 },
    action: 'title.changed',
  }),
  'POST /titles/{titleId}/withdraw': async () => ({
    params: [await hub.title()],
    body: { withdrawn: true },
    action: 'title.withdrawn',
  }),
  'POST /titles/{titleId}/edition': async () => {
    const bytes = Buffer.alloc(1000, 'another edition ');
    const headers = {
      'content-type': 'text/plain',
      'x-content-sha256': createHash('sha256').update(bytes).digest('hex'),
    };
    return { params: [await hub.title()], file: { bytes, headers }, action: 'edition.uploaded' };
  },
  'POST /titles/{titleId}/poster': async () => ({
    params: [await hub.title()],
    file: { bytes: await png(), headers: { 'content-type': 'image/png' } },
  }),
  'POST /titles/{titleId}/preview': async () => ({
    params: [await hub.title()],
    file: { bytes: Buffer.from('OggS and what follows'), headers: { 'content-type': 'audio/ogg' } },
  }),
  'POST /titles/{titleId}/subtitles/{language}': async () => ({
    params: [await hub.title(), 'en'],
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
    params: [hub.siteId],
    body: { from: '2026-05-01', to: '2026-05-01' },
    action: 'site.closed',
  }),
  'POST /sites/{siteId}/closures/withdraw': async () => ({
    params: [hub.siteId],
    body: { from: '2026-05-01', to: '2026-05-01' },
    action: 'site.closure_withdrawn',
  }),
  'PUT /sites/{siteId}/week': async () => ({
    params: [hub.siteId],
    body: { weekly: CALENDAR.weekly },
    action: 'site.week_changed',
  }),
  'PUT /sites/{siteId}/place': async () => ({
    params: [hub.siteId],
    body: { place: { latitude: 52.5, longitude: 13.4 } },
    action: 'site.place_changed',
  }),
  'PUT /sites/{siteId}/plan': async () => ({
    params: [hub.siteId],
    body: {
      plan: { width: 80, depth: 60, terminals: { 'kiosk-one': { x: 10, y: 5 } }, fixtures: [] },
    },
    action: 'site.plan_changed',
  }),
  // members, rentals, books
  'POST /members': async () => ({ body: registration(), action: 'member.registered' }),
  'POST /members/{memberId}/payments': async () => ({
    params: [await member()],
    body: { key: id<string>(), purpose: 'prepaid', amount: euro(500) },
    action: 'member.paid_in',
  }),
  'POST /members/{memberId}/pin': async () => ({
    params: [await member()],
    body: { pin: '4321' },
    action: 'member.pin_reset',
  }),
  'POST /members/{memberId}/block': async () => ({
    params: [await member()],
    body: { cause: 'misuse' },
    action: 'member.blocked',
  }),
  'POST /members/{memberId}/unblock': async () => {
    const memberId = await member();
    await admin.ask('POST', `/members/${memberId}/block`, { cause: 'misuse' });
    return { params: [memberId], body: { cause: 'mistaken' }, action: 'member.unblocked' };
  },
  'POST /members/{memberId}/players': async () => {
    await player('player-paired');
    return { params: [await member()], body: { code: 'abcd-0123' }, action: 'member.player_added' };
  },
  'DELETE /members/{memberId}/players/{playerId}': async () => {
    const [memberId, one] = [await member(), await player('player-removed')];
    const taken = { memberId: memberId as MemberId, jws: one, mediumId: null, by: 'medium' } as const;
    await addPlayer(inside(), 'terminal:kiosk-one', taken);
    return { params: [memberId, 'player-removed'], action: 'member.player_removed' };
  },
  'POST /members/{memberId}/write-off': async () => {
    const rentalId = await rental();
    await admin.ask('POST', `/rentals/${rentalId}/lost`, { reason: 'fell into the sea' });
    const row = await inside().db.stores.rentals.find({ rentalId });
    return {
      params: [row?.memberId ?? ''],
      body: { key: id<string>(), amount: euro(100), cause: 'uncollectable' },
      action: 'member.written_off',
    };
  },
  'POST /members/{memberId}/erase': async () => ({
    params: [await member()],
    body: { paidOut: null },
    action: 'member.erased',
  }),
  'POST /rentals/{rentalId}/lost': async () => ({
    params: [await rental()],
    body: { reason: 'fell into the sea' },
    action: 'rental.lost',
  }),
  'POST /rentals/{rentalId}/found': async () => {
    const rentalId = await rental();
    await admin.ask('POST', `/rentals/${rentalId}/lost`, { reason: 'fell into the sea' });
    return {
      params: [rentalId],
      body: { reason: 'a diver had it', decision: 'resume' },
      action: 'rental.found',
    };
  },
  'POST /rentals/{rentalId}/complaint': async () => ({
    params: [await rental()],
    body: { key: id<string>(), kind: 'exchange', reason: 'the film stops in the middle' },
    action: 'rental.exchanged',
  }),
};

beforeAll(async () => {
  backups = await mkdtemp(join(tmpdir(), 'keyturn-audit-'));
  const HUB_BACKUP_RECIPIENT = await identityToRecipient(await generateIdentity());
  hub = await startTestHub({ HUB_BACKUP_FOLDER: backups, HUB_BACKUP_RECIPIENT }, 'PGlite');
  const { terminalId } = await hub.terminal('kiosk', 'kiosk-one');
  await inside().db.stores.terminals.patch({ terminalId }, { state: 'active' });
  await addStaff(inside(), { name: 'model', role: 'clerk', password: WORDS });
  admin = await person();
});
afterAll(async () => {
  await hub.close();
  await rm(backups, { recursive: true, force: true });
});

describe('SEC-7: every change that staff make leaves an audit entry with who did what', () => {
  it('SEC-7: each route of the document that may change anything is called here', async () => {
    const document = (await (await fetch(hub.url('/api/v1/openapi.json'))).json()) as {
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
    const by = call.as ?? admin;
    const [method = '', pattern = ''] = route.split(' ');
    const params = [...(call.params ?? [])];
    const path = pattern.replace(/\{[^}]*\}/g, () => encodeURIComponent(params.shift() ?? ''));
    const { audit } = inside().db.stores;
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
    const memberId = await member();
    expect((await admin.ask('GET', `/members/${memberId}/export`)).status).toBe(200);
    const [last] = await inside().db.stores.audit.list({ limit: 1 });
    expect(last).toMatchObject({
      actor: `staff:${admin.name}`,
      action: 'member.exported',
      subject: memberId,
    });
  });
});
