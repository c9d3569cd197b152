import { beforeAll, describe, expect, it } from 'vitest';
import { points } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { receiptSchema } from '#shared/media/receipt.ts';
import { verifyJws } from '#shared/media/signing.ts';
import { readOfflineNonce } from '#shared/media/slot-proof.ts';
import {
  aFleet,
  aRentedMedium,
  aTerminal,
  type Fleet,
  NOON,
  type TestTerminal,
} from '#test/support/return-terminal/a-terminal.ts';
import { conditionsOf, walk } from '#test/support/return-terminal/walk.ts';
import { receiptHash } from './receipt-facts.ts';
import { forgetOld } from './recovery.ts';
import { seenAgain } from './tables.ts';

const HOUR = 3_600_000;
let fleet: Fleet;
beforeAll(async () => {
  fleet = await aFleet();
});

const eur = (minor: number) => ({ minor, currency: 'EUR' });
const receiptsOf = async (terminal: TestTerminal) =>
  Promise.all(
    terminal
      .events()
      .filter((event) => event.kind === 'return.destroyed')
      .map(async ({ data }) => {
        const read = await verifyJws(String(data.receipt), fleet.trust, {
          type: 'keyturn-receipt',
          schema: receiptSchema,
          roles: ['return-terminal'],
          validAt: 'signed-at',
          maxBytes: 24_576,
        });
        if (!read.ok) throw new Error(read.error.message);
        return { payload: read.value.payload, jws: String(data.receipt) };
      }),
  );

