import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { acceptDeadLetter, dismissDeadLetter, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { challengeOf } from '#hub/app/ingest/proof.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { signJws } from '#shared/media/signing.ts';
import { offlineChallenge, slotMac } from '#shared/media/slot-proof.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { enrol } from '#test/support/test-fleet.ts';
import { type HubStage, openStage } from './hub-stage.ts';
import {
  addTerminal,
  balancesOf,
  CHALLENGE_KEY,
  cardPart,
  type Devices,
  HOUR,
  id,
  lane,
  register,
  returned,
  START,
  started,
  type TestRental,
  type TestReturn,
  writtenCopy,
} from './hub-world.ts';

/** SEC-4: what the hub believes of what terminals sign. A terminal here may do anything that its key allows. */
let devices: Devices;
let hub: HubStage['hub'];
let rules: HubStage['rules'];
let terminal: HubStage['terminal'];
let out: HubStage['out'];
let close: HubStage['close'];
let runs = 0;
beforeAll(async () => {
  ({ devices, hub, rules, terminal, out, close } = await openStage());
});
afterAll(() => close());

const T0 = epochMs(START + HOUR);

/** Reports returns of one terminal; answers the letters that came of it. */
async function report(signer: Pick<Signer, 'id'>, returns: readonly TestReturn[], epoch = 'store1') {
  runs += 1;
  const events = lane(signer.id, 0, `${epoch}-${runs}`);
  for (const { destroyed } of returns) events.add('return.destroyed', destroyed, T0);
  await commitGroup(hub.db, rules, [{ ...events.batch(), batch: { ...events.batch().batch, epoch } }]);
  return lettersOf(signer.id);
}
const lettersOf = (terminalId: string) =>
  hub.db.stores.deadLetters.list(
    { terminalId: terminalId as TerminalId, state: ['dead', 'parked', 'quarantined'] },
    { orderBy: ['createdAt', 'sequence'], limit: 20 },
  );
const causesOf = async (terminalId: string) => (await lettersOf(terminalId)).map(({ cause }) => cause);
const statusOf = async ({ rentalId }: TestRental) => (await hub.db.stores.rentals.find({ rentalId }))?.status;
const alertsOf = (code: string, subject: string) => hub.db.stores.alerts.count({ code, subject });
/** Events of a lane whose first sequences are taken come behind them. */
const behind = async (signer: Pick<Signer, 'id'>, back: TestReturn, sequence: number, epoch = 'store1') => {
  const events = lane(signer.id, 0, epoch);
  const event = events.add('return.destroyed', back.destroyed, T0);
  await commitGroup(hub.db, rules, [events.batch([{ ...event, sequence }])]);
};

/** What the hub told one who returns a rental, signed. */
function quoteOf({ rentalId }: TestRental, returnId: TestReturn['returnId']): Promise<string> {
  const total = { minor: 1, currency: 'EUR' };
  const price = { total, tax: total, startedAt: START, dueAt: START, lines: [] };
  const next = { nextStepAt: null, nextStepTotal: null, validUntil: T0 };
  const quote = { returnId, rentalId, t0: T0, ...price, ...next };
  return signJws('keyturn-quote', quote, devices.fleet.hubSigner, T0);
}

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
    await commitGroup(hub.db, rules, [accepted.batch()]);
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
        await commitGroup(hub.db, rules, [finished.batch()]);
        expect(await causesOf(finisher.id)).toEqual(['return_unproven', 'waits_behind']);
        expect(await statusOf(rental)).toBe('active');
      }
      await commitGroup(hub.db, rules, together ? [finished.batch(), accepted.batch()] : [accepted.batch()]);
      expect(await causesOf(finisher.id)).toEqual([]);
      expect(await statusOf(rental)).toBe('closed');
      expect(await hub.db.stores.returns.find({ returnId: begun.returnId })).toMatchObject({
        t0: T0,
        terminalId: first.id,
        finishers: [finisher.id],
      });
      const alerts = { code: 'security_return_unproven', subject: finisher.id, clearedAt: null };
      expect(await hub.db.stores.alerts.count(alerts)).toBe(0);
    }
  });

  it('RET-3, CHG-1: where the medium lost the record of who began a torn return, who finished it names itself; once the other is heard it is closed, to the T0 of that one', async () => {
    for (const whoFirst of ['finisher', 'beginner']) {
      const rental = await out();
      const [first, finisher] = [await terminal(), await terminal()];
      const begun = await returned(rental, first, T0, { acceptedOnly: true });
      const accepted = lane(first.id);
      accepted.add('return.accepted', begun.accepted, T0);
      const later = epochMs(T0 + HOUR);
      const proof = { nonce: offlineChallenge(finisher.id, 1).nonce, mac: '', chunkHashes: [] };
      const change = { returnId: begun.returnId, receipt: { proof } };
      const end = await returned(rental, finisher, later, change);
      const finished = lane(finisher.id);
      finished.add('return.accepted', end.accepted, later);
      finished.add('return.destroyed', end.destroyed, later);
      const batches = [finished.batch(), accepted.batch()];
      for (const batch of whoFirst === 'finisher' ? batches : batches.reverse())
        await commitGroup(hub.db, rules, [batch]);
      expect(await causesOf(finisher.id), whoFirst).toEqual([]);
      expect(await statusOf(rental), whoFirst).toBe('closed');
      expect(await hub.db.stores.returns.find({ returnId: begun.returnId }), whoFirst).toMatchObject({
        t0: T0,
        state: 'destroyed',
      });
    }
  });

  it('RET-3, CHG-1, SYN-6: also where a restored hub hears of its end before it hears of the write, and has closed it by then; what is told too late of a slot that was still there changes nothing', async () => {
    for (const slotThere of [false, true]) {
      const rental = await writtenCopy(devices, START);
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
      written.add('rental.started', started(rental), START);
      await commitGroup(hub.db, rules, [finished.batch()]);
      const chargedTo = async () =>
        (await hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.state?.basis?.stop;
      expect(await chargedTo()).toBe(later);
      const before = await balancesOf(hub.db);
      await commitGroup(hub.db, rules, [accepted.batch()]);
      await commitGroup(hub.db, rules, [written.batch()]);
      expect(await chargedTo(), String(slotThere)).toBe(slotThere ? later : T0);
      if (slotThere) expect(await balancesOf(hub.db)).toEqual(before);
      else expect(await balancesOf(hub.db)).not.toEqual(before);
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
    await commitGroup(hub.db, rules, [accepted.batch()]);
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
    expect(await retryDeadLetter(hub.db, rules, letter?.deadLetterId ?? '', 'staff')).toMatchObject({
      ok: true,
    });
    expect(await statusOf(three)).toBe('closed');
  });

  it('MS-28 PR-22 SEC-4: receipts replayed, under another return, of another terminal, or with a counter used before are kept back', async () => {
    const [one, two, three, four] = [await out(), await out(), await out(), await out()];
    const signer = await terminal();
    const back = await returned(one, signer, T0, { due: 400 });
    await report(signer, [back]);
    const books = await balancesOf(hub.db);
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
    expect(await balancesOf(hub.db)).toEqual(books);
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
    await dismissDeadLetter(hub.db, rules, (await lettersOf(signer.id))[0]?.deadLetterId ?? '', 'staff');
    expect(await causesOf(signer.id)).toEqual(['receipt_nonce_foreign']);
    expect(await statusOf(two)).toBe('active');
  });

  it('RET-4: a receipt claims no more and no less than its medium allows', async () => {
    const [plain, secure] = [await out(), await out()];
    const signer = await terminal();
    await hub.db.stores.media.put({
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
    const stranger = await enrol(devices.fleet, 'rt-unknown', 'return-terminal');
    await addTerminal(hub.db, 'rt-unknown' as TerminalId, 'return-terminal');
    const former = await terminal();
    await register(hub.db, former, { state: 'superseded', supersededAt: epochMs(T0 - HOUR / 2) });
    const stolen = await terminal();
    await register(hub.db, stolen, { state: 'revoked', revokedAt: epochMs(T0 + 24 * HOUR) });
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

describe('who may say what', () => {
  it('PR-22 SEC-4, CHG-1: nobody gives up another terminal’s return, nor says how its payment ended', async () => {
    const rental = await out();
    const owner = await terminal();
    const thief = await terminal();
    const back = await returned(rental, owner, T0);
    const part = cardPart(rental, back.returnId, 400);
    const own = lane(owner.id);
    own.add('return.accepted', back.accepted, T0);
    await commitGroup(hub.db, rules, [own.batch()]);
    const theirs = lane(thief.id);
    const { returnId } = back;
    const { rentalId } = rental;
    theirs.add('return.abandoned', { returnId, rentalId, at: T0 }, T0);
    await commitGroup(hub.db, rules, [theirs.batch()]);
    expect(await causesOf(thief.id)).toEqual(['return_not_yours']);
    expect(await hub.db.stores.returns.find({ returnId })).toMatchObject({ state: 'accepted' });
    const event = own.add('return.destroyed', { ...back.destroyed, parts: [part] }, T0);
    await commitGroup(hub.db, rules, [own.batch([event])]);
    const { key, amount } = part;
    const other = await terminal();
    const lie = lane(other.id);
    lie.add(
      'payment.failed',
      { key, rentalId, returnId, reason: 'card_declined', amount, at: epochMs(T0 + HOUR) },
      T0,
    );
    await commitGroup(hub.db, rules, [lie.batch()]);
    expect(await causesOf(other.id)).toEqual(['payment_not_yours']);
    expect(await alertsOf('security_return_of_another', other.id)).toBe(1);
    expect((await hub.db.stores.returns.find({ returnId }))?.payments[key]).toMatchObject({
      booked: true,
      outcome: null,
    });
  });

  it('SEC-4, CHG-7: the hub’s quote for another return is no agreement', async () => {
    const [cheap, dear] = [await out(), await out()];
    const signer = await terminal();
    const back = await returned(dear, signer, epochMs(START + 100 * HOUR));
    const quote = await quoteOf(cheap, id());
    await report(signer, [{ ...back, destroyed: { ...back.destroyed, quote } }]);
    expect(await causesOf(signer.id)).toEqual(['quote_contradicts']);
    expect(await statusOf(dear)).toBe('active');
  });

  describe('a hub that lost what it asked', () => {
    const piece = { index: 0, sha256: 'cd'.repeat(32) };
    const outWithPiece = async () => {
      const rental = await writtenCopy(devices);
      const kiosk = lane('kiosk-1', 0, `asked-${rental.rentalId}`);
      kiosk.add('rental.started', { ...started(rental), chunkHashes: [piece] }, START);
      await commitGroup(hub.db, rules, [kiosk.batch()]);
      return rental;
    };
    /** A copy whose slot is gone shows its content for a challenge. */
    const shown = async (
      rental: TestRental,
      nonce: string,
      returnId: TestReturn['returnId'],
      what = piece,
    ) => {
      const signer = await terminal();
      const proof = { nonce, mac: '', chunkHashes: [what] };
      const back = await returned(rental, signer, T0, { returnId, receipt: { proof, nonceOrigin: 'hub' } });
      await report(signer, [{ ...back, destroyed: { ...back.destroyed, quote: null } }]);
      return [await statusOf(rental), ...(await causesOf(signer.id))];
    };
    const newReturn = () => id<TestReturn['returnId']>();

    it('RET-7, SYN-6: believes the content that was shown for a challenge which only it can make for this return', async () => {
      const end = async (key: Uint8Array, asked: 'this' | 'another', what = piece) => {
        const [rental, returnId] = [await outWithPiece(), newReturn()];
        const of = { rentalId: rental.rentalId, returnId: asked === 'this' ? returnId : newReturn() };
        return shown(rental, challengeOf(key, of), returnId, what);
      };
      expect(await end(CHALLENGE_KEY, 'this')).toEqual(['closed']);
      const damaged = { ...piece, sha256: 'ef'.repeat(32) };
      expect(await end(CHALLENGE_KEY, 'this', damaged)).toEqual(['active', 'return_unproven']);
      expect(await end(CHALLENGE_KEY, 'another')).toEqual(['active', 'return_unproven']);
      expect(await end(new Uint8Array(32).fill(7), 'this')).toEqual(['active', 'return_unproven']);
    });

    it('RET-2, SYN-6: believes it of a copy that was returned already, for which no price was signed: staff hear of a clone, and no letter waits', async () => {
      const [rental, first, second] = [await outWithPiece(), newReturn(), newReturn()];
      for (const returnId of [first, second]) {
        const nonce = challengeOf(CHALLENGE_KEY, { rentalId: rental.rentalId, returnId });
        expect(await shown(rental, nonce, returnId)).toEqual(['closed']);
      }
      expect(await alertsOf('security_clone_returned', rental.copyId)).toBe(1);
    });
  });

  it('SEC-4, CHG-4: a licence with another price than the hub gave changes no price, and is told', async () => {
    const rental = await writtenCopy(devices, START, { tariff: { version: 1, firstPrice: 1 } });
    const signer = await terminal();
    await report(signer, [await returned(rental, signer, T0)]);
    const row = await hub.db.stores.rentals.find({ rentalId: rental.rentalId });
    expect(row?.charge?.total.minor).toBe(400);
    expect(await alertsOf('security_licence_tariff', 'kiosk-1')).toBe(1);
  });
});

describe('quarantine', () => {
  it('PR-5 SEC-1, SEC-4: what comes from a revoked terminal is neither refused nor applied: two people accept it, or it is dismissed', async () => {
    const [one, two] = [await out(), await out()];
    const signer = await terminal();
    const first = await returned(one, signer, T0, { due: 400 });
    const second = await returned(two, signer, T0);
    const terminalId = signer.id as TerminalId;
    await hub.db.stores.terminals.patch({ terminalId }, { state: 'revoked', revokedAt: T0 });
    await register(hub.db, signer, { state: 'revoked', revokedAt: T0 });
    const books = await balancesOf(hub.db);
    const letters = await report(signer, [first, second]);
    expect(letters.map(({ state, cause }) => [state, cause])).toEqual([
      ['quarantined', 'terminal_revoked'],
      ['quarantined', 'terminal_revoked'],
    ]);
    expect([await statusOf(one), await statusOf(two)]).toEqual(['active', 'active']);
    expect(await balancesOf(hub.db)).toEqual(books);
    expect(await alertsOf('security_revoked_terminal_sent', signer.id)).toBe(1);
    const [accepted = '', dismissed = ''] = letters.map(({ deadLetterId }) => deadLetterId);
    expect(await retryDeadLetter(hub.db, rules, accepted, 'staff:one')).toMatchObject({
      error: { code: 'dead_letter_quarantined' },
    });
    const done = await hub.db.transaction((stores) =>
      acceptDeadLetter(stores, rules, accepted, 'staff:one+two'),
    );
    expect(done).toEqual({ ok: true, value: { overruled: ['certificate_revoked', 'terminal_revoked'] } });
    await dismissDeadLetter(hub.db, rules, dismissed, 'staff:one');
    expect([await statusOf(one), await statusOf(two)]).toEqual(['closed', 'active']);
    expect(await lettersOf(signer.id)).toEqual([]);
  });

  it('SEC-4: a forged document is accepted by nobody', async () => {
    const rental = await out();
    const signer = await terminal();
    const back = await returned(rental, signer, T0);
    const [head, body] = back.destroyed.receipt.split('.');
    const receipt = `${head}.${body}.${'A'.repeat(342)}`;
    const [letter] = await report(signer, [{ ...back, destroyed: { ...back.destroyed, receipt } }]);
    expect(letter?.cause).toBe('receipt_refused');
    const done = await hub.db.transaction((stores) =>
      acceptDeadLetter(stores, rules, letter?.deadLetterId ?? '', 'staff:one+two'),
    );
    expect(done).toMatchObject({ error: { code: 'dead_letter_not_acceptable' } });
    expect(await alertsOf('security_document_forged', signer.id)).toBe(1);
  });
});

describe('clones', () => {
  it('SEC-8, RET-2: the same copy returned twice is charged and rewarded once, and staff see both receipts', async () => {
    const rental = await out();
    const [here, there] = [await terminal(), await terminal()];
    const first = await returned(rental, here, T0);
    const paid = cardPart(rental, first.returnId, 400);
    await report(here, [{ ...first, destroyed: { ...first.destroyed, parts: [paid] } }]);
    const books = await balancesOf(hub.db);
    const second = await returned(rental, there, epochMs(T0 + 48 * HOUR));
    const part = cardPart(rental, second.returnId, 400);
    await report(there, [{ ...second, destroyed: { ...second.destroyed, parts: [part] } }]);
    // The card's money is on its way back: nothing of it stays with the house or the member.
    expect(await balancesOf(hub.db)).toEqual(books);
    const [alert] = await hub.db.stores.alerts.list(
      { code: 'security_clone_returned', subject: rental.copyId },
      { limit: 2 },
    );
    expect(alert?.message).toContain(sha256(first.destroyed.receipt).slice(0, 16));
    expect(alert?.message).toContain(sha256(second.destroyed.receipt).slice(0, 16));
    expect(alert?.rentalId).toBe(rental.rentalId);
  });
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
