import { beforeAll, expect, it, vi } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { money } from '#shared/kernel/money.ts';
import { fault } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { aBundle, aTitle, NOON, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession, type TestKiosk } from '#test/support/kiosk/a-kiosk.ts';
import { TOKEN } from '#test/support/kiosk/fake-hub.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { voidOf } from '../rent/holds.ts';
import { holdVoids, type RentalRow, rentals } from '../rent/tables.ts';
import type { KioskSession } from './machine.ts';

let fleet: Pick<Parameters<typeof aKiosk>[0], 'trust' | 'signer'>;
beforeAll(async () => {
  const founded = await foundFleet();
  fleet = { trust: founded.trust, signer: await enrol(founded, 'kiosk-1', 'kiosk') };
});

const RENTAL = '018f0000-0000-7000-8000-000000000077' as Parameters<typeof voidOf>[0];
const AMOUNT = money(500, 'EUR');

/** A kiosk that owes a customer his hold back when it starts. */
async function owing(): Promise<TestKiosk> {
  const kiosk = aKiosk({ ...fleet, bundle: aBundle([aTitle(0)]) });
  const { key } = voidOf(RENTAL, null, AMOUNT);
  const held = await kiosk.card.authorise(key, AMOUNT);
  if (!held.ok) throw new Error('the card is good');
  kiosk.deps.runtime.record((tx) =>
    tx.put(holdVoids, RENTAL, voidOf(RENTAL, held.value.authorisationId, AMOUNT)),
  );
  return kiosk;
}

/** Ciphers take real time, however many turns of the event loop that is on a busy machine. */
async function until(kiosk: TestKiosk, seen: () => boolean): Promise<void> {
  await vi.waitUntil(
    async () => {
      await kiosk.clock.settle();
      return seen();
    },
    { timeout: 20_000, interval: 1 },
  );
}

async function toConfirm(kiosk: TestKiosk, session: KioskSession): Promise<void> {
  const screen = () => session.snapshot().view.screen;
  await session.intent({ type: 'touch' });
  await session.intent({ type: 'add_to_cart', titleId: titleIdAt(0) });
  await session.intent({ type: 'checkout' });
  await kiosk.drive.insert(memoryMedium('stick'));
  await until(kiosk, () => screen() === 'identify');
  await session.intent({ type: 'choose_number' });
  await session.intent({ type: 'sign_in', memberNumber: kiosk.hub.number, pin: kiosk.hub.pin });
  await until(kiosk, () => screen() === 'confirm');
}

it('PAY-1: a payment that begins while the reader is slow to give an earlier hold back is taken, not given back', async () => {
  const kiosk = await owing();
  const { card } = kiosk;
  const waiting: (() => void)[] = [];
  const late = <T extends readonly unknown[], A>(call: (...given: T) => Promise<A>) => {
    return async (...given: T): Promise<A> => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return call(...given);
    };
  };
  const [given, asked] = [card.void.bind(card), card.authorise.bind(card)];
  card.void = late(given);
  const session = await aSession(kiosk);
  await until(kiosk, () => waiting.length === 1);
  await toConfirm(kiosk, session);
  card.authorise = late(asked);
  await session.intent({ type: 'top_up', amountMinor: 2000 });
  await until(kiosk, () => waiting.length === 2);
  // The hold is given back now; whatever else the kiosk asks of the reader comes before the customer's own answer.
  card.void = given;
  card.authorise = asked;
  waiting.shift()?.();
  for (let round = 0; round < 200; round += 1) await kiosk.clock.settle();
  waiting.shift()?.();
  await until(kiosk, () => card.inspect().some(({ captured }) => captured === 2000));
  expect(card.inspect().map(({ state }) => state)).toEqual(['voided', 'captured']);
});

it('PAY-1: a hold that the reader did not give back is asked about again a minute later, although nobody rents', async () => {
  const kiosk = await owing();
  const { card } = kiosk;
  const given = card.void.bind(card);
  let asked = 0;
  card.void = async (key, authorisationId) => {
    asked += 1;
    return asked < 3 ? fault('card_unknown_outcome', 'no answer') : given(key, authorisationId);
  };
  await aSession(kiosk);
  for (const times of [1, 2, 3]) {
    await until(kiosk, () => asked === times);
    await kiosk.clock.advance(milliseconds(60_000));
  }
  await until(kiosk, () => card.inspect()[0]?.state === 'voided');
  await until(kiosk, () => kiosk.deps.runtime.store.list(holdVoids).length === 0);
});

it('PAY-1, RNT-6, PR-28: a hold for a copy that is held is given back once another kiosk settled the copy, and not before; nobody else knows of it', async () => {
  const kiosk = aKiosk({ ...fleet, bundle: aBundle([aTitle(0)]) });
  const { store } = kiosk.deps.runtime;
  const answer = await kiosk.card.authorise(`${RENTAL}:hold`, AMOUNT);
  if (!answer.ok) throw new Error('the card is good');
  const row: RentalRow = {
    ...{ rentalId: RENTAL, copyId: RENTAL as never, titleId: titleIdAt(0), memberToken: TOKEN },
    ...{ stage: 'held', at: NOON, offline: false, stake: AMOUNT, holdAmount: AMOUNT, hold: answer.value },
    ...{ mediumId: null, keyBegun: null, outbox: null },
  };
  kiosk.deps.runtime.record((tx) => tx.put(rentals, RENTAL, row));
  kiosk.hub.away = true;
  await aSession(kiosk);
  const asked = () => kiosk.hub.asked.filter((question) => question === 'rentalStates').length;
  const later = async (times: number): Promise<void> => {
    await until(kiosk, () => asked() === times);
    await kiosk.clock.advance(milliseconds(300_000));
  };
  await later(1);
  kiosk.hub.away = false;
  await later(2);
  kiosk.hub.states.set(RENTAL, 'held');
  await later(3);
  expect([store.get(rentals, RENTAL), kiosk.card.inspect()[0]?.state]).toEqual([row, 'authorised']);
  kiosk.hub.states.set(RENTAL, 'void');
  await later(4);
  await until(kiosk, () => kiosk.card.inspect()[0]?.state === 'voided');
  await until(kiosk, () => store.list(holdVoids).length === 0);
  expect(store.get(rentals, RENTAL)).toBeNull();
  const before = asked();
  for (let round = 0; round < 20; round += 1) await kiosk.clock.advance(milliseconds(300_000));
  expect(asked()).toBe(before);
});
