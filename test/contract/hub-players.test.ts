import { generateKeyPairSync } from 'node:crypto';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { forgetSittings, recordSittings, SITTINGS_KEPT_MS } from '#hub/app/members/openings.ts';
import { answerPlayer, forgetCodes, pairByCode } from '#hub/app/members/pairing.ts';
import {
  addPlayer,
  PLAYER_LIMIT,
  playersOf,
  removePlayer,
  revokedPlayersOf,
} from '#hub/app/members/players.ts';
import type { CopyId, MediumId, MemberId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import {
  type PlayerSigningKey,
  playerAnswerSchema,
  signOpenings,
  signPlayerKey,
  signPlayerReport,
} from '#shared/media/player-key.ts';
import { silentLog } from '#shared/ports/log.ts';
import { heldKeys, oneKey } from '#test/support/hub-keys.ts';
import {
  addMember,
  DAY,
  type Devices,
  furnish,
  HOUR,
  id,
  lane,
  makeDevices,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  writtenCopy,
} from './hub-world.ts';

/** Players of members at the hub: taken on by medium, code or staff, removed, and what they tell of copies. */
let devices: Devices;
let hub: Awaited<ReturnType<typeof openHub>>;
let made = 0;
beforeAll(async () => {
  devices = await makeDevices();
  hub = await openHub();
  await furnish(hub.db);
});
afterAll(() => hub.db.close());

const deps = () => ({ ...hub, log: silentLog });
const codeOf = (done: { readonly ok: boolean; readonly error?: { readonly code: string } }) =>
  done.ok ? null : done.error?.code;
const audited = async (subject: string) =>
  (await hub.db.stores.audit.list({ limit: 50 }))
    .filter((entry) => entry.subject === subject)
    .map(({ actor, action, detail }) => ({ actor, action, ...detail }));
const alertsOn = (subject: string) => hub.db.stores.alerts.list({ subject }, { limit: 20 });

async function member(): Promise<{ readonly memberId: MemberId; readonly token: string }> {
  made += 1;
  const memberId = id<MemberId>();
  const token = `mt_${String(made).padStart(22, '0')}`;
  await addMember(hub.db, memberId, token, `20000${made}`);
  return { memberId, token };
}

/** A player at home, by what it signs. */
async function player(playerId = `player-${++made}`, name = 'Living room') {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x, d } = privateKey.export({ format: 'jwk' });
  const key = { kty: 'OKP', crv: 'Ed25519', x: x ?? '', d: d ?? '' } as const satisfies PlayerSigningKey;
  const recipient = await identityToRecipient(await generateX25519Identity());
  const jws = await signPlayerKey({ version: 1, playerId, recipient, name, createdAt: START }, key);
  return { playerId, key, jws, recipient };
}
type Player = Awaited<ReturnType<typeof player>>;

const takeOn = (
  memberId: MemberId,
  { jws }: Pick<Player, 'jws'>,
  by: 'medium' | 'code' | 'staff' = 'medium',
) => addPlayer(deps(), 'terminal:kiosk-1', { memberId, jws, mediumId: null, by });