describe('a return online', () => {
  it('RET-3, PAY-1: T0, intent, destroyed, captured, in this order; the price is the one the hub signed', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet, { at: epochMs(NOON + 49 * HOUR + 1_000) });
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(terminal.kinds()).toEqual([
      'return.accepted',
      'return.intent',
      'return.destroyed',
      'payment.captured',
    ]);
    const destroyed = terminal.events()[2]?.data;
    expect(destroyed).toMatchObject({ t0: NOON + 49 * HOUR + 1_000, due: eur(0), provisional: null });
    expect(destroyed?.quote).toBeTypeOf('string');
    expect(destroyed?.parts).toMatchObject([{ means: 'card_reader', amount: eur(550) }]);
    expect(terminal.card.inspect()).toMatchObject([{ state: 'captured', captured: 550 }]);
    expect(done.returned[0]?.row.stage).toBe('done');
    expect(await conditionsOf(fleet, terminal, medium)).toEqual(['returned']);
    expect(terminal.door.locked()).toBe(false);
  });

  it('RET-3, RET-4: several copies are destroyed one after the other, each with its own receipt in one chain', async () => {
    const { medium } = await aRentedMedium(fleet, [1, 2, 3]);
    const terminal = aTerminal(fleet);
    await terminal.drive.insert(medium);
    await walk(terminal);
    const receipts = await receiptsOf(terminal);
    expect(receipts.map(({ payload }) => payload.counter)).toEqual([1, 2, 3]);
    expect(receipts.map(({ payload }) => payload.previous)).toEqual([
      '0'.repeat(64),
      receiptHash(receipts[0]?.jws ?? ''),
      receiptHash(receipts[1]?.jws ?? ''),
    ]);
    expect(new Set(receipts.map(({ payload }) => payload.claim))).toEqual(new Set(['CLEAR-SLOT']));
    expect(new Set(receipts.map(({ payload }) => payload.readBack))).toEqual(new Set(['power-cycle']));
  });

  it('RET-2: the same medium again is "already returned": one charge, no error, an event that says so', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    await terminal.drive.insert(medium);
    await walk(terminal);
    const again = await walk(terminal);
    expect(again.visit.copies.map((copy) => copy.kind)).toEqual(['already_returned']);
    expect(again.returned).toEqual([]);
    expect(terminal.kinds().filter((kind) => kind === 'return.destroyed')).toHaveLength(1);
    expect(terminal.kinds().at(-1)).toBe('return.repeated');
    expect(terminal.card.inspect()).toHaveLength(1);
  });

  it('RET-2, SYN-5: returned copies that lie on a medium visit after visit are told once in thirty days', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    await terminal.drive.insert(medium);
    await walk(terminal);
    const told = () => terminal.kinds().filter((kind) => kind === 'return.repeated').length;
    for (let visit = 0; visit < 3; visit += 1) await walk(terminal);
    expect(told()).toBe(1);
    await terminal.clock.advance(31 * 86_400_000);
    forgetOld(terminal.deps);
    await walk(terminal);
    expect(told()).toBe(2);
  });

  it('RET-2, SYN-5: of a medium that keeps coming each returned copy is told once, however long it lies there, in one row', async () => {
    const { medium } = await aRentedMedium(fleet, [1, 2]);
    const terminal = aTerminal(fleet);
    await terminal.drive.insert(medium);
    await walk(terminal);
    for (let visit = 0; visit < 8; visit += 1) {
      await walk(terminal);
      await terminal.clock.advance(10 * 86_400_000);
      forgetOld(terminal.deps);
    }
    const told = terminal.events().filter(({ kind }) => kind === 'return.repeated');
    expect(new Set(told.map(({ data }) => (data as { copyId: string }).copyId)).size).toBe(2);
    expect(told).toHaveLength(2);
    expect(terminal.store.list(seenAgain)).toHaveLength(1);
  });

  it('RET-2: another terminal tells of a return too, since the one that made it may be lost with what it had to say', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const lost = aTerminal(fleet);
    await lost.drive.insert(medium);
    await walk(lost);
    for (let visit = 0; visit < 3; visit += 1) await walk(lost);
    lost.drive.pull();
    const other = aTerminal(fleet);
    await other.drive.insert(medium);
    await walk(other);
    expect(other.kinds()).toEqual(['return.repeated']);
  });

  it('RET-2: a key left over of a rental that the hub has closed is destroyed for nothing', async () => {
    const { medium, copies } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.hub.outcomes.set(copies[0]?.licence.keyturn.rentalId ?? '', 'already_returned');
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(done.visit.copies[0]?.kind).toBe('closed');
    expect(terminal.card.inspect()).toEqual([]);
    expect(await conditionsOf(fleet, terminal, medium)).toEqual(['returned']);
  });

  it('RNT-7: a medium found again after its loss: the key is destroyed, nothing is paid, the customer is told', async () => {
    const { medium, copies } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.hub.lost.add(copies[0]?.licence.keyturn.rentalId ?? '');
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(done.visit.copies[0]).toMatchObject({ kind: 'found', price: { total: { minor: 0 }, next: null } });
    expect(terminal.card.inspect()).toEqual([]);
    expect(await conditionsOf(fleet, terminal, medium)).toEqual(['returned']);
  });

  it.each(['kept', 'held'] as const)(
    'RNT-7, RNT-6: what the hub calls %s is not returned and not touched',
    async (outcome) => {
      const { medium, copies } = await aRentedMedium(fleet, [1]);
      const terminal = aTerminal(fleet);
      terminal.hub.outcomes.set(copies[0]?.licence.keyturn.rentalId ?? '', outcome);
      await terminal.drive.insert(medium);
      const done = await walk(terminal);
      expect(done.visit.copies[0]).toMatchObject({ kind: outcome, trouble: { code: `copy_${outcome}` } });
      expect(terminal.kinds()).toEqual(['return.accepted', 'return.abandoned']);
      expect(await conditionsOf(fleet, terminal, medium)).toEqual(['active']);
    },
  );

  it('CHG-7: a quote that is not for this return is not believed: the provisional price holds', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.hub.twist = (quote) => ({
      ...quote,
      rentalId: quote.returnId as never,
      total: { minor: 1, currency: 'EUR' },
    });
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(done.visit.copies[0]?.price).toMatchObject({ quote: null, total: eur(400) });
  });

  it('MED-3 SEC-4: a medium of another fleet is refused, nothing recorded but that staff hear of it', async () => {
    const stranger = await aFleet();
    const { medium } = await aRentedMedium(stranger, [1]);
    const terminal = aTerminal(fleet);
    await terminal.drive.insert(medium);
    await expect(walk(terminal)).rejects.toThrow('medium_foreign');
    expect(terminal.kinds()).toEqual(['alert.raised']);
  });

  it('CHG-4: without a tariff in the licence and without the hub there is no price, never one of 0', async () => {
    const { medium } = await aRentedMedium(fleet, [1], { noTariff: true });
    const terminal = aTerminal(fleet);
    terminal.hub.away = true;
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(done.visit.copies[0]).toMatchObject({ kind: 'damaged', trouble: { code: 'tariff_missing' } });
    expect(terminal.kinds()).toEqual(['return.accepted', 'return.abandoned']);
    expect(await conditionsOf(fleet, terminal, medium)).toEqual(['active']);
  });
});

