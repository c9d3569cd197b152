import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { dismissDeadLetter, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { offlineChallenge, slotMac } from '#shared/media/slot-proof.ts';
import { enrol } from '#test/support/test-fleet.ts';
import {
  addTerminal,
  balancesOf,
  HOUR,
  id,
  lane,
  register,
  returned,
  START,
  started,
  type TestReturn,
  writtenCopy,
} from './hub-world.ts';
import { intentOf, proofOf, reportedReturns, sha256, T0 } from './reported-returns.ts';

/** SEC-4: what the hub believes of what terminals sign. A terminal here may do anything that its key allows. */
const stage = reportedReturns();
const { report, lettersOf, causesOf, statusOf, alertsOf, behind, terminal, out } = stage;

describe('receipts', () => {
  it('SEC-4, RET-7: a return forged without the medium stops no meter and charges nothing, and does not stand in the true one’s way', async () => {
    const rental = await out();
    const thief = await terminal();
    await report(thief, [await returned(rental, thief, T0, { proofKey: 'AAAA', due: 400 })]);
    expect(await causesOf(thief.id)).toEqual(['proof_mismatch']);
    expect(await statusOf(rental)).toBe('active');
    expect(await alertsOf('security_proof_mismatch', thief.id)).toBe(1);
    const honest = await terminal();
    await report(honest, [await returned(rental, honest, T0, { due: 400 })]);
    expect(await statusOf(rental)).toBe('closed');
  });

  it('SEC-4, RET-7: nor does one that says the slot was gone already, unless another terminal began it', async () => {
    const rental = await out();
    const thief = await terminal();
    const noSlot = { nonce: offlineChallenge(thief.id, 1).nonce, mac: '', chunkHashes: [] };
    await report(thief, [await returned(rental, thief, T0, { receipt: { proof: noSlot } })]);
    expect(await causesOf(thief.id)).toEqual(['return_unproven']);
    expect(await statusOf(rental)).toBe('active');
    const first = await terminal();
    const begun = await returned(rental, first, T0, { acceptedOnly: true });
    const accepted = lane(first.id);
    accepted.add('return.accepted', begun.accepted, T0);
    await commitGroup(stage.hub.db, stage.rules, [accepted.batch()]);
    const finisher = await terminal();
    const proof = { ...noSlot, nonce: offlineChallenge(finisher.id, 1).nonce };
    const change = { returnId: begun.returnId, receipt: { proof, acceptedBy: first.id } };
    expect(await report(finisher, [await returned(rental, finisher, T0, change)])).toEqual([]);
    expect(await statusOf(rental)).toBe('closed');
  });

  it('RET-3, SYN-2, SYN-6: a torn return is closed whoever is heard first, the terminal that began it or the one that finished it', async () => {
    for (const together of [false, true]) {
      const rental = await out();
      const [first, finisher] = [await terminal(), await terminal()];
      const begun = await returned(rental, first, T0, { acceptedOnly: true });
      const accepted = lane(first.id);
      accepted.add('return.accepted', begun.accepted, T0);
      const proof = { nonce: offlineChallenge(finisher.id, 1).nonce, mac: '', chunkHashes: [] };
      const change = { returnId: begun.returnId, receipt: { proof, acceptedBy: first.id } };
      const end = await returned(rental, finisher, epochMs(T0 + HOUR), change);
      const finished = lane(finisher.id);
      finished.add('return.destroyed', end.destroyed, T0);
      const { rentalId } = rental;
      finished.add('return.repeated', { rentalId, copyId: rental.copyId, at: T0 }, T0);
      if (!together) {
        await commitGroup(stage.hub.db, stage.rules, [finished.batch()]);
        expect(await causesOf(finisher.id)).toEqual(['return_unproven', 'waits_behind']);
        expect(await statusOf(rental)).toBe('active');
      }
      await commitGroup(
        stage.hub.db,
        stage.rules,
        together ? [finished.batch(), accepted.batch()] : [accepted.batch()],
      );
      expect(await causesOf(finisher.id)).toEqual([]);
      expect(await statusOf(rental)).toBe('closed');
      expect(await stage.hub.db.stores.returns.find({ returnId: begun.returnId })).toMatchObject({
        t0: T0,
        terminalId: first.id,
        finishers: [finisher.id],
      });
      const alerts = { code: 'security_return_unproven', subject: finisher.id, clearedAt: null };
      expect(await stage.hub.db.stores.alerts.count(alerts)).toBe(0);
    }
  });

  it('RET-3, CHG-1, PR-30: where the medium lost the record of who began a torn return, who finished it names itself; once the other is heard, and its proof of the slot, it is closed, to the T0 of that one', async () => {
    for (const whoFirst of ['finisher', 'beginner']) {
      const rental = await out();
      const [first, finisher] = [await terminal(), await terminal()];
      const begun = await returned(rental, first, T0, { acceptedOnly: true });
      const accepted = lane(first.id);
      accepted.add('return.accepted', begun.accepted, T0);
      const shown = proofOf(rental, first.id, begun.returnId);
      accepted.add('return.intent', intentOf(rental, begun.returnId, shown), T0);
      const later = epochMs(T0 + HOUR);
      const proof = { nonce: offlineChallenge(finisher.id, 1).nonce, mac: '', chunkHashes: [] };
      const change = { returnId: begun.returnId, receipt: { proof } };
      const end = await returned(rental, finisher, later, change);
      const finished = lane(finisher.id);
      finished.add('return.accepted', end.accepted, later);
      finished.add('return.destroyed', end.destroyed, later);
      const batches = [finished.batch(), accepted.batch()];
      for (const batch of whoFirst === 'finisher' ? batches : batches.reverse())
        await commitGroup(stage.hub.db, stage.rules, [batch]);
      expect(await causesOf(finisher.id), whoFirst).toEqual([]);
      expect(await statusOf(rental), whoFirst).toBe('closed');
      expect(await stage.hub.db.stores.returns.find({ returnId: begun.returnId }), whoFirst).toMatchObject({
        t0: T0,
        state: 'destroyed',
      });
    }
  });

  it('RET-3, CHG-1, PR-30, SYN-6: also where a restored hub hears of its end before it hears of the write, and has closed it by then; what is told too late of a slot that was still there changes nothing', async () => {
    for (const slotThere of [false, true]) {
      const rental = await writtenCopy(stage.devices, START);
      const [first, finisher] = [await terminal(), await terminal()];
      const begun = await returned(rental, first, T0, { acceptedOnly: true });
      const later = epochMs(T0 + 50 * HOUR);
      const noSlot = { nonce: offlineChallenge(finisher.id, 1).nonce, mac: '', chunkHashes: [] };
      const end = await returned(rental, finisher, later, {
        returnId: begun.returnId,
        ...(slotThere ? {} : { receipt: { proof: noSlot } }),
      });
      const [finished, accepted, written] = [
        lane(finisher.id),
        lane(first.id),
        lane('kiosk-1', 0, `late-${slotThere}`),
      ];
      finished.add('return.accepted', end.accepted, later);
      finished.add('return.destroyed', end.destroyed, later);
      accepted.add('return.accepted', begun.accepted, T0);
      const shown = proofOf(rental, first.id, begun.returnId);
      accepted.add('return.intent', intentOf(rental, begun.returnId, shown), T0);
      written.add('rental.started', started(rental), START);
      await commitGroup(stage.hub.db, stage.rules, [finished.batch()]);
      const chargedTo = async () =>
        (await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.state?.basis?.stop;
      expect(await chargedTo()).toBe(later);
      const before = await balancesOf(stage.hub.db);
      // The proof waits for the write, which nobody has told yet.
      await commitGroup(stage.hub.db, stage.rules, [accepted.batch()]);
      expect(await chargedTo(), String(slotThere)).toBe(later);
      await commitGroup(stage.hub.db, stage.rules, [written.batch()]);
      expect(await chargedTo(), String(slotThere)).toBe(slotThere ? later : T0);
      if (slotThere) expect(await balancesOf(stage.hub.db)).toEqual(before);
      else expect(await balancesOf(stage.hub.db)).not.toEqual(before);
      expect([await statusOf(rental), await causesOf(finisher.id)]).toEqual(['closed', []]);
    }
  });

  it('RET-7, SEC-4: what a terminal kept back for that says of a return which another one began stays kept back if it names a third', async () => {
    const rental = await out();
    const [first, third, thief] = [await terminal(), await terminal(), await terminal()];
    const begun = await returned(rental, first, T0, { acceptedOnly: true });
    const proof = { nonce: offlineChallenge(thief.id, 1).nonce, mac: '', chunkHashes: [] };
    const change = { returnId: begun.returnId, receipt: { proof, acceptedBy: third.id } };
    await report(thief, [await returned(rental, thief, T0, change)]);
    const accepted = lane(first.id);
    accepted.add('return.accepted', begun.accepted, T0);
    await commitGroup(stage.hub.db, stage.rules, [accepted.batch()]);
    expect(await causesOf(thief.id)).toEqual(['return_unproven']);
    expect(await statusOf(rental)).toBe('returning');
    expect(await alertsOf('security_return_unproven', thief.id)).toBe(1);
  });

  it('MS-28 PR-22 SEC-4: a skipped counter is kept back; when the missing receipt comes, the other is applied too', async () => {
    const [one, two, three] = [await out(), await out(), await out()];
    const signer = await terminal();
    const backs = [
      await returned(one, signer, T0),
      await returned(two, signer, T0),
      await returned(three, signer, T0),
    ];
    const [first, second, third] = backs as [TestReturn, TestReturn, TestReturn];
    await report(signer, [first, third]);
    expect(await causesOf(signer.id)).toEqual(['receipt_gap']);
    expect(await statusOf(three)).toBe('active');
    expect(await alertsOf('security_receipt_gap', signer.id)).toBe(1);
    await behind(signer, second, 2);
    expect(await statusOf(two)).toBe('closed');
    const [letter] = await lettersOf(signer.id);
    expect(
      await retryDeadLetter(stage.hub.db, stage.rules, letter?.deadLetterId ?? '', 'staff'),
    ).toMatchObject({
      ok: true,
    });
    expect(await statusOf(three)).toBe('closed');
  });

  it('MS-28 PR-22 SEC-4: receipts replayed, under another return, of another terminal, or with a counter used before are kept back', async () => {
    const [one, two, three, four] = [await out(), await out(), await out(), await out()];
    const signer = await terminal();
    const back = await returned(one, signer, T0, { due: 400 });
    await report(signer, [back]);
    const books = await balancesOf(stage.hub.db);
    await behind(signer, back, 1);
    const other = await returned(two, signer, T0, { acceptedOnly: true });
    await behind(signer, { ...other, destroyed: { ...other.destroyed, receipt: back.destroyed.receipt } }, 2);
    // The same place in the chain, signed once more for another return.
    const link = { counter: 1, previous: '0'.repeat(64) };
    await behind(signer, await returned(four, signer, T0, { acceptedOnly: true, receipt: link }), 3);
    expect(await causesOf(signer.id)).toEqual([
      'receipt_replayed',
      'receipt_contradicts',
      'receipt_counter_reused',
    ]);
    const thief = await terminal();
    await report(thief, [await returned(three, signer, T0, { acceptedOnly: true })]);
    expect(await causesOf(thief.id)).toEqual(['receipt_contradicts']);
    expect(await alertsOf('security_receipt_of_another', thief.id)).toBe(1);
    const statuses = [await statusOf(two), await statusOf(three), await statusOf(four)];
    expect(statuses).toEqual(['active', 'active', 'active']);
    expect(await balancesOf(stage.hub.db)).toEqual(books);
  });

  it('MS-28 SEC-4: a receipt that follows another than the known one is kept back, a lost store begins anew and is told', async () => {
    const [one, two, three] = [await out(), await out(), await out()];
    const signer = await terminal();
    await report(signer, [await returned(one, signer, T0)]);
    const fork = await returned(two, signer, T0, {
      acceptedOnly: true,
      receipt: { previous: 'ab'.repeat(32) },
    });
    await behind(signer, fork, 1);
    expect(await causesOf(signer.id)).toEqual(['receipt_chain_broken']);
    const fresh = { counter: 1, previous: '0'.repeat(64) };
    await report(
      signer,
      [await returned(three, signer, T0, { acceptedOnly: true, receipt: fresh })],
      'store2',
    );
    expect(await statusOf(three)).toBe('closed');
    expect(await alertsOf('security_receipt_chain_restarted', signer.id)).toBe(1);
  });

  it('MS-29 PR-22 SEC-4: a challenge answers one return, and is the hub’s or the terminal’s own', async () => {
    const [one, two] = [await out(), await out()];
    const signer = await terminal();
    const first = await returned(one, signer, T0);
    await report(signer, [first]);
    const { nonce } = first.destroyed.proof;
    const returnId = id<TestReturn['returnId']>();
    const answer = (used: string) => ({
      returnId,
      acceptedOnly: true,
      receipt: {
        counter: 2,
        previous: sha256(first.destroyed.receipt),
        proof: { nonce: used, mac: slotMac(two.proofKey, used, returnId), chunkHashes: [] },
      },
    });
    await behind(signer, await returned(two, signer, T0, answer(nonce)), 1);
    await behind(signer, await returned(two, signer, T0, answer(offlineChallenge('rt-0', 7).nonce)), 2);
    expect(await causesOf(signer.id)).toEqual(['receipt_nonce_reused', 'waits_behind']);
    await dismissDeadLetter(
      stage.hub.db,
      stage.rules,
      (await lettersOf(signer.id))[0]?.deadLetterId ?? '',
      'staff',
    );
    expect(await causesOf(signer.id)).toEqual(['receipt_nonce_foreign']);
    expect(await statusOf(two)).toBe('active');
  });

  it('RET-4: a receipt claims no more and no less than its medium allows', async () => {
    const [plain, secure] = [await out(), await out()];
    const signer = await terminal();
    await stage.hub.db.stores.media.put({
      mediumId: secure.mediumId,
      memberId: null,
      mediumClass: 'secure',
      identity: '',
      accessKeyHash: '',
      registeredAt: START,
      lastSeenAt: START,
    });
    const purge = await returned(plain, signer, T0, { receipt: { claim: 'PURGE' } });
    const clear = await returned(secure, signer, T0);
    await report(signer, [purge, clear]);
    expect(
      (await causesOf(signer.id)).every((cause) => cause === 'claim_contradicts' || cause === 'purge_false'),
    ).toBe(true);
    expect([await statusOf(plain), await statusOf(secure)]).toEqual(['active', 'active']);
  });

  it('SEC-4: the certificate is the terminal’s own, in force at the hub’s time, and not revoked', async () => {
    const stranger = await enrol(stage.devices.fleet, 'rt-unknown', 'return-terminal');
    await addTerminal(stage.hub.db, 'rt-unknown' as TerminalId, 'return-terminal');
    const former = await terminal();
    await register(stage.hub.db, former, { state: 'superseded', supersededAt: epochMs(T0 - HOUR / 2) });
    const stolen = await terminal();
    await register(stage.hub.db, stolen, { state: 'revoked', revokedAt: epochMs(T0 + 24 * HOUR) });
    const causes: string[] = [];
    for (const signer of [stranger, former, stolen]) {
      const rental = await out();
      await report(signer, [await returned(rental, signer, T0)]);
      causes.push(...(await causesOf(signer.id)));
      expect(await statusOf(rental)).toBe('active');
      expect(await alertsOf('security_certificate_refused', signer.id)).toBe(1);
    }
    expect(causes).toEqual([
      'certificate_not_of_terminal',
      'certificate_not_valid_then',
      'certificate_revoked',
    ]);
    expect((await lettersOf(stolen.id))[0]?.state).toBe('quarantined');
  });
});