describe('SEC-6: whose player it is', () => {
  it('SEC-6: taken on once, however often it is asked, with an audit entry; removed, it stands in the list of revoked ones', async () => {
    const { memberId } = await member();
    const one = await player();
    expect((await takeOn(memberId, one)).ok).toBe(true);
    expect((await takeOn(memberId, one)).ok).toBe(true);
    expect(await playersOf(hub.db.stores, memberId)).toMatchObject([
      { playerId: one.playerId, name: 'Living room', recipient: one.recipient, signingKey: one.key.x },
    ]);
    for (const time of [1, 2])
      expect((await removePlayer(deps(), 'staff:nora', memberId, one.playerId)).ok, `${time}`).toBe(true);
    expect(await playersOf(hub.db.stores, memberId)).toEqual([]);
    expect(await revokedPlayersOf(hub.db.stores, memberId)).toEqual([one.playerId]);
    const entries = await audited(memberId);
    expect(entries.filter(({ action }) => action === 'member.player_removed')).toEqual([
      { actor: 'staff:nora', action: 'member.player_removed', playerId: one.playerId },
    ]);
    expect(entries).toContainEqual({
      ...{ actor: 'terminal:kiosk-1', action: 'member.player_added' },
      ...{ playerId: one.playerId, by: 'medium' },
    });
  });

  it('SEC-6: nobody takes or removes the player of another member; removed there, it may change hands', async () => {
    const [ann, ben] = [await member(), await member()];
    const one = await player();
    await takeOn(ann.memberId, one);
    expect(codeOf(await takeOn(ben.memberId, one))).toBe('player_of_other_member');
    expect(codeOf(await removePlayer(deps(), 'staff:nora', ben.memberId, one.playerId))).toBe(
      'player_missing',
    );
    expect(codeOf(await removePlayer(deps(), 'staff:nora', ben.memberId, 'nobodys'))).toBe('player_missing');
    await removePlayer(deps(), 'staff:nora', ann.memberId, one.playerId);
    expect((await takeOn(ben.memberId, one)).ok).toBe(true);
    expect(await playersOf(hub.db.stores, ann.memberId)).toEqual([]);
    expect(await playersOf(hub.db.stores, ben.memberId)).toHaveLength(1);
  });

  it('SEC-6: a document of another key under a known name, and one that was changed, are refused', async () => {
    const { memberId } = await member();
    const one = await player();
    await takeOn(memberId, one);
    expect(codeOf(await takeOn(memberId, await player(one.playerId)))).toBe('player_contradicts');
    const [header, payload = '', signature] = one.jws.split('.');
    const read = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const other = Buffer.from(JSON.stringify({ ...read, playerId: 'another-name' })).toString('base64url');
    for (const jws of ['', 'x.y.z', `${header}.${other}.${signature}`])
      expect(codeOf(await takeOn(memberId, { jws })), jws).toBe('player_refused');
    expect(await playersOf(hub.db.stores, memberId)).toHaveLength(1);
  });

  it('MS-9, SEC-6: a member has at most six, also when all ask at the same moment', async () => {
    const { memberId } = await member();
    const all = await Promise.all(Array.from({ length: PLAYER_LIMIT + 2 }, () => player()));
    const answers = await Promise.all(all.map((one) => takeOn(memberId, one)));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(PLAYER_LIMIT);
    expect(answers.map(codeOf).filter((code) => code !== null)).toEqual(['player_limit', 'player_limit']);
    const [first] = await playersOf(hub.db.stores, memberId);
    await removePlayer(deps(), 'staff:nora', memberId, first?.playerId ?? '');
    expect((await takeOn(memberId, await player())).ok).toBe(true);
  });
});