describe('paying', () => {
  it('LED-2, PAY-1: points after a PIN, balance, held card, reader, each under the key of rental and return', async () => {
    const { medium, copies } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.hub.prepaid = 100;
    terminal.hub.points = 50;
    terminal.hub.heldCard = {
      cardToken: 'held',
      maskedCard: '•••• 1111',
      amount: { minor: 120, currency: 'EUR' },
    };
    await terminal.drive.insert(medium);
    const done = await walk(terminal, {
      purse: { sessionToken: 's', balance: points(50), pointsPerMinorUnit: 1 },
    });
    const row = done.returned[0]?.row;
    expect(row?.parts.map((part) => [part.means, part.amount.minor])).toEqual([
      ['points', 50],
      ['prepaid', 100],
      ['held_card', 120],
      ['card_reader', 130],
    ]);
    const rentalId = copies[0]?.licence.keyturn.rentalId;
    for (const part of row?.parts ?? []) expect(part.key).toBe(`${rentalId}:${row?.returnId}:${part.means}`);
    expect(row?.due).toEqual(eur(0));
  });

  it('PAY-1: two copies and one balance: what it does not give goes to the card', async () => {
    const { medium } = await aRentedMedium(fleet, [1, 2]);
    const terminal = aTerminal(fleet);
    terminal.hub.prepaid = 500;
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(done.returned.map(({ row }) => row.parts.map((part) => [part.means, part.amount.minor]))).toEqual([
      [['prepaid', 400]],
      [['card_reader', 400]],
    ]);
    // A balance that the hub's plan names in full is shared out exactly.
    const both = await aRentedMedium(fleet, [1, 2]);
    const small = aTerminal(fleet);
    small.hub.prepaid = 250;
    await small.drive.insert(both.medium);
    const parts = (await walk(small)).returned.map(({ row }) =>
      row.parts.map((part) => [part.means, part.amount.minor]),
    );
    expect(parts).toEqual([
      [
        ['prepaid', 250],
        ['card_reader', 150],
      ],
      [['card_reader', 400]],
    ]);
  });

  it('PAY-1, LED-2: declined: the key is destroyed all the same, the rest is an amount due', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.card.behave('decline');
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(done.declined.map((trouble) => trouble.code)).toEqual(['card_declined']);
    expect(done.returned[0]?.row).toMatchObject({ parts: [], due: eur(400), stage: 'done' });
    expect(terminal.events().at(-1)?.data).toMatchObject({ due: eur(400), parts: [] });
  });

  it('PAY-1: declined once, the next card pays under a key of its own', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.card.behave('decline');
    await terminal.drive.insert(medium);
    const done = await walk(terminal, {
      onDeclined: () => {
        terminal.card.behave('approve');
        return 'again';
      },
    });
    expect(done.returned[0]?.row.parts[0]?.key).toMatch(/:card_reader:2$/);
    expect(terminal.card.inspect()).toMatchObject([{ state: 'captured', captured: 400 }]);
  });

  it('PAY-1: an unknown answer is asked again with the same key and never charged twice', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.card.behave('unknown-then-approve');
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(done.declined).toEqual([]);
    expect(terminal.card.inspect()).toMatchObject([{ state: 'captured', captured: 400 }]);
  });

  it('PAY-1: refused at the capture, after the destruction: reported as failed, so an amount due', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    await terminal.drive.insert(medium);
    const capture = terminal.card.capture.bind(terminal.card);
    terminal.card.capture = async (key, id, amount) => {
      await terminal.card.void(key, id);
      return capture(key, id, amount);
    };
    await walk(terminal);
    expect(terminal.events().at(-1)).toMatchObject({
      kind: 'payment.failed',
      data: { reason: 'card_declined', amount: eur(400) },
    });
  });

  it('PAY-1: three copies, pulled after two: two captured, the third voided and still rented', async () => {
    const { medium } = await aRentedMedium(fleet, [1, 2, 3]);
    const terminal = aTerminal(fleet);
    await terminal.drive.insert(medium);
    let destroyed = 0;
    const done = await walk(terminal, {
      onLine: (_copyId, change) => {
        if (change.work !== 'destroyed') return;
        destroyed += 1;
        if (destroyed === 2) terminal.drive.pull();
      },
    });
    expect(done.returned).toHaveLength(2);
    expect(terminal.card.inspect().map((record) => record.state)).toEqual(['captured', 'captured', 'voided']);
    expect(terminal.kinds().filter((kind) => kind === 'payment.voided')).toHaveLength(1);
    expect(terminal.kinds().filter((kind) => kind === 'return.abandoned')).toHaveLength(1);
    expect(await conditionsOf(fleet, terminal, medium)).toEqual(['returned', 'returned', 'active']);
  });
});

