import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { acceptDeadLetter, dismissDeadLetter, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { challengeOf } from '#hub/app/ingest/proof.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { offlineChallenge } from '#shared/media/slot-proof.ts';
import {
  balancesOf,
  CHALLENGE_KEY,
  cardPart,
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
import { reportedReturns, sha256, T0 } from './reported-returns.ts';

/** SEC-4: whose word counts of a return, of a document and of a copy, and who may overrule what was kept back. */
const stage = reportedReturns();
const { report, lettersOf, causesOf, statusOf, alertsOf, quoteOf, terminal, out } = stage;

describe('who may say what', () => {
  it('PR-22 SEC-4, CHG-1: nobody gives up another terminal’s return, nor says how its payment ended', async () => {
    const rental = await out();
    const owner = await terminal();
    const thief = await terminal();
    const back = await returned(rental, owner, T0);
    const part = cardPart(rental, back.returnId, 400);
    const own = lane(owner.id);
    own.add('return.accepted', back.accepted, T0);
    await commitGroup(stage.hub.db, stage.rules, [own.batch()]);
    const theirs = lane(thief.id);
    const { returnId } = back;
    const { rentalId } = rental;
    theirs.add('return.abandoned', { returnId, rentalId, at: T0 }, T0);
    await commitGroup(stage.hub.db, stage.rules, [theirs.batch()]);
    expect(await causesOf(thief.id)).toEqual(['return_not_yours']);
    expect(await stage.hub.db.stores.returns.find({ returnId })).toMatchObject({ state: 'accepted' });
    const event = own.add('return.destroyed', { ...back.destroyed, parts: [part] }, T0);
    await commitGroup(stage.hub.db, stage.rules, [own.batch([event])]);
    const { key, amount } = part;
    const other = await terminal();
    const lie = lane(other.id);
    lie.add(
      'payment.failed',
      { key, rentalId, returnId, reason: 'card_declined', amount, at: epochMs(T0 + HOUR) },
      T0,
    );
    await commitGroup(stage.hub.db, stage.rules, [lie.batch()]);
    expect(await causesOf(other.id)).toEqual(['payment_not_yours']);
    expect(await alertsOf('security_return_of_another', other.id)).toBe(1);
    expect((await stage.hub.db.stores.returns.find({ returnId }))?.payments[key]).toMatchObject({
      booked: true,
      outcome: null,
    });
  });

  describe('of T0', () => {
    /** Half an hour before, and a day after: for neither is there anything but the word of a terminal that never saw the medium. */
    const LIES = [epochMs(T0 - HOUR / 2), epochMs(T0 + 24 * HOUR)];
    const ORDERS = ['thief first', 'thief between', 'thief last'] as const;

    /** What is left when a thief tells of another's return, whose id stands on a receipt that lay about: when the rental's meter stopped. */
    const stoppedAt = async (order: (typeof ORDERS)[number], lie: typeof T0, torn: boolean) => {
      const rental = await out();
      const [first, finisher, thief] = [await terminal(), await terminal(), await terminal()];
      const begun = await returned(rental, first, T0, { acceptedOnly: torn });
      const { returnId } = begun;
      const noSlot = { nonce: offlineChallenge(finisher.id, 1).nonce, mac: '', chunkHashes: [] };
      const finished = torn
        ? await returned(rental, finisher, T0, { returnId, receipt: { proof: noSlot, acceptedBy: first.id } })
        : begun;
      const accepted = lane(first.id);
      accepted.add('return.accepted', begun.accepted, T0);
      const destroyed = torn ? lane(finisher.id) : accepted;
      const told = destroyed.add('return.destroyed', finished.destroyed, T0);
      const lied = await returned(rental, thief, lie, { returnId, acceptedOnly: true });
      const theirs = lane(thief.id);
      theirs.add('return.accepted', lied.accepted, lie);
      const batches = [accepted.batch(accepted.events.slice(0, 1)), destroyed.batch([told])];
      batches.splice(ORDERS.indexOf(order), 0, theirs.batch());
      for (const batch of batches) await commitGroup(stage.hub.db, stage.rules, [batch]);
      expect(await causesOf(destroyed === accepted ? first.id : finisher.id)).toEqual([]);
      const row = await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId });
      const { t0 } = (await stage.hub.db.stores.returns.find({ returnId })) ?? {};
      return [row?.status, row?.state?.basis?.stop, t0];
    };

    it('SEC-4, RET-3, CHG-1: it is told by who took the medium, as the receipt says; a stolen terminal that knows the return’s id makes it neither earlier (simulation, seed 168) nor later', async () => {
      for (const torn of [false, true])
        for (const order of ORDERS)
          for (const lie of LIES)
            expect(await stoppedAt(order, lie, torn), `${order}, ${lie - T0}, ${torn}`).toEqual([
              ...(['closed', T0, T0] as const),
            ]);
    });

    it('SEC-4, CHG-7: nor by a price that it asks for in the name of that return', async () => {
      const rental = await out();
      const [owner, thief] = [await terminal(), await terminal()];
      const back = await returned(rental, owner, T0);
      const { returnId } = back;
      const { rentalId } = rental;
      const lie = epochMs(T0 + 24 * HOUR);
      const quoted = { returnId, rentalId, terminalId: thief.id as TerminalId, t0: lie };
      const total = { minor: 1, currency: 'EUR' as const };
      const answer = { outcome: 'quoted' };
      await stage.hub.db.stores.quotes.insert({
        ...{ ...quoted, total, answer, nonce: 'AAAA', chunkIndices: [], madeAt: T0, validUntil: T0 },
      });
      const theirs = lane(thief.id);
      const lied = await returned(rental, thief, lie, { returnId, acceptedOnly: true });
      theirs.add('return.accepted', lied.accepted, lie);
      const own = lane(owner.id);
      own.add('return.accepted', back.accepted, T0);
      own.add('return.destroyed', back.destroyed, T0);
      for (const batch of [theirs.batch(), own.batch()])
        await commitGroup(stage.hub.db, stage.rules, [batch]);
      const row = await stage.hub.db.stores.rentals.find({ rentalId });
      expect([row?.status, row?.state?.basis?.stop]).toEqual(['closed', T0]);
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
      const rental = await writtenCopy(stage.devices);
      const kiosk = lane('kiosk-1', 0, `asked-${rental.rentalId}`);
      kiosk.add('rental.started', { ...started(rental), chunkHashes: [piece] }, START);
      await commitGroup(stage.hub.db, stage.rules, [kiosk.batch()]);
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
    const rental = await writtenCopy(stage.devices, START, { tariff: { version: 1, firstPrice: 1 } });
    const signer = await terminal();
    await report(signer, [await returned(rental, signer, T0)]);
    const row = await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId });
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
    await stage.hub.db.stores.terminals.patch({ terminalId }, { state: 'revoked', revokedAt: T0 });
    await register(stage.hub.db, signer, { state: 'revoked', revokedAt: T0 });
    const books = await balancesOf(stage.hub.db);
    const letters = await report(signer, [first, second]);
    expect(letters.map(({ state, cause }) => [state, cause])).toEqual([
      ['quarantined', 'terminal_revoked'],
      ['quarantined', 'terminal_revoked'],
    ]);
    expect([await statusOf(one), await statusOf(two)]).toEqual(['active', 'active']);
    expect(await balancesOf(stage.hub.db)).toEqual(books);
    expect(await alertsOf('security_revoked_terminal_sent', signer.id)).toBe(1);
    const [accepted = '', dismissed = ''] = letters.map(({ deadLetterId }) => deadLetterId);
    expect(await retryDeadLetter(stage.hub.db, stage.rules, accepted, 'staff:one')).toMatchObject({
      error: { code: 'dead_letter_quarantined' },
    });
    const done = await stage.hub.db.transaction((stores) =>
      acceptDeadLetter(stores, stage.rules, accepted, 'staff:one+two'),
    );
    expect(done).toEqual({ ok: true, value: { overruled: ['certificate_revoked', 'terminal_revoked'] } });
    await dismissDeadLetter(stage.hub.db, stage.rules, dismissed, 'staff:one');
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
    const done = await stage.hub.db.transaction((stores) =>
      acceptDeadLetter(stores, stage.rules, letter?.deadLetterId ?? '', 'staff:one+two'),
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
    const books = await balancesOf(stage.hub.db);
    const second = await returned(rental, there, epochMs(T0 + 48 * HOUR));
    const part = cardPart(rental, second.returnId, 400);
    await report(there, [{ ...second, destroyed: { ...second.destroyed, parts: [part] } }]);
    // The card's money is on its way back: nothing of it stays with the house or the member.
    expect(await balancesOf(stage.hub.db)).toEqual(books);
    const [alert] = await stage.hub.db.stores.alerts.list(
      { code: 'security_clone_returned', subject: rental.copyId },
      { limit: 2 },
    );
    expect(alert?.message).toContain(sha256(first.destroyed.receipt).slice(0, 16));
    expect(alert?.message).toContain(sha256(second.destroyed.receipt).slice(0, 16));
    expect(alert?.rentalId).toBe(rental.rentalId);
  });
});
