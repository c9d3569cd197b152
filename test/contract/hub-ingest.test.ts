import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { applyReadable, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { eventReader } from '#hub/app/ingest/documents.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { fault } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { hubOfEachTest } from './hub-stage.ts';
import {
  addMember,
  balancesOf,
  cardPart,
  DAY,
  HOUR,
  id,
  lane,
  MEMBER,
  returned,
  START,
  started,
  TITLE,
  TOKEN,
  writtenCopy,
} from './hub-world.ts';

/** Events become facts: each once, in order, the bad ones kept for staff. */
const stage = hubOfEachTest({ folder: null });
const receivable = `member_receivable:${MEMBER}:EUR`;

describe('one rental', () => {
  it('CHG-3, LED-1, RWD-1: a rental returned in time is charged once, paid by card, and earns points', async () => {
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + 40 * HOUR);
    const back = await returned(rental, stage.devices.returns, t0);
    const paid = { ...back.destroyed, parts: [cardPart(rental, back.returnId, 400)] };
    const terminal = lane('return-1');
    terminal.add('return.accepted', back.accepted, t0);
    terminal.add('return.destroyed', paid, t0);
    terminal.add('rating.given', { rentalId: rental.rentalId, titleId: TITLE, stars: 4, at: t0 }, t0);

    const standings = await commitGroup(stage.hub.db, stage.rules, [kiosk.batch(), terminal.batch()]);
    expect(standings.map((each) => each.contiguous).sort()).toEqual([0, 2]);
    expect(await stage.hub.db.stores.deadLetters.list({}, { limit: 10 })).toEqual([]);
    const row = await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId });
    expect(row).toMatchObject({ status: 'closed', licenceStatus: 'returned', needsStaff: false });
    expect(row?.charge?.total).toEqual({ minor: 400, currency: 'EUR' });
    expect(await balancesOf(stage.hub.db)).toEqual({
      'card_clearing:EUR': 400,
      [`member_points:${MEMBER}:PTS`]: -15,
      'points_issued:PTS': 15,
      [`site_revenue:${row?.siteId}:EUR`]: -336,
      [`site_tax:${row?.siteId}:EUR`]: -64,
    });
    expect(await stage.hub.db.stores.returns.find({ returnId: back.returnId })).toMatchObject({
      proof: 'proven',
    });
  });

  it('SYN-2, RET-2: the same batches again change nothing', async () => {
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const t0 = epochMs(START + 3 * DAY);
    const terminal = lane('return-1');
    const back = await returned(rental, stage.devices.returns, t0, { due: 700 });
    terminal.add('return.destroyed', back.destroyed, t0);
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch(), terminal.batch()]);
    const once = await balancesOf(stage.hub.db);
    await commitGroup(stage.hub.db, stage.rules, [terminal.batch(), kiosk.batch(), terminal.batch()]);
    expect(await balancesOf(stage.hub.db)).toEqual(once);
    expect(once[receivable]).toBe(550);
  });

  it('SYN-2, PR-26: what came again before its turn is applied as the log has it; of its date only what the terminal did not know at first is added, to the log as well', async () => {
    const applied = async (offsets: readonly [number | null, number]) => {
      const rental = await writtenCopy(stage.devices);
      const kiosk = lane('kiosk-1', 0, id());
      kiosk.add('config.applied', { version: 1, at: START }, START);
      const event = kiosk.add('rental.started', started(rental), START);
      const [first, again] = offsets.map((clockOffset) => ({
        ...event,
        stamp: { ...event.stamp, clockOffset, clockError: clockOffset === null ? null : 5 },
      }));
      if (first === undefined || again === undefined) throw new Error('two tellings');
      await commitGroup(stage.hub.db, stage.rules, [kiosk.batch([first])]);
      await commitGroup(stage.hub.db, stage.rules, [kiosk.batch([...kiosk.events.slice(0, 1), again])]);
      const row = await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId });
      const logged = (await stage.hub.db.stores.inboxEvents.list({ eventId: event.id }, { limit: 2 })).map(
        ({ stamp }) => stamp.clockOffset,
      );
      return { start: (row?.startedAt ?? 0) - START, logged };
    };
    expect(await applied([70, 90])).toEqual({ start: 70, logged: [70] });
    expect(await applied([null, 90])).toEqual({ start: 90, logged: [90] });
  });

  it('SYN-3, PR-13: an event sent again under a new epoch is applied once', async () => {
    const rental = await writtenCopy(stage.devices);
    const first = lane('kiosk-1', 0, 'epoch1');
    const event = first.add('rental.started', started(rental), START);
    const second = lane('kiosk-1', 0, 'epoch2');
    second.events.push({ ...event, sequence: 0 });
    const standings = await commitGroup(stage.hub.db, stage.rules, [first.batch(), second.batch()]);
    expect(standings.map((each) => each.contiguous)).toEqual([0, 0]);
    expect(await stage.hub.db.stores.timeline.count({ rentalId: rental.rentalId })).toBe(1);
  });

  it('RET-7: a return whose proof does not fit goes to staff with an alert', async () => {
    const rental = await writtenCopy(stage.devices);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, stage.devices.returns, t0, { proofKey: 'AAAA' });
    const terminal = lane('return-1');
    terminal.add('return.destroyed', back.destroyed, t0);
    await commitGroup(stage.hub.db, stage.rules, [terminal.batch()]);
    expect(await stage.hub.db.stores.returns.find({ returnId: back.returnId })).toMatchObject({
      proof: 'pending',
    });
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch()]);
    expect(await stage.hub.db.stores.returns.find({ returnId: back.returnId })).toMatchObject({
      proof: 'mismatch',
    });
    expect(await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId })).toMatchObject({
      needsStaff: true,
    });
    expect(await stage.hub.db.stores.alerts.count({ code: 'security_proof_mismatch' })).toBe(1);
  });
});