describe('a return without the hub', () => {
  it('CHG-7, RET-1: the price comes from tariff and site of the licence, without points and balance', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet, { at: epochMs(NOON + 49 * HOUR + 1_000) });
    terminal.hub.away = true;
    terminal.hub.prepaid = 1000;
    terminal.hub.coupon = 100;
    await terminal.drive.insert(medium);
    const done = await walk(terminal);
    expect(done.returned[0]?.row).toMatchObject({ quote: null, provisional: eur(550), due: eur(0) });
    expect(done.returned[0]?.row.parts.map((part) => part.means)).toEqual(['card_reader']);
    const destroyed = terminal.events().find((event) => event.kind === 'return.destroyed')?.data;
    expect(destroyed).toMatchObject({ provisional: eur(550), quote: null, offlineSince: NOON });
  });

  it('CHG-7: online the coupon the hub knows counts, offline it does not', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.hub.coupon = 100;
    await terminal.drive.insert(medium);
    expect((await walk(terminal)).returned[0]?.row.parts[0]?.amount).toEqual(eur(300));
  });

  it('RET-7 MS-29: offline the terminal challenges itself, with a counter that is never used twice, begun by chance in each store', async () => {
    const { medium } = await aRentedMedium(fleet, [1, 2]);
    const terminal = aTerminal(fleet);
    terminal.hub.away = true;
    await terminal.drive.insert(medium);
    await walk(terminal);
    const receipts = await receiptsOf(terminal);
    const [first, second] = receipts.map(({ payload }) => readOfflineNonce(payload.proof.nonce));
    expect(first?.terminal).toBe('rt-one');
    expect(second).toEqual({ terminal: 'rt-one', counter: (first?.counter ?? 0) + 1 });
    // A store that was lost has used the numbers from 1 on, had they begun there.
    expect(first?.counter).toBeGreaterThan(1_000_000);
    expect(
      receipts.every(({ payload }) => payload.nonceOrigin === 'offline' && payload.proof.mac !== ''),
    ).toBe(true);
  });

  it('SYN-4: a clock that runs thirty hours behind never makes a return impossible: the first period is charged', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet, { at: epochMs(NOON - 30 * HOUR) });
    terminal.hub.away = true;
    await terminal.drive.insert(medium);
    expect((await walk(terminal)).returned[0]?.row.provisional).toEqual(eur(400));
  });

  it('RET-1: several copies wait for a silent hub once, not each', async () => {
    const { medium } = await aRentedMedium(fleet, [1, 2, 3]);
    const terminal = aTerminal(fleet);
    terminal.hub.away = true;
    await terminal.drive.insert(medium);
    await walk(terminal);
    expect(terminal.hub.asked.filter((name) => name === 'openReturn')).toHaveLength(1);
  });
});