describe('SEC-6: paired by the code that a player shows', () => {
  const pairing = () => ({ ...deps(), signer: devices.kiosk, secretKeys: heldKeys([oneKey(7)]) });
  const asks = async (
    one: Player,
    wantsCode = true,
    openings: { copyId: CopyId; mediumId: MediumId; from: EpochMs; until: EpochMs }[] = [],
    signedBy = one,
  ) => {
    const nonce = 'ab'.repeat(16);
    const report = await signPlayerReport(
      { version: 1, playerId: one.playerId, nonce, at: hub.clock.now(), wantsCode, openings },
      signedBy.key,
    );
    return answerPlayer(pairing(), { playerKey: one.jws, report });
  };
  const answerTo = async (one: Player, wantsCode = true) => {
    const answer = await asks(one, wantsCode);
    if (!answer.ok) throw new Error(answer.error.code);
    const payload = Buffer.from(answer.value.split('.')[1] ?? '', 'base64url').toString();
    return playerAnswerSchema.parse(JSON.parse(payload));
  };

  it('SEC-6: typed as people type it, by member or staff; once; then the player is told that it is registered, and not whose', async () => {
    const { memberId } = await member();
    const one = await player();
    const told = await answerTo(one);
    expect(told).toMatchObject({ state: 'unknown', nonce: 'ab'.repeat(16), at: hub.clock.now() });
    const code = told.code?.code ?? '';
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect((await answerTo(one)).code?.code).toBe(code);
    const typed = ` ${code.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replace('-', ' ')}`;
    const paired = await pairByCode(deps(), 'staff:nora', memberId, typed, 'staff');
    expect(paired).toMatchObject({ ok: true, value: { playerId: one.playerId, addedBy: 'staff' } });
    expect(codeOf(await pairByCode(deps(), 'staff:nora', memberId, code, 'staff'))).toBe(
      'pairing_code_unknown',
    );
    const later = await answerTo(one);
    expect(later).toMatchObject({ state: 'registered', code: null });
    expect(JSON.stringify(later)).not.toContain(memberId);
    await removePlayer(deps(), 'staff:nora', memberId, one.playerId);
    expect(await answerTo(one, false)).toMatchObject({ state: 'revoked', code: null });
  });

  it('SEC-6: a code is worth nothing from the commit on that paired its player, should the hub die right after it', async () => {
    const { memberId } = await member();
    const one = await player();
    const code = (await answerTo(one)).code?.code ?? '';
    const dies = () => Promise.reject(new Error('the hub died'));
    const { stores } = hub.db;
    const playerPairings = { ...stores.playerPairings, find: stores.playerPairings.find, removeWhere: dies };
    const db = { ...hub.db, stores: { ...stores, playerPairings }, transaction: hub.db.transaction };
    await pairByCode({ ...deps(), db }, 'staff:nora', memberId, code, 'staff').catch(() => null);
    expect(await playersOf(stores, memberId)).toMatchObject([{ playerId: one.playerId }]);
    expect(await stores.playerPairings.count({ playerId: one.playerId })).toBe(0);
  });

  it('SEC-6: a code that a limit stopped is not used up; one that is too old is none, and is forgotten', async () => {
    const { memberId } = await member();
    for (let at = 0; at < PLAYER_LIMIT; at += 1) await takeOn(memberId, await player());
    const one = await player();
    const code = (await answerTo(one)).code?.code ?? '';
    expect(codeOf(await pairByCode(deps(), 'staff:nora', memberId, code, 'staff'))).toBe('player_limit');
    expect((await pairByCode(deps(), 'staff:nora', (await member()).memberId, code, 'staff')).ok).toBe(true);
    const other = await player();
    const old = (await answerTo(other)).code?.code ?? '';
    hub.clock.jump(epochMs(hub.clock.now() + 15 * DAY));
    expect(codeOf(await pairByCode(deps(), 'staff:nora', (await member()).memberId, old, 'staff'))).toBe(
      'pairing_code_unknown',
    );
    expect(await forgetCodes(hub)).toBeGreaterThan(0);
    expect(await hub.db.stores.playerPairings.count({ playerId: other.playerId })).toBe(0);
  });

  it('SEC-6: nobody gets a code or tells anything in the name of another player', async () => {
    const [one, thief] = [await player(), await player()];
    expect(codeOf(await asks(one, true, [], thief))).toBe('player_refused');
    await takeOn((await member()).memberId, one);
    const impostor = await player(one.playerId);
    expect(codeOf(await asks(impostor))).toBe('player_refused');
    expect(await hub.db.stores.playerPairings.count({ playerId: one.playerId })).toBe(0);
  });
});