describe('trouble', () => {
  it('PR-8, SYN-3: what a hub of an older version could not read is applied with what waits behind it by the first hub that can, once, and its alert ends', async () => {
    const rental = await writtenCopy(stage.devices);
    const { rentalId } = rental;
    const t0 = epochMs(START + HOUR);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const back = await returned(rental, stage.devices.returns, t0);
    const terminal = lane('return-1');
    terminal.add('return.accepted', back.accepted, t0);
    terminal.add('rating.given', { rentalId, titleId: TITLE, stars: 5, at: t0 }, t0);
    terminal.add('return.destroyed', back.destroyed, t0);
    const older = {
      ...stage.rules,
      read: async (event: Parameters<typeof stage.rules.read>[0]) =>
        event.kind === 'rating.given'
          ? fault('event_kind_unknown', 'came later')
          : stage.rules.read(event, null),
    };
    const [, standing] = await commitGroup(stage.hub.db, older, [kiosk.batch(), terminal.batch()]);
    expect(standing?.contiguous).toBe(2);
    const letters = () => stage.hub.db.stores.deadLetters.list({}, { limit: 9, orderBy: ['sequence'] });
    expect((await letters()).map(({ state, cause }) => [state, cause])).toEqual([
      ['dead', 'event_kind_unknown'],
      ['parked', 'waits_behind'],
    ]);
    // Another hub of the same older version comes up.
    expect(await applyReadable(stage.hub.db, older)).toBe(0);
    const open = async () =>
      (await stage.hub.db.stores.alerts.list({ code: 'dead_letter' }, { limit: 9 })).filter(
        ({ clearedAt }) => clearedAt === null,
      ).length;
    expect(await open()).toBe(1);
    expect(await applyReadable(stage.hub.db, stage.rules)).toBe(2);
    expect(await applyReadable(stage.hub.db, stage.rules)).toBe(0);
    expect((await letters()).map(({ state, settledBy }) => [state, settledBy])).toEqual([
      ['applied', 'hub'],
      ['applied', 'hub'],
    ]);
    expect(await open()).toBe(0);
    expect(await stage.hub.db.stores.ratings.count({ rentalId })).toBe(1);
    expect(await stage.hub.db.stores.rentals.find({ rentalId })).toMatchObject({ status: 'closed' });
  });

  it('SYN-3: a bad event is buried with its cause, later events of its rental wait, others go on; a retry applies all', async () => {
    const token = 'mt_nobodyknowsthismemberyet';
    const rental = await writtenCopy(stage.devices, START, { memberToken: token });
    const other = await writtenCopy(stage.devices);
    const t0 = epochMs(START + HOUR);
    const terminal = lane('return-1');
    const back = await returned(rental, stage.devices.returns, t0);
    terminal.add('return.accepted', back.accepted, t0);
    terminal.add('rating.given', { rentalId: rental.rentalId, titleId: TITLE, stars: 5, at: t0 }, t0);
    terminal.add('return.destroyed', back.destroyed, t0);
    terminal.add('return.destroyed', (await returned(other, stage.devices.returns, t0)).destroyed, t0);
    const [standing] = await commitGroup(stage.hub.db, stage.rules, [terminal.batch()]);
    expect(standing?.contiguous).toBe(3);
    const letters = await stage.hub.db.stores.deadLetters.list({}, { limit: 10, orderBy: ['sequence'] });
    expect(letters.map((letter) => [letter.state, letter.cause])).toEqual([
      ['dead', 'member_unknown'],
      ['parked', 'waits_behind'],
      ['parked', 'waits_behind'],
    ]);
    expect(await stage.hub.db.stores.rentals.find({ rentalId: other.rentalId })).toMatchObject({
      status: 'closed',
    });
    await addMember(stage.hub.db, id(), token, '1000099');
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch()]);
    // The kiosk's news is what they wait for: it does not wait behind them.
    const parked = await stage.hub.db.stores.deadLetters.list({ state: 'parked' }, { limit: 10 });
    expect(parked).toHaveLength(2);
    const first = letters[0]?.deadLetterId ?? '';
    const applied = await retryDeadLetter(stage.hub.db, stage.rules, first, 'staff');
    expect(applied).toEqual({ ok: true, value: { applied: 3 } });
    expect(await stage.hub.db.stores.ratings.count({ rentalId: rental.rentalId })).toBe(1);
    expect(await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId })).toMatchObject({
      status: 'closed',
    });
  });

  it('SYN-3: the same sequence with another event is a conflict: the first stays, the other is kept for staff', async () => {
    const first = lane('return-1');
    first.add('alert.raised', { code: 'a', subject: 's', message: 'm', at: START }, START);
    const second = lane('return-1');
    second.add('alert.raised', { code: 'b', subject: 's', message: 'm', at: START }, START);
    await commitGroup(stage.hub.db, stage.rules, [first.batch()]);
    const [standing] = await commitGroup(stage.hub.db, stage.rules, [second.batch()]);
    expect(standing).toMatchObject({ contiguous: 0, conflict: true });
    expect(await stage.hub.db.stores.conflicts.count({})).toBe(1);
    expect(await stage.hub.db.stores.alerts.count({ code: 'b' })).toBe(0);
    expect(await stage.hub.db.stores.alerts.count({ code: 'sequence_conflict' })).toBe(1);
  });

  it('SYN-2: events behind a gap wait in the inbox and follow when it is filled', async () => {
    const terminal = lane('return-1');
    for (const code of ['a', 'b', 'c', 'd'])
      terminal.add('alert.raised', { code, subject: 's', message: 'm', at: START }, START);
    const late = await commitGroup(stage.hub.db, stage.rules, [terminal.batch(terminal.events.slice(2))]);
    expect(late[0]?.contiguous).toBe(-1);
    expect(await stage.hub.db.stores.alerts.count({ code: 'd' })).toBe(0);
    const all = await commitGroup(stage.hub.db, stage.rules, [terminal.batch(terminal.events.slice(0, 2))]);
    expect(all[0]?.contiguous).toBe(3);
    expect(await stage.hub.db.stores.alerts.count({ code: ['a', 'b', 'c', 'd'] })).toBe(4);
  });

  it('PR-16: a gap in telemetry is noted and passed, a gap in lane 0 is not', async () => {
    for (const number of [0, 1] as const) {
      const events = lane('return-1', number);
      for (let n = 0; n < 4; n += 1)
        events.add('session.ended', { kind: 'rent', outcome: 'done', seconds: 1, at: START }, START);
      const [standing] = await commitGroup(stage.hub.db, stage.rules, [
        events.batch(events.events.slice(2), 2),
      ]);
      expect(standing?.contiguous).toBe(number === 1 ? 3 : -1);
    }
    expect(await stage.hub.db.stores.alerts.count({ code: ['telemetry_gap', 'event_gap'] })).toBe(2);
  });

  it('RSV-1, RWD-1: a place made at the return earns points once and gives them back when cancelled unused', async () => {
    await stage.hub.db.stores.titles.patch({ titleId: TITLE }, { unitsTotal: 1 });
    const asked: string[] = [];
    const heard = { ...stage.rules, passed: (call: string) => asked.push(call) };
    const rental = await writtenCopy(stage.devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    const reservationId = id<never>();
    const terminal = lane('return-1');
    const request = {
      reservationId,
      titleId: TITLE,
      memberToken: TOKEN,
      rentalId: rental.rentalId,
      siteId: (await stage.hub.db.stores.sites.list({}, { limit: 1 }))[0]?.siteId as never,
      at: START,
    };
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, stage.devices.returns, t0, { due: 400 });
    terminal.add('return.accepted', back.accepted, t0);
    terminal.add('reservation.requested', request, START);
    await commitGroup(stage.hub.db, heard, [kiosk.batch(), terminal.batch()]);
    expect(await stage.hub.db.stores.reservations.find({ reservationId })).toMatchObject({
      state: 'waiting',
      rewarded: true,
    });
    terminal.add('return.destroyed', back.destroyed, t0);
    await commitGroup(stage.hub.db, heard, [terminal.batch(terminal.events.slice(2))]);
    expect(await stage.hub.db.stores.reservations.find({ reservationId })).toMatchObject({ state: 'ready' });
    expect((await memberBalances(stage.hub.db.stores, MEMBER, 'EUR')).points).toBe(13);
    terminal.add('reservation.cancelled', { reservationId, memberToken: TOKEN, at: t0 }, t0);
    await commitGroup(stage.hub.db, heard, [terminal.batch(terminal.events.slice(3))]);
    expect((await memberBalances(stage.hub.db.stores, MEMBER, 'EUR')).points).toBe(10);
    // What the events name was loaded with each group. By themselves went: units that are out, the receipt before this one, the place whose turn came, a correction.
    expect(asked).toEqual([
      ...['rentals.count', 'rentals.count'],
      ...['receipts.list', 'titles.find', 'rentals.count', 'reservations.findForUpdate'],
      'ledger.post',
    ]);
  });
});

describe('a licence that comes again', () => {
  it('SEC-4, SYN-2: it is read once, and no longer believed once its signer is revoked', async () => {
    let revokedAt: ReturnType<typeof epochMs> | null = null;
    const read = eventReader({ ...stage.devices.fleet.trust, revokedAt: () => revokedAt });
    const rental = await writtenCopy(stage.devices);
    const back = await returned(rental, stage.devices.returns, epochMs(START + HOUR), { acceptedOnly: true });
    const kiosk = lane('kiosk-1');
    const terminal = lane('return-1');
    const first = await read(kiosk.add('rental.started', started(rental), START));
    const again = await read(terminal.add('return.accepted', back.accepted, START));
    expect(first.ok && again.ok && first.value.licence === again.value.licence).toBe(true);
    revokedAt = epochMs(START - DAY);
    expect(await read(terminal.add('return.accepted', back.accepted, START))).toMatchObject({
      ok: false,
      error: { code: 'licence_refused', details: { code: 'certificate_revoked' } },
    });
  });
});
