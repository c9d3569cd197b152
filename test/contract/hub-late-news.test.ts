import { expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { dismissDeadLetter, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { hubOfEachTest } from './hub-stage.ts';
import {
  addTerminal,
  furnish,
  HOUR,
  lane,
  MEMBER,
  openHub,
  pulled,
  returned,
  START,
  writtenCopy,
} from './hub-world.ts';

/** What waits for what came late, comes again, or is heard of before what it hangs on. */
const stage = hubOfEachTest();
const letters = () => stage.hub.db.stores.deadLetters.list({}, { limit: 10 });

it('SYN-3: what waited in the inbox for a gap also waits behind a dead letter of its rental', async () => {
  const rental = await writtenCopy(stage.devices);
  const other = await writtenCopy(stage.devices);
  const t0 = epochMs(START + HOUR);
  const back = await returned(rental, stage.devices.returns, t0, { due: 400 });
  const terminal = lane('return-1');
  terminal.add('return.accepted', { ...back.accepted, licence: 'not.a.licence' }, t0);
  terminal.add(
    'return.accepted',
    (await returned(other, stage.devices.returns, t0, { acceptedOnly: true })).accepted,
    t0,
  );
  terminal.add('return.destroyed', back.destroyed, t0);
  const [bad, between, behind] = terminal.events;
  if (bad === undefined || between === undefined || behind === undefined) throw new Error('three events');
  await commitGroup(stage.hub.db, stage.rules, [terminal.batch([bad])]);
  await commitGroup(stage.hub.db, stage.rules, [terminal.batch([behind])]);
  await commitGroup(stage.hub.db, stage.rules, [terminal.batch([between])]);
  const kept = await letters();
  expect(kept.map(({ sequence, state }) => [sequence, state])).toEqual(
    expect.arrayContaining([
      [0, 'dead'],
      [2, 'parked'],
    ]),
  );
  const dead = kept.find(({ state }) => state === 'dead')?.deadLetterId ?? '';
  expect(await dismissDeadLetter(stage.hub.db, stage.rules, dead, 'staff')).toEqual({
    ok: true,
    value: { applied: 1 },
  });
  expect((await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.status).toBe('closed');
});

it('SYN-2, SYN-3: what waited for a gap and was applied under a new epoch is not applied again when the gap is filled', async () => {
  const old = lane('return-1', 0, 'epoch1');
  const alert = (code: string) => ({ code, subject: 's', message: 'm', at: START });
  const gap = old.add('alert.raised', alert('gap'), START);
  const waiting = old.add('alert.raised', alert('once'), START);
  await commitGroup(stage.hub.db, stage.rules, [old.batch([waiting])]);
  const fresh = lane('return-1', 0, 'epoch2');
  fresh.events.push({ ...waiting, sequence: 0 });
  await commitGroup(stage.hub.db, stage.rules, [fresh.batch()]);
  const once = await stage.hub.db.stores.alerts.list({ code: 'once' }, { limit: 5 });
  await commitGroup(stage.hub.db, stage.rules, [old.batch([gap])]);
  expect(await stage.hub.db.stores.alerts.list({ code: 'once' }, { limit: 5 })).toEqual(once);
  expect(await stage.hub.db.stores.alerts.count({ code: 'gap' })).toBe(1);
});

it('SYN-3: an event that was parked after the letter before it was settled can be retried by itself', async () => {
  const rental = await writtenCopy(stage.devices);
  const t0 = epochMs(START + HOUR);
  const back = await returned(rental, stage.devices.returns, t0, { due: 400 });
  const terminal = lane('return-1');
  terminal.add('return.accepted', { ...back.accepted, licence: 'not.a.licence' }, t0);
  terminal.add('return.destroyed', back.destroyed, t0);
  await commitGroup(stage.hub.db, stage.rules, [terminal.batch()]);
  const [dead, parked] = [...(await letters())].sort((a, b) => a.sequence - b.sequence);
  if (dead === undefined || parked === undefined) throw new Error('two letters');
  // As when another hub parked it while this one was settling the first.
  await stage.hub.db.stores.deadLetters.patch({ deadLetterId: dead.deadLetterId }, { state: 'dismissed' });
  expect(await retryDeadLetter(stage.hub.db, stage.rules, parked.deadLetterId, 'staff')).toEqual({
    ok: true,
    value: { applied: 1 },
  });
  expect((await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.status).toBe('closed');
});

for (const outcome of ['complete', 'wiped'] as const)
  it(`PR-27, SYN-2, SYN-3, RNT-6: a copy settled (${outcome}) at one kiosk ends alike before and after the other kiosk told of it`, async () => {
    const rental = await writtenCopy(stage.devices);
    const { rentalId, licence } = rental;
    const first = lane('kiosk-1');
    first.add('rental.held', pulled(rental), START);
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
      for (const each of order) await commitGroup(db, stage.rules, [each.batch()]);
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
  const rental = await writtenCopy(stage.devices);
  const t0 = epochMs(START + HOUR);
  const wrong = await returned(rental, stage.devices.returns, t0, { proofKey: 'A'.repeat(43), due: 0 });
  const terminal = lane('return-1');
  terminal.add('return.destroyed', wrong.destroyed, t0);
  await commitGroup(stage.hub.db, stage.rules, [terminal.batch()]);
  expect(await stage.hub.db.stores.alerts.count({ code: 'security_proof_mismatch' })).toBe(0);
  const kiosk = lane('kiosk-1');
  kiosk.add('rental.held', pulled(rental), START);
  await commitGroup(stage.hub.db, stage.rules, [kiosk.batch()]);
  expect(await stage.hub.db.stores.alerts.count({ code: 'security_proof_mismatch' })).toBe(1);
  expect(await stage.hub.db.stores.returns.find({ returnId: wrong.returnId })).toMatchObject({
    proof: 'mismatch',
  });
});

it('SYN-2, SYN-3, RNT-6: a copy settled at a kiosk older than 1.4 before the other kiosk told of it does not stand in that one’s way', async () => {
  const rental = await writtenCopy(stage.devices);
  const { rentalId } = rental;
  const first = lane('kiosk-1');
  first.add('rental.held', pulled(rental), START);
  await addTerminal(stage.hub.db, 'kiosk-2' as never, 'kiosk');
  const second = lane('kiosk-2');
  const at = epochMs(START + HOUR);
  second.add('rental.held_settled', { rentalId, outcome: 'complete', at }, at);
  await commitGroup(stage.hub.db, stage.rules, [second.batch()]);
  await commitGroup(stage.hub.db, stage.rules, [first.batch()]);
  expect((await stage.hub.db.stores.rentals.find({ rentalId }))?.status).toBe('held');
  const [letter] = await letters();
  await retryDeadLetter(stage.hub.db, stage.rules, letter?.deadLetterId ?? '', 'staff');
  expect((await stage.hub.db.stores.rentals.find({ rentalId }))?.status).toBe('active');
});