describe('SEC-8: sittings of players with copies', () => {
  const rented = async (binding: 'none' | 'players' = 'none') => {
    const { memberId, token } = await member();
    const copy = await writtenCopy(devices, START, { memberToken: token });
    made += 1;
    const kiosk = lane('kiosk-1', 0, `epoch-${made}`);
    kiosk.add('rental.started', started(copy), START);
    await commitGroup(hub.db, rulesFor(devices, hub), [kiosk.batch()]);
    if (binding === 'players') await hub.db.stores.rentals.patch({ rentalId: copy.rentalId }, { binding });
    return { memberId, copy };
  };
  const sits = async (
    one: Player,
    copyId: CopyId,
    from: number,
    until: number,
    signedBy = one.key.x,
  ): Promise<void> =>
    recordSittings(hub.db.stores, {
      playerId: one.playerId,
      signingKey: signedBy,
      sittings: [
        { copyId, mediumId: id<MediumId>(), from: epochMs(START + from), until: epochMs(START + until) },
      ],
      carriedBy: null,
      now: hub.clock.now(),
      newId: () => id<string>(),
    });
  const sittingsOf = (copyId: CopyId) =>
    hub.db.stores.copyOpenings.list({ copyId }, { orderBy: ['openedAt'], limit: 50 });

  it('SEC-8: kept once and lengthened, never shortened; what lies in the future ends with the report', async () => {
    const { copy } = await rented();
    const one = await player();
    await sits(one, copy.copyId, HOUR, 2 * HOUR);
    await sits(one, copy.copyId, HOUR, 2 * HOUR);
    await sits(one, copy.copyId, HOUR, 3 * HOUR);
    await sits(one, copy.copyId, HOUR, 1.5 * HOUR);
    expect((await sittingsOf(copy.copyId)).map(({ closedAt }) => closedAt - START)).toEqual([3 * HOUR]);
    const future = hub.clock.now() + DAY - START;
    await sits(one, copy.copyId, future - 2 * DAY, future + 100 * DAY);
    expect((await sittingsOf(copy.copyId)).at(-1)?.closedAt).toBe(hub.clock.now());
    expect(await alertsOn(copy.copyId)).toEqual([]);
  });

  it('SEC-8: of a copy that nobody knows, that ends before it begins, and signed by another key than the registered one nothing is kept', async () => {
    const { copy } = await rented();
    const one = await player();
    await sits(one, id<CopyId>(), HOUR, 2 * HOUR);
    await sits(one, copy.copyId, 2 * HOUR, HOUR);
    await takeOn((await member()).memberId, one);
    await sits(one, copy.copyId, HOUR, 2 * HOUR, (await player()).key.x);
    expect(await sittingsOf(copy.copyId)).toEqual([]);
  });

  it('SEC-8: one copy open at two players at once is told to staff; one after the other is not', async () => {
    const { copy } = await rented();
    const [one, two] = [await player(), await player()];
    await sits(one, copy.copyId, HOUR, 2 * HOUR);
    // Clocks at home differ by minutes.
    await sits(two, copy.copyId, 2 * HOUR - 600_000, 3 * HOUR);
    expect(await alertsOn(copy.copyId)).toEqual([]);
    await sits(two, copy.copyId, HOUR, 3 * HOUR);
    expect(await alertsOn(copy.copyId)).toMatchObject([
      { code: 'security_copy_open_twice', severity: 'critical', rentalId: copy.rentalId },
    ]);
  });

  it('SEC-8, SYN-4: where the moment of the destruction is a guess, only what was opened after its receipt came is', async () => {
    const { copy } = await rented();
    const back = await returned(copy, devices.returns, epochMs(START + HOUR));
    made += 1;
    const desk = lane('return-1', 0, `epoch-${made}`);
    const told = desk.add('return.destroyed', back.destroyed, epochMs(START + HOUR));
    const stamp = { ...told.stamp, bootId: 'another boot', clockOffset: null, clockError: null };
    await commitGroup(hub.db, rulesFor(devices, hub), [desk.batch([{ ...told, stamp }])]);
    const one = await player();
    await sits(one, copy.copyId, 5 * HOUR, 6 * HOUR);
    expect(await alertsOn(copy.copyId)).toEqual([]);
    const later = Math.max(hub.clock.now() - START, 50 * DAY) + DAY;
    await sits(one, copy.copyId, later, later + HOUR);
    expect(await alertsOn(copy.copyId)).toMatchObject([{ code: 'security_copy_open_twice' }]);
  });

  it('SEC-8: a copy opened after its key was destroyed is told to staff', async () => {
    const { copy } = await rented();
    const back = await returned(copy, devices.returns, epochMs(START + HOUR));
    made += 1;
    const desk = lane('return-1', 0, `epoch-${made}`);
    desk.add('return.destroyed', back.destroyed, epochMs(START + HOUR));
    await commitGroup(hub.db, rulesFor(devices, hub), [desk.batch()]);
    const one = await player();
    await sits(one, copy.copyId, HOUR / 2, HOUR);
    expect(await alertsOn(copy.copyId)).toEqual([]);
    await sits(one, copy.copyId, 5 * HOUR, 6 * HOUR);
    expect(await alertsOn(copy.copyId)).toMatchObject([{ code: 'security_copy_open_twice' }]);
  });

  it('SEC-6, SEC-8: a bound copy opens at its member’s players only: others, and those that were removed before, are told to staff', async () => {
    const { memberId, copy } = await rented('players');
    const own = await player();
    await takeOn(memberId, own);
    await sits(own, copy.copyId, HOUR, 2 * HOUR);
    expect(await alertsOn(copy.copyId)).toEqual([]);
    await removePlayer(deps(), 'staff:nora', memberId, own.playerId);
    // It was the member's while it played.
    await sits(own, copy.copyId, 3 * HOUR, 4 * HOUR);
    expect(await alertsOn(copy.copyId)).toEqual([]);
    const after = hub.clock.now() - START + 1;
    hub.clock.jump(epochMs(hub.clock.now() + HOUR));
    await sits(own, copy.copyId, after, after + 1000);
    expect(await alertsOn(copy.copyId)).toMatchObject([{ code: 'security_copy_open_twice', count: 1 }]);
    const foreign = await rented('players');
    await sits(await player(), foreign.copy.copyId, HOUR, 2 * HOUR);
    expect(await alertsOn(foreign.copy.copyId)).toHaveLength(1);
  });

  it('SEC-8, SYN-2: whose player opened a bound copy is judged once the kiosk told of its write, and so of each player that it took on without the hub', async () => {
    for (const takenOn of [true, false]) {
      const { token } = await member();
      const copy = await writtenCopy(devices, START, { memberToken: token });
      const back = await returned(copy, devices.returns, epochMs(START + DAY));
      made += 1;
      const desk = lane('return-1', 0, `epoch-${made}`);
      desk.add('return.accepted', back.accepted, epochMs(START + DAY));
      await commitGroup(hub.db, rulesFor(devices, hub), [desk.batch()]);
      await hub.db.stores.rentals.patch({ rentalId: copy.rentalId }, { binding: 'players' });
      const own = await player();
      await sits(own, copy.copyId, HOUR, 2 * HOUR);
      expect(await alertsOn(copy.copyId)).toEqual([]);
      const kiosk = lane('kiosk-1', 0, `epoch-${made}`);
      const { mediumId } = copy;
      const seen = { mediumId, playerKey: own.jws, memberToken: token, at: START };
      if (takenOn) kiosk.add('player.seen', seen, START);
      kiosk.add('rental.started', started(copy), START);
      await commitGroup(hub.db, rulesFor(devices, hub), [kiosk.batch()]);
      expect(await alertsOn(copy.copyId)).toHaveLength(takenOn ? 0 : 1);
    }
  });

  it('MS-31 SEC-8, SEC-9: carried by a terminal they are kept with its name, and forgotten after ninety days', async () => {
    const { copy } = await rented();
    const one = await player();
    const mediumId = id<MediumId>();
    const openings = [{ copyId: copy.copyId, from: epochMs(START + HOUR), until: epochMs(START + 2 * HOUR) }];
    const document = { version: 1, playerId: one.playerId, mediumId, openings } as const;
    made += 1;
    const kiosk = lane('kiosk-1', 0, `epoch-${made}`);
    const at = epochMs(START + DAY);
    kiosk.add('player.openings', { mediumId, openings: await signOpenings(document, one.key), at }, at);
    kiosk.add(
      'player.openings',
      { mediumId: id<MediumId>(), openings: await signOpenings(document, one.key), at },
      at,
    );
    await commitGroup(hub.db, rulesFor(devices, hub), [kiosk.batch()]);
    expect(await sittingsOf(copy.copyId)).toMatchObject([{ carriedBy: 'kiosk-1', mediumId }]);
    expect(await hub.db.stores.deadLetters.list({ epoch: `epoch-${made}` }, { limit: 5 })).toMatchObject([
      { sequence: 1, cause: 'openings_other_medium' },
    ]);
    const received = (await sittingsOf(copy.copyId))[0]?.receivedAt ?? START;
    await forgetSittings(hub.db.stores, epochMs(received + SITTINGS_KEPT_MS));
    expect(await sittingsOf(copy.copyId)).toHaveLength(1);
    await forgetSittings(hub.db.stores, epochMs(received + SITTINGS_KEPT_MS + 1));
    expect(await sittingsOf(copy.copyId)).toEqual([]);
  });
});
